"""A rubric: what an assignment requires, as data; read from YAML with line numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fwd_report.errors import Problem, reason
from fwd_report.packaged import RUBRICS
from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.fields import EXPERIMENT_KEYS, Slug, Text
from fwd_report.spec.profiles import under_profile
from fwd_report.spec.suggest import did_you_mean
from fwd_report.spec.validation import validated
from fwd_report.spec.yaml_nodes import Node, YamlMapping, YamlSequence
from fwd_report.spec.yaml_source import read_yaml
from fwd_report.techniques.base import Technique

NONE = "none"
"""The value in report.yaml for no assignment."""
PartKind = Literal[
    "grid", "trajectory", "flip", "distance", "slider", "curve", "animations", "table", "drawing"
]
"""The kinds of figure parts: see techniques/parts.py."""
Count = Annotated[int, Field(ge=1)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Requirement(_Data):
    """What figures of the sections that cover an item must show, together."""

    technique: Annotated[tuple[str, ...], Field(min_length=1)]
    """Any of these techniques."""
    where: dict[str, Any] = Field(default_factory=dict)
    """Only runs with these values count; a list means any of its values."""
    unlike: dict[str, Any] = Field(default_factory=dict)
    """Runs with these values do not count."""
    above: dict[str, float] = Field(default_factory=dict)
    """Only runs with more than this count."""
    trained: dict[str, Any] = Field(default_factory=dict)
    """Only runs of a model whose training has these values count."""
    runs: Count = 1
    """At least so many runs."""
    samples: Count = 1
    """At least so many samples of each run."""
    distinct: dict[str, Count] = Field(default_factory=dict)
    """At least so many different values of each of these fields."""
    values: dict[str, tuple[Any, ...]] = Field(default_factory=dict)
    """Each of these values, of each field."""
    each: str | None = None
    """`values` must be there for each value of this field that counts."""
    epochs: tuple[Count, ...] = ()
    """The epochs of a training whose results must be there, as `model: id@epoch`."""
    parts: tuple[PartKind, ...] = ()
    """The figure has one of these: "flip" shows both orientations, "distance" near and far."""


class Item(_Data):
    """One deliverable."""

    id: Text
    """What `covers` calls it."""
    title: Text
    """Its name in a few words."""
    part: str = ""
    """The part of the assignment it belongs to; parts that no section begins are not demanded."""
    after: str | None = None
    """The item of the extended rubric that a new one stands after; the last where absent."""
    text: Text
    """What is asked."""
    show: tuple[Requirement, ...] = ()
    """What must be shown, all of it."""
    says: tuple[str, ...] = ()
    """Words that the text of the sections must hold."""
    words: int = Field(default=0, ge=0)
    """The least number of words of the sections' text."""
    section: Slug | None = None
    """The section that `init --bare` makes for it; items may share one."""
    question: Text | None = None
    """What the section's text should answer, for `init --bare`."""
    start: tuple[dict[str, Any], ...] = ()
    """The experiments that `init --bare` writes, without their prose."""


class Rubric(_Data):
    """A rubric file: what an assignment asks for."""

    title: Text
    """The assignment and its edition."""
    extends: str | None = None
    """A rubric that comes with the package: its items hold too, but for those of the same id."""
    items: tuple[Item, ...]
    """The deliverables, in order."""
    name: str = ""
    """What report.yaml calls it; never written in the file."""

    def item(self, name: str) -> Item | None:
        """The item of that id."""
        return next((item for item in self.items if item.id == name), None)


def shipped() -> tuple[str, ...]:
    """The rubrics that come with the package."""
    return tuple(sorted(path.stem for path in RUBRICS.glob("*.yaml")))


def load_rubric(
    named: str,
    root: Path,
    problems: list[Problem],
    techniques: Mapping[str, type[Technique]],
) -> Rubric | None:
    """The rubric that report.yaml names: one of the package's, or a file of the project.

    None, with problems added, if it is invalid. Raises LookupError, with a hint, if there is no
    such rubric.
    """
    if named in shipped():
        path, file = RUBRICS / f"{named}.yaml", Path("rubrics") / f"{named}.yaml"
        return read_rubric(path, file, problems, None, named)
    if not named.endswith((".yaml", ".yml")):
        names = (*shipped(), NONE)
        raise LookupError(did_you_mean(named, names) or f"there is: {', '.join(names)}")
    path, file = root / named, Path(named)
    try:
        inside, there = path.resolve().is_relative_to(root.resolve()), path.is_file()
    except (OSError, ValueError, RuntimeError) as error:
        raise LookupError(f"it cannot be read: {reason(error)}") from error
    if not inside:
        raise LookupError("it lies outside of the project")
    if not there:
        raise LookupError(f"there is no such file; the package has {', '.join(shipped())}")
    return read_rubric(path, file, problems, techniques, named)


