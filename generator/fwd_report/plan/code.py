"""The code that makes a result, as part of its key.

A closure is what the code of a run can reach inside the counted folders: the modules it imports,
wherever the import stands, and of those the statements that run on import, the classes, and the
functions and constants that counted code mentions. Each definition has a digest of its own
(plan/syntax.py), so that `plan --why` names what changed, and so that a function that a run never
calls, a caption or a comment reruns nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import fwd_report
from fwd_report.plan import syntax
from fwd_report.plan.keys import digest_of
from fwd_report.plan.syntax import IMPORTS, TOP_LEVEL, Definition, Module, read_module
from fwd_report.store.files import write_atomically
from fwd_report.techniques.base import Technique

PACKAGE = fwd_report.__name__
COUNTED = tuple(f"{PACKAGE}.{name}" for name in ("techniques", "diffusion", "models", "training"))
"""Packages and modules whose code makes results, but for what is marked in them."""
STARTED_BY_NAME = ("program", "job")
SHOWS = frozenset(
    name
    for name, member in vars(Technique).items()
    if getattr(getattr(member, "__func__", member), "__outside_keys__", False)
)
"""Methods of techniques that show, count or check, by their marks in the base class."""
_EMPTY = hashlib.sha256().hexdigest()[: syntax.DIGITS]


@dataclass(frozen=True)
class Closure:
    """The code of a run. parts: digests by file and definition. digest: of all of it.

    modules: every module in it, also those of which nothing counts but their presence.
    """

    parts: Mapping[str, Mapping[str, str]]
    digest: str
    modules: tuple[str, ...]


class Code:
    """The sources of this package as they are on the disk now, each read once."""

    def __init__(self, cache_file: Path, source_root: Path | None = None) -> None:
        """cache_file: keeps what was parsed, by the digest of the source; it can be lost."""
        self._root = source_root or Path(fwd_report.__file__).parents[1]
        self._cache = _Parsed(cache_file)
        self._modules: dict[str, Module] = {}
        self._paths: dict[str, Path | None] = {}
        self.sources: dict[str, str] = {}
        """SHA-256 of each source that was read, by the module's name."""

    def closure(self, technique: str, whole: Iterable[str] = ()) -> Closure:
        """The closure of a technique's module, and of modules that the engine calls for it.

        whole: those, of which every definition counts.
        """
        walk = _Walk(self, STARTED_BY_NAME)
        for module in whole:
            walk.add(module, whole=True)
        walk.add(technique)
        parts = walk.finish()
        return Closure(parts, digest_of(parts), tuple(sorted(walk.modules)))

    def save(self) -> None:
        """Keep what was parsed for the next command."""
        self._cache.save()

    def module(self, name: str) -> Module:
        """What the counted module of that name holds."""
        if name not in self._modules:
            path = self.path(name)
            if path is None:
                raise LookupError(f"there is no module {name}")
            source = path.read_bytes()
            self.sources[name] = hashlib.sha256(source).hexdigest()
            self._modules[name] = self._cache.module(
                name, path.name == "__init__.py", source, self.sources[name]
            )
        return self._modules[name]

    def path(self, name: str) -> Path | None:
        """The file of a counted module, or None where that is no module."""
        if name not in self._paths:
            self._paths[name] = self._find(name) if name.startswith(PACKAGE) else None
        return self._paths[name]

    def file(self, name: str) -> str:
        """A counted module's file, relative to the package: `diffusion/ddpm.py`."""
        path = self.path(name)
        return name if path is None else path.relative_to(self._root / PACKAGE).as_posix()

    def _find(self, name: str) -> Path | None:
        if not any(name == counted or name.startswith(f"{counted}.") for counted in COUNTED):
            return None
        path = self._root.joinpath(*name.split("."))
        for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
            if file.is_file():
                return file
        return None


