"""A plug-in as it is offered, before anything of it is imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from fwd_report.errors import Problem
from fwd_report.plugins.kinds import KINDS
from fwd_report.plugins.packages import EntryPoint


@dataclass(frozen=True)
class Offer:
    """One plug-in that can be named.

    where: its file or package, for messages. attribute: its name in the module.
    """

    kind: str
    name: str
    module: str
    attribute: str
    where: str
    file: str | None = None
    """Its file in the project's folder."""
    entry: EntryPoint | None = None


@dataclass(frozen=True)
class Source:
    """The source of a module that a key may count. shown: its file's name in keys and messages."""

    shown: str
    text: bytes
    tree: ast.Module | None = None
    """The tree that is compiled, if it is not that of the text alone."""


def twice(kind: str, name: str, one: str, other: str, file: Path | None = None) -> Problem:
    """The error for two plug-ins of one name."""
    singular = KINDS[kind].singular
    return Problem(
        f"two {kind} are called '{name}': {one} and {other}",
        file=file,
        hint=f"give the {singular} another name",
    )
