"""Installed packages that offer plug-ins, by the entry points in their metadata.

A search takes some milliseconds for a hundred packages. It is made only if a spec names what
neither the package nor the project has, if a project has plug-ins, and for the schemas.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fwd_report.plugins.kinds import GROUP, KINDS


@dataclass(frozen=True)
class EntryPoint:
    """One plug-in that an installed package offers. target: `module` or `module:object`."""

    kind: str
    name: str
    target: str
    distribution: str
    version: str

    @property
    def module(self) -> str:
        return self.target.partition(":")[0].strip()

    @property
    def attribute(self) -> str:
        """The object in the module; if none is named, the one with the entry point's name."""
        return self.target.partition(":")[2].partition("[")[0].strip() or self.name

    def __str__(self) -> str:
        return f"{self.distribution} {self.version} ({self.target})"


def entry_points(root: Path) -> tuple[EntryPoint, ...]:
    """What the installed packages offer.

    The project's own folder and the current one do not count as installed, although `python -m`
    looks for modules there.
    """
    where = [path for path in sys.path if path and not _same(path, root, Path.cwd())]
    return _offered(tuple(where))


@cache
def _offered(where: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    from importlib.metadata import distributions

    groups = {f"{GROUP}{kind}": kind for kind in KINDS}
    found: list[EntryPoint] = []
    seen: set[str] = set()
    for distribution in distributions(path=list(where)):
        text = distribution.read_text("entry_points.txt") or ""
        if GROUP not in text:
            continue
        name = distribution.metadata["Name"]
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        found += [
            EntryPoint(groups[each.group], each.name, each.value, name, distribution.version)
            for each in distribution.entry_points
            if each.group in groups
        ]
    return tuple(sorted(found, key=lambda each: (each.kind, each.name, each.distribution)))


def sources_of(module: str) -> dict[str, Path]:
    """The Python files of the package that a module belongs to, by module name.

    Empty if it has none. Imports nothing.
    """
    top = module.partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return {}
    if spec is None:
        return {}
    found: dict[str, Path] = {}
    for folder in spec.submodule_search_locations or ():
        found |= dict(_below(top, folder))
    if spec.origin is not None and spec.origin.endswith(".py"):
        found[top] = Path(spec.origin)
    return found


def _below(name: str, folder: str) -> Iterator[tuple[str, Path]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        stem = entry.name.removesuffix(".py")
        if entry.name == "__init__.py":
            yield name, Path(entry.path)
        elif entry.name.endswith(".py") and stem.isidentifier():
            yield f"{name}.{stem}", Path(entry.path)
        elif entry.name.isidentifier() and entry.name != "__pycache__" and entry.is_dir():
            yield from _below(f"{name}.{entry.name}", entry.path)


def digest_of_sources(module: str) -> str:
    """SHA-256 of the names and contents of all modules of the package that a module belongs to."""
    digest = hashlib.sha256()
    for name, path in sorted(sources_of(module).items()):
        digest.update(f"{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _same(path: str, *folders: Path) -> bool:
    try:
        return any(os.path.samefile(path, folder) for folder in folders)
    except OSError:
        return False
