"""Prose is sandboxed Jinja: its syntax and the names in it are checked when specs are loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from fwd_report.errors import Problem
from fwd_report.spec.document import Document
from fwd_report.spec.document import Path as ValuePath
from fwd_report.spec.experiments import Draft
from fwd_report.spec.model import Project
from fwd_report.spec.suggest import did_you_mean
from fwd_report.spec.yaml_source import Place

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

NAMES = ("runs", "report", "experiment")
"""What prose may name: the section's experiments, all sections, the experiment it belongs to."""
MARKS = ("{{", "{%", "{#")


def sandbox(**options: Any) -> ImmutableSandboxedEnvironment:
    """The environment all prose is parsed and rendered in.

    No attribute that begins with _, no call that changes anything, no undefined name.
    """
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, **options
    )


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return sandbox(autoescape=True)


def check_prose(
    document: Document,
    path: ValuePath,
    section: str,
    drafts: Mapping[str, Sequence[Draft]],
    unread: Collection[str] = (),
) -> None:
    """Report a template's syntax errors, and experiments and parameters in it that do not exist.

    path: to the text. drafts: the experiments by section. unread: sections not known.
    """
    text: Any = document.data
    for part in path:
        text = text.get(part) if isinstance(text, dict) else text[part]  # type: ignore[index]
    if not isinstance(text, str) or not any(mark in text for mark in MARKS):
        return
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        tree = _environment().parse(text)
        found = list(_unknown_names(tree, section, drafts, unread))
        _environment().from_string(text)
    except TemplateSyntaxError as error:
        found = [(error.lineno, "", f"the prose is no valid template: {error.message}", None)]
    except (TemplateError, RecursionError, SyntaxError) as error:
        found = [(1, "", f"the prose is no valid template: {str(error)[:200]}", None)]
    for line, word, message, hint in found:
        if path in document.places:
            place = place_in_text(document.source.lines, document.places[path], line, word)
            document.problems.append(document.source.problem(message, place, hint))
        else:
            document.report(message, path, hint)


def prose_problem(
    project: Project, section: str, path: ValuePath, error: Exception, message: str | None = None
) -> Problem:
    """The user's problem for an error that rendering a prose raised, at its own line of the YAML.

    path: as for `Project.problem`, such as ("skull", "caption").
    """
    base = project.problem(message or f"the prose cannot be rendered: {error}", section, *path)
    line = error_line(error)
    if line is None or base.file is None or base.line is None or base.column is None:
        return base
    lines = (project.root / base.file).read_text(encoding="utf-8").splitlines()
    place = place_in_text(lines, (base.line, base.column), line)
    excerpt = lines[place[0] - 1]
    return Problem(base.message, base.file, *place, excerpt=excerpt, hint=base.hint)


def error_line(error: Exception) -> int | None:
    """The line of the template in which an error happened, counted from 1."""
    number = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace is not None and not isinstance(number, int):
        if trace.tb_frame.f_code.co_filename == "<template>":
            return trace.tb_lineno
        trace = trace.tb_next
    return number


def place_in_text(lines: Sequence[str], start: Place, line: int, word: str = "") -> Place:
    """Where a text's `line` (counted from 1) stands in the file, if its value begins at `start`.

    A block scalar's first line is the one after its `|`; other texts may be folded, and then
    their beginning is the best one can say. word: what to point at within the line.
    """
    number, column = start
    if lines[number - 1][column - 1 : column] == "|":
        number += line
        column = 1
    elif line > 1:
        return start
    if not 1 <= number <= len(lines):
        return start
    found = lines[number - 1].find(word, column - 1) if word else -1
    if found >= 0:
        return number, found + 1
    if column > 1:
        return number, column
    return number, len(lines[number - 1]) - len(lines[number - 1].lstrip()) + 1


Finding = tuple[int, str, str, str | None]
"""(line, word, message, hint)."""


def _unknown_names(
    tree: nodes.Template,
    section: str,
    drafts: Mapping[str, Sequence[Draft]],
    unread: Collection[str],
) -> Iterator[Finding]:
    from jinja2 import meta, nodes

    globals_ = {*NAMES, *_environment().globals}
    unknown = meta.find_undeclared_variables(tree) - globals_
    for node in tree.find_all(nodes.Name):
        if node.name in unknown:
            unknown.discard(node.name)
            hint = did_you_mean(node.name, NAMES)
            yield node.lineno, node.name, f"prose knows no '{node.name}'", hint
    roots = {"runs", "report"} - _assigned(tree)
    for lookup in tree.find_all((nodes.Getattr, nodes.Getitem)):
        chain = _chain(lookup)
        if chain is None or chain[0] not in roots or chain[1:2] in [[name] for name in unread]:
            continue
        yield from _follow(lookup.lineno, chain, section, drafts)


def _assigned(tree: nodes.Template) -> set[str]:
    from jinja2 import nodes

    return {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}


def _chain(node: nodes.Node) -> list[str] | None:
    """`runs.skull[0].params` → ["runs", "skull", "params"]; None where a name is computed."""
    from jinja2 import nodes

    names: list[str] = []
    while not isinstance(node, nodes.Name):
        if isinstance(node, nodes.Getattr):
            names.insert(0, node.attr)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            if isinstance(node.arg.value, str):
                names.insert(0, node.arg.value)
        else:
            return None
        node = node.node
    return [node.name, *names]


def _follow(
    line: int, chain: Sequence[str], section: str, drafts: Mapping[str, Sequence[Draft]]
) -> Iterator[Finding]:
    """What is wrong with the last name of a chain; shorter chains are looked at on their own."""
    root, *names = chain
    if root == "report":
        if len(names) == 1 and names[0] not in drafts:
            yield line, names[0], f"there is no section '{names[0]}'", did_you_mean(names[0], drafts)
        if len(names) < 2 or names[0] not in drafts:
            return
        section, *names = names
    found = {draft.id: draft for draft in drafts[section]}
    if len(names) == 1 and names[0] not in found:
        message = f"section '{section}' has no experiment '{names[0]}'"
        yield line, names[0], message, did_you_mean(names[0], found)
    elif len(names) == 3 and names[1] == "params" and names[0] in found:
        technique = found[names[0]].technique
        if technique is not None and technique.kind != "figure":
            known = technique.model_fields
            if names[2] not in known and not hasattr(dict, names[2]):
                message = f"{technique.name} has no parameter '{names[2]}'"
                yield line, names[2], message, did_you_mean(names[2], known)
