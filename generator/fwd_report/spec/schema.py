"""JSON Schemas (draft 2020-12) of sections, report.yaml and rubrics, for editors.

Every key is also allowed as `key@profile`; an experiment's fields depend on its `technique`. Checks
that need more than the file itself (of files, references, prose) are not included.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from fwd_report.errors import UserError
from fwd_report.plugins.named import Named
from fwd_report.plugins.offers import NOTHING, Plugins, in_use
from fwd_report.spec.fields import SEED_KEYS, ExperimentFields, SectionFields
from fwd_report.spec.profiles import FIXED
from fwd_report.spec.project import SCHEMA_NAMES, SCHEMAS, ReportSpec
from fwd_report.spec.rubric import Item, Requirement, Rubric
from fwd_report.store.files import strict_json, write_atomically
from fwd_report.techniques.base import InputFile, Reference, Technique, marked_fields
from fwd_report.techniques.registry import all_techniques, find_techniques

Schema = dict[str, Any]

DIALECT = GenerateJsonSchema.schema_dialect
_REFERENCE_HELP = {
    "each": "an experiment, `id` or `section.id`; this one runs once for each of its runs",
    "one": "an experiment with one run, `id` or `section.id`; a training also as `id@epoch`",
    "all": "an experiment, `id` or `section.id`, with all its runs",
}


def write_schemas(root: Path, plugins: Plugins = NOTHING) -> list[Path]:
    """Write the schemas into the project; return the files. Raises as `schema_texts`."""
    return write_texts(root, schema_texts(plugins))


def write_texts(root: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write the texts of `schema_texts`; return the files."""
    files = {root / SCHEMAS / f"{name}.json": text for name, text in texts.items()}
    for path, text in files.items():
        write_atomically(path, text)
    return list(files)


def schema_texts(plugins: Plugins = NOTHING, sound_only: bool = False) -> dict[str, str]:
    """The texts of the schema files, by name.

    plugins: what can be named beyond the package's own. Raises UserError for a package with a
    broken plug-in, unless `sound_only` leaves it out.
    """
    with plugins.used():
        try:
            techniques = find_techniques(plugins)
        except UserError:
            if not sound_only:
                raise
            techniques = all_techniques()
        return dict(_texts(plugins.digest(), tuple(techniques.items())))


@lru_cache(maxsize=4)
def _texts(digest: str, techniques: tuple[tuple[str, type[Technique]], ...]) -> dict[str, str]:
    """The texts of the schema files, cached. digest: of the plug-ins in use."""
    schemas = (section_schema(dict(techniques)), report_schema(), rubric_schema())
    written = (f"{strict_json(schema, sort_keys=True)}\n" for schema in schemas)
    return dict(zip(SCHEMA_NAMES, written, strict=True))


def report_schema() -> Schema:
    """The schema of `experiments/report.yaml`."""
    properties, definitions = _properties(ReportSpec)
    return {
        "$schema": DIALECT,
        "title": "report.yaml",
        "description": _doc(ReportSpec),
        **_object(properties, _required(ReportSpec)),
        "$defs": definitions,
    }


def rubric_schema() -> Schema:
    """The schema of a rubric file."""
    properties, definitions = _properties(Rubric)
    del properties["name"]
    for model in (Item, Requirement):
        fields, more = _properties(model)
        definitions |= more
        definitions[model.__name__] = _object_of(fields, _required(model)) | {
            "description": _doc(model)
        }
    return {
        "$schema": DIALECT,
        "title": "A rubric",
        "description": _doc(Rubric),
        **_object_of(properties, _required(Rubric)),
        "$defs": definitions,
    }


def _object_of(properties: Schema, required: list[str]) -> Schema:
    """An object with these keys and no others; rubrics have no profiles."""
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def section_schema(techniques: Mapping[str, type[Technique]] | None = None) -> Schema:
    """The schema of a section's file, `experiments/NAME.yaml`."""
    techniques = techniques or all_techniques()
    properties, definitions = _properties(SectionFields)
    properties["experiments"] |= {"items": {"$ref": "#/$defs/experiment"}}
    common, more = _properties(ExperimentFields)
    definitions |= more
    common = _referred("", common, definitions) | {
        "sweep": common["sweep"],
        "cases": common["cases"],
    }
    names = {"enum": list(techniques), "description": field_docs(ExperimentFields)["technique"]}
    definitions["experiment"] = {
        "type": "object",
        "required": ["id", "technique"],
        "properties": {"technique": names},
        "allOf": [
            {
                "if": {"properties": {"technique": {"const": name}}, "required": ["technique"]},
                "then": {"$ref": f"#/$defs/technique-{name}"},
            }
            for name in techniques
        ],
    }
    for name, technique in techniques.items():
        kinds = [marker.kind for marker in marked_fields(technique, Named).values()]
        own, more = _properties_given(technique, tuple(map(in_use().names, kinds)))
        definitions |= more
        own = _referred(f"{name}.", own, definitions)
        definitions[f"technique-{name}"] = _experiment_of(technique, common, own)
    return {
        "$schema": DIALECT,
        "title": "A section of the report",
        "description": _doc(SectionFields),
        **_object(properties, _required(SectionFields)),
        "$defs": definitions,
    }


