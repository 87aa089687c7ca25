"""One plug-in as it is offered, before anything of it is imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from fwd_report.errors import Problem
from fwd_report.plugins.kinds import KINDS
from fwd_report.plugins.packages import EntryPoint


@dataclass(frozen=True)
class Offer:
    """One thing that can be named. where: its file or package, for messages.

    attribute: what it is called in its module. files: the sources it may consist of.
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
    """The source of a module that a key may count. shown: what keys and messages call its file."""

    shown: str
    text: bytes
    tree: ast.Module | None = None
    """As it is compiled, where that is not the text alone."""


def twice(kind: str, name: str, one: str, other: str, file: Path | None = None) -> Problem:
    """The error of two things of one name."""
    singular = KINDS[kind].singular
    return Problem(
        f"two {kind} are called '{name}': {one} and {other}",
        file=file,
        hint=f"give the {singular} another name",
    )
