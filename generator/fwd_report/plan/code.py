"""The code that makes a result, as part of its key.

A closure is what the code of a run can reach in the counted folders: the modules that it imports,
anywhere, and in those the statements that run on import, the classes, and the functions and
constants that counted code mentions. Each definition has its own digest (plan/syntax.py), so that
`plan --why` can name what changed, and a function that a run never calls, a caption or a comment
reruns nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

import fwd_report
from fwd_report.plan.keys import digest_of_json
from fwd_report.plugins.offered import ModuleSource
from fwd_report.store.memory import Memory
from fwd_report.techniques.base import Technique
from fwd_report.techniques.illusions import Illusion

PACKAGE = fwd_report.__name__
COUNTED = ("techniques", "diffusion", "models", "training", "recording")
"""Packages whose code makes results, except for what is marked otherwise."""
SHOWS = frozenset(
    name
    for base in (Technique, Illusion)
    for name, member in vars(base).items()
    if getattr(getattr(member, "__func__", member), "__outside_keys__", False)
)
"""Methods of techniques that only show, count or check, by their marks in the base classes."""
READERS = [
    os.path.join(os.path.dirname(__file__), name)
    for name in (
        "canonical.py", "code.py", "marks.py", "reach.py", "syntax.py", "syntax_nodes.py",
    )
]  # fmt: skip
"""The files of the code that computes closures."""


@dataclass(frozen=True)
class Closure:
    """The code of a run. parts: digests by file and definition. digest: of all of it.

    modules: every module in it, including those of which nothing counts but their import. foreign:
    the top-level names of other packages that plug-ins in it import.
    """

    parts: Mapping[str, Mapping[str, str]]
    digest: str
    modules: tuple[str, ...]
    foreign: tuple[str, ...] = ()


class Code:
    """The counted sources as they are on disk now, each read once."""

    def __init__(
        self,
        memory: Memory,
        source_root: Path | None = None,
        plugged: Mapping[str, ModuleSource] = MappingProxyType({}),
    ) -> None:
        """memory: caches closures, by the sources and by the code that computes them.

        plugged: the sources of plug-ins, by module.
        """
        root = source_root or Path(fwd_report.__file__).parents[1]
        self.files = dict(_files(root / PACKAGE))
        """Each counted module's file, relative to the package: `diffusion/ddpm.py`."""
        self.texts = {name: _read(root, file) for name, file in self.files.items()}
        self.files |= {name: source.shown for name, source in plugged.items()}
        self.texts |= {name: source.text for name, source in plugged.items()}
        self.plugged = plugged
        self.sources = {name: hashlib.sha256(text).hexdigest() for name, text in self.texts.items()}
        """SHA-256 of each source, by the module's name."""
        self._memory = memory
        read_by = memory.code_of(*READERS)
        self._state = digest_of_json([self.sources, self.files, sorted(SHOWS), read_by])
        self._closures: dict[tuple[str, ...], Closure] = {}

    def closure(
        self,
        technique: str,
        whole: Iterable[str] = (),
        named: Iterable[tuple[str, str]] = (),
    ) -> Closure:
        """The closure of a technique's module, and of modules that the engine calls for it.

        whole: the latter, of which every definition counts. named: (module, name) of what is
        reached by name. Raises LookupError for a technique outside the counted folders.
        """
        if technique not in self.files:
            raise LookupError(f"{technique} is in none of the folders whose code counts")
        whole, named = tuple(whole), tuple(named)
        name = (technique, *whole, *chain(*named))
        if name not in self._closures:

            def find() -> dict[str, Any]:
                from fwd_report.plan.reach import reached

                parts, modules, foreign = reached(self, technique, whole, SHOWS, named)
                digest = digest_of_json(parts)
                return {"parts": parts, "digest": digest, "modules": modules, "foreign": foreign}

            kept = self._memory.recall(digest_of_json(["closure", self._state, name]), find)
            self._closures[name] = Closure(
                kept["parts"], kept["digest"], tuple(kept["modules"]), tuple(kept["foreign"])
            )
        return self._closures[name]


def _files(package: Path, folder: str = "") -> Iterator[tuple[str, str]]:
    """The counted modules in a folder of the package and below, with their files."""
    with os.scandir(package / folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        path = f"{folder}{entry.name}"
        if not folder:
            if entry.name in COUNTED:
                yield from _files(package, f"{path}/")
        elif entry.name.endswith(".py") and entry.name.removesuffix(".py").isidentifier():
            module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            yield f"{PACKAGE}.{module}", path
        elif entry.name.isidentifier() and entry.name != "__pycache__" and entry.is_dir():
            yield from _files(package, f"{path}/")


def _read(root: Path, file: str) -> bytes:
    with open(f"{root}/{PACKAGE}/{file}", "rb") as source:
        return source.read()
