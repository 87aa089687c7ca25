"""Checks the syntax of prose, which is sandboxed Jinja, and the names in it when specs are
loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fwd_report.errors import Problem
from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.experiments import Draft
from fwd_report.spec.project import ExperimentSpec, Project
from fwd_report.spec.suggest import did_you_mean
from fwd_report.spec.templates import NAMES, RAW, Templates, restored
from fwd_report.spec.yaml_nodes import Place
from fwd_report.techniques.choosing import CANDIDATE, SCORES, Chosen

Finding = tuple[int, str, str, str | None]
"""(line of the text, word to point at, message, hint)."""

IN_MATH = "double braces stand for a value, in math too: where both are meant, write { {t} }"
KINDS = {"params": "parameter", "metrics": "metric", "series": "series"}
"""What a run has by names that its technique knows, with the word for one of them."""
CHOSEN = {"params": Chosen.model_fields, "metrics": (CANDIDATE,), "series": SCORES}
"""What runs have besides where they were chosen among others."""
NONE_THERE = "it has none"
VIEWED = (
    "id", "title", "figure", "params", "metrics", "series", "axes", "provenance", "seed", "key",
    "technique", "label",
)  # fmt: skip
"""What prose may use of an experiment (and of its runs): see site/template_values.py."""


@dataclass
class ProseCheck:
    """Checks the prose of one view of the project.

    drafts: the experiments by section. unread: sections whose files are not valid YAML.
    """

    templates: Templates
    drafts: Mapping[str, Sequence[Draft]]
    unread: Collection[str] = ()

    def check(self, document: Document, path: ValuePath, section: str) -> None:
        """Report syntax errors of a template, and names in it that do not exist.

        path: to the text in the section's document.
        """
        text: Any = document.data
        for part in path:
            text = text.get(part) if isinstance(text, dict) else text[part]
        if not isinstance(text, str):
            return
        for line, word, message, hint in self._findings(self.templates.parse(text), section):
            if path in document.places:
                place = place_in_text(document.source.lines, document.places[path], line, word)
                document.problems.append(document.source.problem(message, place, hint))
            else:
                document.report(message, path, hint)

    def _findings(self, parsed: Mapping[str, Any], section: str) -> Iterator[Finding]:
        if "error" in parsed:
            line, message, hint, word = parsed["error"]
            yield line, word, f"the prose is no valid template: {message}", hint
            return
        for line, name in parsed["unknown"]:
            hint = IN_MATH if len(name) == 1 else did_you_mean(name, NAMES)
            yield line, name, f"prose knows no '{name}'", f"{hint}; {RAW}"
        for line, (root, *names) in parsed["chains"]:
            if root == "runs":
                yield from self._experiment(line, section, names)
            elif names[0] in self.drafts:
                yield from self._experiment(line, names[0], names[1:])
            elif len(names) == 1 and names[0] not in self.unread:
                hint = did_you_mean(names[0], self.drafts)
                yield line, names[0], f"there is no section '{names[0]}'", hint

    def _experiment(self, line: int, section: str, names: Sequence[str]) -> Iterator[Finding]:
        """What is wrong with the last of `names`; the shorter lookups are checked separately."""
        found = {draft.id: draft for draft in self.drafts[section]}
        if len(names) == 1 and names[0] not in found:
            message = f"section '{section}' has no experiment '{names[0]}'"
            yield line, names[0], message, did_you_mean(names[0], found)
        elif len(names) == 2 and names[0] in found and names[1] not in VIEWED:
            message = f"neither an experiment nor a run has '{names[1]}'"
            yield line, names[1], message, did_you_mean(names[1], VIEWED)
        elif len(names) == 3 and names[1] in KINDS and names[0] in found:
            technique = found[names[0]].technique
            if technique is None or hasattr(dict, names[2]):
                return
            known = _known(found[names[0]], names[1])
            if known is not None and names[2] not in known:
                message = f"{technique.name} has no {KINDS[names[1]]} '{names[2]}'"
                yield line, names[2], message, did_you_mean(names[2], known) or NONE_THERE


def _known(draft: Draft, kind: str) -> Collection[str] | None:
    """The names that runs of an experiment have under `params`, `metrics` or `series`, if known."""
    if draft.spec is not None:
        return names_of(draft.spec, kind)
    technique = draft.technique
    fields = technique is not None and technique.kind != "figure" and kind == "params"
    return technique.model_fields if technique and fields else None


def names_of(spec: ExperimentSpec, kind: str) -> frozenset[str] | None:
    """The names that runs of an experiment may have under `params`, `metrics` or `series`.

    None: not known, because it shows runs of others, or its technique does not declare its numbers
    itself (a subclass may produce more than its base).
    """
    if spec.technique.kind == "figure":
        return None
    found = set(CHOSEN[kind]) if spec.best_of is not None else set()
    for variant in spec.variants:
        technique = variant.technique
        if kind == "params":
            found.update(type(technique).model_fields)
            continue
        made = technique.numbers() if "numbers" in vars(type(technique)) else None
        if made is None:
            return None
        found.update(made.get(kind, ()))
    return frozenset(found) if spec.variants else None


def prose_problem(project: Project, section: str, path: ValuePath, error: Exception) -> Problem:
    """The problem for an error raised while rendering prose, at its own line of the YAML.

    path: as for `Project.problem`, such as ("skull", "caption").
    """
    base = project.problem(_what_failed(error), section, *path, hint=_way_out(error))
    line = error_line(error)
    if line is None or base.file is None or base.line is None or base.column is None:
        return base
    lines = (project.root / base.file).read_text(encoding="utf-8-sig").splitlines()
    number, column = place_in_text(lines, (base.line, base.column), line)
    return Problem(base.message, base.file, number, column, lines[number - 1], base.hint)


def _what_failed(error: Exception) -> str:
    """An error of rendering, in words for the author of the prose."""
    text = restored(str(error)).strip()
    if text.startswith(("the prose", "the formula", "the text")):
        return text
    if isinstance(error, RecursionError):
        text = "it calls itself too often, or is nested too deeply"
    elif isinstance(error, MemoryError):
        text = "it is nested too deeply"
    elif isinstance(error, SyntaxError):
        text = f"it is too deeply nested ({error.msg})"
    elif isinstance(error, LookupError):
        text = f"there is no {text}"
    return f"the prose cannot be rendered: {text or type(error).__name__}"


def _way_out(error: Exception) -> str | None:
    from jinja2 import TemplateSyntaxError

    return RAW if isinstance(error, TemplateSyntaxError) else None


def error_line(error: Exception) -> int | None:
    """The line of the template in which an error happened, counted from 1; None: not known."""
    number = getattr(error, "lineno", None)
    # A SyntaxError's line is one of the code that Jinja made of the template.
    if isinstance(number, int) and not isinstance(error, SyntaxError):
        return number
    trace = error.__traceback__
    found = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


def place_in_text(lines: Sequence[str], start: Place, line: int, word: str = "") -> Place:
    """Where a text's `line` (counted from 1) is in the file, if its value begins at `start`.

    The first line of a block scalar is the one after its `|`; other texts may be folded, and then
    only their beginning is known. word: what to point at within the line.
    """
    number, column = start
    if lines[number - 1][column - 1 : column] == "|":
        number, column = number + line, 1
        if number > len(lines):
            return start
    elif line > 1:
        return start
    text = lines[number - 1]
    found = text.find(word, column - 1) if word else -1
    if found >= 0:
        return number, found + 1
    return number, column if column > 1 else len(text) - len(text.lstrip()) + 1
