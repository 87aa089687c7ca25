"""The JSON Schema editors use says what the loader says, as far as a schema can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.helpers.spec_techniques import TECHNIQUES
from tests.spec.conftest import Writeup
from tests.spec.test_bad_input import CASES
from tests.spec.test_load import SECTION as GOOD
from tests.spec.test_profiles import SECTION as WITH_PROFILES

from fwd_report.spec import schema as schemas
from fwd_report.spec.fresh_schemas import refresh_schemas
from fwd_report.spec.schema import report_schema, section_schema, write_schemas

STARTER = Path(__file__).parents[2] / "experiments"
SEEN = (
    "unknown technique",
    "no technique",
    "unknown field",
    "missing field",
    "wrong type",
    "a fraction of a step",
    "true for a number",
    "number for a text",
    "out of range",
    "no such choice",
    "inside a list",
    "prompt of 10,000 characters",
    "negative seed",
    "no samples",
    "empty sweep",
    "blank sweep",
    "sweep without values",
    "sweep over one value",
    "sweep of an unknown field",
    "sweep of lists of seeds",
    "seeds beside samples",
    "seeds beside seed",
    "a seed twice",
    "no seeds",
    "one seed where a list belongs",
    "a negative seed of several",
    "a seed beyond 64 bits",
    "true for a seed",
    "several values of seed",
    "several values of seed in a case",
    "a case with a seed twice",
    "a swept seed that is none",
    "sweep with a bad value",
    "empty cases",
    "case with a bad value",
    "id that is no name",
    "experiments no list",
    "experiment no mapping",
    "section without title",
    "unknown key of a section",
    "covers a number",
    "id by profile",
    "mistake under another profile",
    "a list",
)
"""Which of the mistakes in `test_bad_input` an editor can show."""


def errors(schema: dict[str, Any], value: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return section_schema(TECHNIQUES)


def test_the_schemas_are_schemas(schema: dict[str, Any]) -> None:
    for found in (schema, section_schema(), report_schema()):
        Draft202012Validator.check_schema(found)
        assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("text", [GOOD, WITH_PROFILES, "title: A\nintro@gpu: x\n"])
def test_good_sections(schema: dict[str, Any], text: str) -> None:
    assert errors(schema, yaml.safe_load(text)) == []


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({"crop": "entropy", "fit": "crop"}, True),
        ({"crop": [0, 0, 64, 64], "inverted": True}, True),
        ({"sweep": {"crop": ["top", [0, 0, 64, 64]], "fit": ["pad", "stretch"]}}, True),
        ({"sampler": "ddim", "eta": 0.5, "steps": 20, "spacing": "trailing"}, True),
        ({"timesteps": [999, 500], "guidance_interval": [100, 900], "resample": 5}, True),
        ({"crop": "bottom"}, False),
        ({"crop": [0, 0, 64]}, False),
        ({"fit": "cover"}, False),
        ({"sampler": "euler"}, False),
        ({"timesteps": [1000]}, False),
        ({"guidance_interval": [100]}, False),
    ],
    ids=str,
)
def test_pictures_and_samplers(fields: dict[str, Any], good: bool) -> None:
    """As an editor sees them, of the package's own techniques."""
    plain = {"id": "a", "technique": "inpaint", "image": "x.png", "mask": "m.png", "caption": "c"}
    section = {"title": "A", "experiments": [{**plain, **fields}]}
    assert (errors(section_schema(), section) == []) is good


@pytest.mark.parametrize("name", SEEN)
def test_bad_sections(schema: dict[str, Any], name: str) -> None:
    assert errors(schema, yaml.safe_load(CASES[name][0])) != []


@pytest.mark.parametrize(
    "fields",
    [
        {"low": "x", "high": "y"},
        {"low": "x", "sweep": {"high": ["y", "z"]}},
        {"low": "x", "cases": [{"high": "y", "label": "one"}]},
        {"low": "x", "high@embedded": "y", "high@gpu": "z"},
    ],
)
def test_a_required_field_may_stand_in_several_places(
    schema: dict[str, Any], fields: dict[str, Any]
) -> None:
    experiment = {"id": "a", "technique": "blend", "caption": "A", **fields}
    assert errors(schema, {"title": "A", "experiments": [experiment]}) == []
    del experiment["low"]
    found = errors(schema, {"title": "A", "experiments": [experiment]})
    assert (found == []) is ("cases" in fields), "a case may set it, and then it is not missed"


def test_fields_are_described(schema: dict[str, Any]) -> None:
    assert schema["$defs"]["field-draw.prompt"]["description"] == "What is drawn."
    assert schema["$defs"]["technique-draw"]["description"] == "Draws a prompt."
    assert "@epoch" in schema["$defs"]["field-ask.model"]["description"]


def test_bad_reports() -> None:
    schema = report_schema()
    assert errors(schema, {"title": "A", "seed@gpu": 3}) == []
    for bad in ({}, {"title": "A", "sead": 3}, {"title": "A", "seed": "x"}, {"title": 3}):
        assert errors(schema, bad) != []


def test_the_files_that_specs_name(writeup: Writeup) -> None:
    written = write_schemas(writeup.root)
    names = [str(path.relative_to(writeup.root)) for path in written]
    assert names == [f".fwd-report/schema/{name}.json" for name in ("section", "report", "rubric")]
    assert all(path.read_text(encoding="utf-8").startswith("{") for path in written)


def test_a_new_project_has_them_made_once(
    writeup: Writeup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second at the start of a first build, where they were made to compare and to write."""
    made, texts = [], schemas.schema_texts

    def counted(*arguments: Any, **options: Any) -> dict[str, str]:
        made.append(texts(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(schemas, "schema_texts", counted)
    refresh_schemas(writeup.root)
    assert len(made) == 1
    folder = writeup.root / ".fwd-report" / "schema"
    assert {path.stem: path.read_text(encoding="utf-8") for path in folder.iterdir()} == made[0]


@pytest.mark.parametrize("path", sorted(STARTER.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_starter(path: Path) -> None:
    kind = "report" if path.stem == "report" else "section"
    text = path.read_text(encoding="utf-8")
    assert f"$schema=../.fwd-report/schema/{kind}.json" in text
    schema = report_schema() if kind == "report" else section_schema()
    assert errors(schema, yaml.safe_load(text)) == []
