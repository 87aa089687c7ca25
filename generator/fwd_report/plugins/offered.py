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

    @property
    def way_out(self) -> str:
        """What to do where something else has its name."""
        if self.entry is not None:
            return f"uninstall {self.entry.distribution}"
        return f"give the {KINDS[self.kind].singular} of {self.where} another name"


@dataclass(frozen=True)
class ModuleSource:
    """The source of a module that a key may count. shown: its file's name in keys and messages."""

    shown: str
    text: bytes
    tree: ast.Module | None = None
    """The tree that is compiled, if it is not that of the text alone."""


def clash(one: Offer, other: Offer) -> Problem:
    """The error for two plug-ins of one name, of which one or both are of installed packages."""
    return Problem(
        f"two {one.kind} are called '{one.name}': {one.where} and {other.where}",
        hint=f"{one.way_out}, or {other.way_out}",
    )


def twice(kind: str, name: str, one: str, other: str, file: Path | None = None) -> Problem:
    """The error for two plug-ins of one name. file: that of the first; None: it is a package's."""
    hint = f"give the {KINDS[kind].singular} another name"
    if file is None:
        hint = f"uninstall the package {one.partition(' ')[0]}, or {hint}"
    return Problem(
        f"two {kind} are called '{name}': {one} and {other}",
        file=file,
        hint=hint,
    )