class _Walk:
    """Follows imports and mentions until nothing new is met."""

    def __init__(self, code: Code, seeds: Iterable[str]) -> None:
        self._code = code
        self._mentioned = set(seeds)
        self._nameless = False
        self._unmentioned: dict[str, list[tuple[str, str, Definition]]] = {}
        """Optional definitions that nothing counted has mentioned yet, by what they wait for."""
        self._due: list[tuple[str, str, Definition]] = []
        self._counted: dict[str, dict[str, str]] = {}
        self._imports: dict[str, list[str]] = {}
        self.modules: set[str] = set()

    def add(self, name: str, whole: bool = False) -> None:
        """Meet a module and the packages it lies in, which are run when it is imported."""
        package, _, _ = name.rpartition(".")
        if package:
            self.add(package)
        if name in self.modules or self._code.path(name) is None:
            return
        module = self._code.module(name)
        if module.outside:
            return
        self.modules.add(name)
        for defined, definition in module.definitions.items():
            owner, _, method = defined.partition(".")
            if method and definition.optional:
                waits_for: str | None = method
            else:
                optional = module.definitions.get(owner, definition).optional
                waits_for = owner if optional and not whole else None
            self._meet(name, defined, definition, waits_for)
        for bound, definition in module.imports.items():
            self._meet(name, f"{IMPORTS} {bound}", definition, None if whole else bound)

    def finish(self) -> dict[str, dict[str, str]]:
        """Everything counted: digests by file and definition."""
        while self._due:
            self._count(*self._due.pop())
        for module, digests in self._imports.items():
            joined = "".join(sorted(digests)).encode()
            self._counted.setdefault(module, {})[IMPORTS] = hashlib.sha256(joined).hexdigest()[
                : syntax.DIGITS
            ]
        return {
            self._code.file(module): dict(sorted(found.items()))
            for module, found in self._counted.items()
        }

    def _meet(self, module: str, name: str, definition: Definition, waits_for: str | None) -> None:
        if waits_for is None or self._nameless or waits_for in self._mentioned:
            self._due.append((module, name, definition))
        else:
            self._unmentioned.setdefault(waits_for, []).append((module, name, definition))

    def _count(self, module: str, name: str, definition: Definition) -> None:
        if name.startswith(f"{IMPORTS} "):
            self._imports.setdefault(module, []).append(definition.digest)
        elif name != TOP_LEVEL or definition.digest != _EMPTY:
            self._counted.setdefault(module, {})[name] = definition.digest
        for mention in definition.mentions:
            if mention not in self._mentioned:
                self._mentioned.add(mention)
                self._due += self._unmentioned.pop(mention, ())
        if definition.nameless and not self._nameless:
            self._nameless = True
            for waiting in self._unmentioned.values():
                self._due += waiting
            self._unmentioned.clear()
        for imported in definition.imports:
            self.add(imported)


class _Parsed:
    """What was parsed, kept by the digest of the source in a file that is checked when read."""

    def __init__(self, file: Path) -> None:
        self._file = file
        own = hashlib.sha256(Path(syntax.__file__).read_bytes())
        own.update(" ".join(sorted(SHOWS)).encode())
        self._made_by = own.hexdigest()
        self._known = self._read()
        self._used: dict[str, Any] = {}

    def module(self, name: str, is_package: bool, source: bytes, digest: str) -> Module:
        if digest not in self._known.get(name, {}):
            module = read_module(source, name, is_package, SHOWS)
            self._used[name] = {digest: asdict(module)}
            return module
        kept = self._known[name][digest]
        self._used[name] = {digest: kept}
        return Module(
            definitions={key: _definition(value) for key, value in kept["definitions"].items()},
            imports={key: _definition(value) for key, value in kept["imports"].items()},
            outside=kept["outside"],
        )

    def save(self) -> None:
        known = {**self._known, **self._used}
        if known != self._known:
            text = json.dumps(known, separators=(",", ":"))
            write_atomically(self._file, f"{self._check(text)}\n{text}")
            self._known = known

    def _read(self) -> dict[str, Any]:
        """Nothing where the file is missing, damaged or made by another version."""
        try:
            check, _, text = self._file.read_text(encoding="utf-8").partition("\n")
        except (OSError, ValueError):
            return {}
        known = json.loads(text) if check == self._check(text) else {}
        return known if isinstance(known, dict) else {}

    def _check(self, text: str) -> str:
        return hashlib.sha256(f"{self._made_by}\n{text}".encode()).hexdigest()


def _definition(kept: Mapping[str, Any]) -> Definition:
    return Definition(**kept)
