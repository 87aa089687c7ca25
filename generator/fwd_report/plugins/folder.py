"""A project's techniques/ folder, read once: what is imported from it is what was read.

Its modules are in a package of their own, whose name holds a digest of all sources. An edited
folder is a different package, so that no process ever runs a mixture of two states, and the modules
of two projects never meet.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fwd_report.errors import Problem, UserError
from fwd_report.plugins.kinds import FOLDER

PREFIX = "fwd_report_own_"
"""The prefix of the names of these packages."""
DEEPEST = 5
"""How deep folders within folders are searched."""
LARGEST = 10_000_000
"""Most bytes of source that a folder may hold."""


@dataclass(frozen=True)
class Folder:
    """The sources below techniques/, by path within it: `views/kaleidoscope.py`."""

    root: Path
    texts: Mapping[str, bytes]

    @cached_property
    def package(self) -> str:
        """The name under which it is imported."""
        place = f"{self.root}\0{self.digest}".encode("utf-8", "surrogateescape")
        return PREFIX + hashlib.sha256(place).hexdigest()[:20]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all sources: the same wherever the project lies."""
        digest = hashlib.sha256()
        for name, text in self.texts.items():
            digest.update(f"{name}\0{len(text)}\0".encode("utf-8", "surrogateescape") + text)
        return digest.hexdigest()

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The file of each module, by the module's name."""
        return {self.module(name): name for name in self.texts}

    @cached_property
    def packages(self) -> frozenset[str]:
        """The names of the modules that are packages."""
        found = {self.package}
        for name in self.texts:
            parts = name.split("/")[:-1]
            found |= {".".join([self.package, *parts[: i + 1]]) for i in range(len(parts))}
        return frozenset(found)

    def module(self, file: str) -> str:
        """The name of a file's module."""
        path = file.removesuffix(".py").removesuffix("__init__").rstrip("/")
        return ".".join([self.package, *filter(None, path.split("/"))])

    def path(self, file: str) -> Path:
        """Where a file of it lies."""
        return self.root / FOLDER / file

    def shown(self, file: str) -> Path:
        """A file's name in messages: its path in the project."""
        return Path(FOLDER, file)

    def line(self, path: str, line: int) -> str:
        """A line's name in messages; the file need not be one of the project's."""
        own = next((file for file in self.texts if str(self.path(file)) == path), None)
        return f"{path if own is None else self.shown(own).as_posix()}:{line}"

    def lines(self, file: str) -> list[str]:
        """A file's lines as they were read, for excerpts."""
        return self.texts[file].decode("utf-8", "replace").splitlines()


def read_folder(root: Path) -> Folder | None:
    """The project's techniques/ as it is now; None if it holds no Python.

    Raises UserError for files that cannot be modules.
    """
    problems: list[Problem] = []
    try:
        texts = dict(_texts(str(root / FOLDER), "", problems))
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    if sum(map(len, texts.values())) > LARGEST:
        problems.append(Problem(f"more than {LARGEST:,} bytes of Python", file=Path(FOLDER)))
    if problems:
        raise UserError(problems)
    return Folder(root, texts) if texts else None


def holds_python(root: Path) -> bool:
    """Whether the project's techniques/ holds Python; reads none of it."""
    return next((root / FOLDER).rglob("*.py"), None) is not None


def _texts(folder: str, below: str, problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        name = f"{below}{entry.name}"
        if entry.name.startswith((".", "__pycache__", "#")) or entry.name.endswith("~"):
            continue
        if entry.name.endswith(".py"):
            if not entry.is_file():
                problems.append(
                    Problem("this has a Python file's name and is none", file=_at(name))
                )
            elif not entry.name.removesuffix(".py").isidentifier():
                better = "".join(c if c.isalnum() else "_" for c in entry.name.removesuffix(".py"))
                problems.append(
                    Problem(
                        "this cannot be imported under its name",
                        file=_at(name),
                        hint=f"call it as Python calls things, such as {better}.py",
                    )
                )
            else:
                with open(entry.path, "rb") as file:
                    yield name, file.read(LARGEST + 1)
        elif entry.name.isidentifier() and entry.is_dir() and below.count("/") < DEEPEST:
            yield from _texts(entry.path, f"{name}/", problems)


def _at(name: str) -> Path:
    return Path(FOLDER, name)
