"""What a prose's template names, found by parsing it once; remembered by the text's digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fwd_report.store.files import read_cache, write_cache

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

NAMES = ("runs", "report", "experiment")
"""What prose may name: the section's experiments, all sections, the experiment it belongs to."""
MARKS = ("{{", "{%", "{#")
REMEMBERED = "1"
"""Changes with what is remembered of a text."""


class Templates:
    """Parses the templates of prose; a text that was parsed before is not parsed again."""

    def __init__(self, cache_file: Path | None = None) -> None:
        self._file = cache_file
        self._known = read_cache(cache_file) if cache_file else {}
        self._used: dict[str, Any] = {}

    def parse(self, text: str) -> dict[str, Any]:
        """{"error": [line, message]}, or what the template names, with lines counted from 1.

        "unknown": [line, name] of names that prose does not have. "chains": [line, [name, …]] of
        lookups that begin with `runs` or `report`, such as ["runs", "skull", "params"].
        """
        if not any(mark in text for mark in MARKS):
            return {"unknown": [], "chains": []}
        digest = hashlib.sha256(f"{REMEMBERED} {text}".encode()).hexdigest()
        if digest not in self._used:
            self._used[digest] = self._known.get(digest) or _parse(text)
        return self._used[digest]

    def save(self) -> None:
        """Remember the present texts; in a project that cannot be written to, nothing."""
        if self._file is not None and self._used.keys() != self._known.keys():
            write_cache(self._file, self._used)


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


def _parse(text: str) -> dict[str, Any]:
    from jinja2 import TemplateError, TemplateSyntaxError, meta

    try:
        tree = _environment().parse(text)
        undeclared = meta.find_undeclared_variables(tree)
    except TemplateSyntaxError as error:
        return {"error": [error.lineno, error.message or "syntax error"]}
    except (TemplateError, RecursionError, ValueError) as error:
        return {"error": [1, str(error)[:200]]}
    unknown = undeclared - {*NAMES, *_environment().globals}
    return {"unknown": list(_first_uses(tree, unknown)), "chains": list(_chains(tree))}


def _first_uses(tree: nodes.Template, names: set[str]) -> Iterator[list[Any]]:
    from jinja2 import nodes

    waiting = set(names)
    for node in tree.find_all(nodes.Name):
        if node.name in waiting:
            waiting.discard(node.name)
            yield [node.lineno, node.name]


def _chains(tree: nodes.Template) -> Iterator[list[Any]]:
    """Lookups from `runs` and `report`, unless the template itself assigns those names."""
    from jinja2 import nodes

    assigned = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    for lookup in tree.find_all((nodes.Getattr, nodes.Getitem)):
        chain = _chain(lookup)
        if chain is not None and chain[0] in {"runs", "report"} - assigned:
            yield [lookup.lineno, chain]


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