def read_rubric(
    path: Path,
    file: Path,
    problems: list[Problem],
    techniques: Mapping[str, type[Technique]] | None,
    name: str = "",
) -> Rubric | None:
    """A rubric file, checked; None, with problems added, if it is invalid.

    file: its name in messages. techniques: those it may name; None: it is known to be valid.
    """
    source, tree = read_yaml(path, file, problems)
    if tree is None:
        return None
    document = under_profile(tree, source, None)
    _keep_profiles(tree, document)
    rubric = validated(Rubric, document.data, document, "a rubric", lambda key: (key,))
    if rubric is not None:
        if techniques is not None:
            _check_items(rubric, document, techniques)
        rubric = _extended(rubric, document)
        rubric = rubric.model_copy(update={"name": name or file.stem})
    problems += document.problems
    return None if document.problems else rubric


def _keep_profiles(tree: YamlMapping, document: Document) -> None:
    """Restore profile keys in the experiments of `start`, which are copied as written."""
    items = tree.get("items")
    for number, item in enumerate(items.items if isinstance(items, YamlSequence) else ()):
        start = item.get("start") if isinstance(item, YamlMapping) else None
        if start is not None:
            document.data["items"][number]["start"] = _as_written(start)


def _as_written(node: Node) -> Any:
    if isinstance(node, YamlMapping):
        return {key: _as_written(value) for key, _, value in node.entries}
    if isinstance(node, YamlSequence):
        return [_as_written(item) for item in node.items]
    return node.value


def _extended(rubric: Rubric, document: Document) -> Rubric:
    """The rubric with the items of the one it extends."""
    if rubric.extends is None:
        return rubric
    if rubric.extends not in shipped():
        hint = did_you_mean(rubric.extends, shipped())
        document.report(f"there is no rubric '{rubric.extends}'", ("extends",), hint)
        return rubric
    path = RUBRICS / f"{rubric.extends}.yaml"
    base = read_rubric(path, Path("rubrics") / path.name, document.problems, None)
    if base is None or base.name == rubric.name:
        return rubric
    items = {item.id: item for item in base.items}
    order = list(items)
    for number, item in enumerate(rubric.items):
        if item.id not in items:
            if item.after is not None and item.after not in order:
                hint = did_you_mean(item.after, order)
                document.report(
                    f"there is no item '{item.after}'", ("items", number, "after"), hint
                )
                continue
            order.insert(order.index(item.after) + 1 if item.after else len(order), item.id)
        items[item.id] = item
    return rubric.model_copy(update={"items": tuple(items[name] for name in order)})


def _check_items(
    rubric: Rubric, document: Document, techniques: Mapping[str, type[Technique]]
) -> None:
    """Report mistakes in combinations of values."""
    seen: set[str] = set()
    if not rubric.items:
        document.report("items is empty", ("items",), "a rubric asks for something")
    for number, item in enumerate(rubric.items):
        path: ValuePath = ("items", number)
        if item.id in seen:
            document.report(f"a second item is called '{item.id}'", (*path, "id"))
        seen.add(item.id)
        for index, shown in enumerate(item.show):
            _check_shown(shown, (*path, "show", index), document, techniques)
        for index, experiment in enumerate(item.start):
            where = (*path, "start", index)
            if not isinstance(experiment.get("id"), str):
                document.report("an experiment needs a field 'id'", where, "add `id:`")
            name = experiment.get("technique")
            if name not in techniques:
                hint = did_you_mean(str(name), techniques)
                document.report(f"there is no technique '{name}'", (*where, "technique"), hint)


def _check_shown(
    shown: Requirement,
    path: ValuePath,
    document: Document,
    techniques: Mapping[str, type[Technique]],
) -> None:
    for index, name in enumerate(shown.technique):
        if name not in techniques:
            message = f"there is no technique '{name}'"
            document.report(message, (*path, "technique", index), did_you_mean(name, techniques))
    known = [techniques[name].model_fields for name in shown.technique if name in techniques]
    if len(known) < len(shown.technique):
        return
    report = partial(_report_unknown, known, "/".join(shown.technique), document)
    for key in ("where", "unlike", "above", "distinct", "values"):
        for field in getattr(shown, key):
            report(field, (*path, key, field))
    if shown.each is not None:
        report(shown.each, (*path, "each"))


def _report_unknown(
    known: Iterable[Iterable[str]], names: str, document: Document, field: str, path: ValuePath
) -> None:
    fields = {name for group in known for name in group}
    if field in EXPERIMENT_KEYS or field not in fields:
        hint = did_you_mean(field, fields)
        document.report(f"{names} has no field '{field}'", path, hint, at_key=True)