def _experiment_of(technique: type[Technique], common: Schema, own: Schema) -> Schema:
    """An experiment of one technique: the common keys, its fields, its sweep and cases."""
    properties = {**common, **own, "technique": {"const": technique.name}}
    swept = {
        name: {
            "type": "array",
            "minItems": 1,
            "items": field,
            "description": f"Values of {name} to try.",
        }
        for name, field in {**own, "seed": common["seed"]}.items()
    }
    seeds = {name: common[name] for name in SEED_KEYS}
    label = {"type": "string", "description": "How the figure names this case."}
    properties["sweep"] = {**_described(common["sweep"]), "minProperties": 1} | _object(swept)
    properties["cases"] = {
        **_described(common["cases"]),
        "type": "array",
        "minItems": 1,
        "items": {"minProperties": 1} | _object({**own, **seeds, "label": label}),
    }
    schema = _object(properties)
    schema["description"] = _doc(technique)
    schema["dependentSchemas"] = {
        "seeds": {"properties": {"seed": False, "samples": False, "best_of": False}}
    }
    if required := _required(technique):
        schema["allOf"] = [_given_somewhere(name) for name in required]
    return schema


def _referred(prefix: str, properties: Schema, definitions: Schema) -> Schema:
    """The same properties as references to definitions, since each is used in several places."""
    for name, field in properties.items():
        definitions[f"field-{prefix}{name}"] = field
    return {name: {"$ref": f"#/$defs/field-{prefix}{name}"} for name in properties}


def _given_somewhere(name: str) -> Schema:
    """A required field may be given directly, in the sweep, in the cases, or under profiles."""
    under_profile = {"not": {"propertyNames": {"not": {"pattern": f"^{name}@"}}}}
    return {
        "anyOf": [
            {"required": [name]},
            {"required": ["cases"]},
            {"required": ["sweep"], "properties": {"sweep": {"required": [name]}}},
            under_profile,
        ]
    }


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    """An object with these keys, each also as `key@profile`, and no others."""
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "patternProperties": {
            f"^{re.escape(name)}@[a-z0-9][a-z0-9-]*$": field
            for name, field in properties.items()
            if name not in FIXED
        },
        "additionalProperties": False,
    }
    if required:
        schema["required"] = required
    return schema


@lru_cache(maxsize=256)
def _properties_given(
    technique: type[Technique], names: tuple[tuple[str, ...], ...]
) -> tuple[Schema, Schema]:
    """The `_properties` of a technique, cached. Callers must not change them.

    names: those that its fields accept now, for each field that names a plug-in.
    """
    return _properties(technique)


def _properties(model: type[BaseModel]) -> tuple[Schema, Schema]:
    """The schemas of a model's fields, with descriptions, and the definitions they refer to."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    docs = field_docs(model)
    properties = schema.get("properties", {})
    for name, field in properties.items():
        field.pop("title", None)
        if name in docs:
            field["description"] = docs[name]
    if issubclass(model, Technique):
        for name, reference in marked_fields(model, Reference).items():
            properties[name].setdefault("description", _REFERENCE_HELP[reference.fan])
        for name, file in marked_fields(model, InputFile).items():
            properties[name].setdefault("description", f"A {file.kind}, from the project's folder.")
    return properties, schema.get("$defs", {})


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """The docstrings below a model's fields in its source, including its parents'."""
    docs: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if issubclass(cls, BaseModel) and cls is not BaseModel:
            docs |= _own_field_docs(cls)
    return docs


@lru_cache(maxsize=256)
def _own_field_docs(cls: type[BaseModel]) -> dict[str, str]:
    """The texts below the fields that the class itself declares; {} without a source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return {}
    (definition,) = tree.body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _required(model: type[BaseModel]) -> list[str]:
    return [name for name, field in model.model_fields.items() if field.is_required()]


def _described(field: Schema) -> Schema:
    return {"description": field["description"]} if "description" in field else {}


def _doc(model: type[BaseModel]) -> str:
    return inspect.getdoc(model) or ""
