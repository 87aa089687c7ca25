"""What the code of a run can reach, through imports and through the names it mentions."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from fwd_report.plan.canonical import DIGITS, Definition, digest_of_text
from fwd_report.plan.marks import without_false_marks
from fwd_report.plan.syntax import EMPTY, IMPORTS, TOP_LEVEL, Module, read_module

if TYPE_CHECKING:
    from fwd_report.plan.code import Code

STARTED_BY_NAME = ("program", "job", "marked_fields", "asked_field", "sampled_by")
"""What the engine calls of a technique."""


def reached(
    code: Code,
    technique: str,
    whole: Iterable[str],
    shows: frozenset[str],
    named: Iterable[tuple[str, str]] = (),
) -> tuple[dict[str, dict[str, str]], list[str], list[str]]:
    """Digests by file and definition of what counts, every module reached, and third-party
    packages.

    The last are the top-level names that counted code of plug-ins imports from elsewhere.

    technique: the module where the walk begins. whole: modules of which everything counts. shows:
    methods that count only if counted code mentions them. named: (module, definition) of what is
    reached by a name in the spec.
    """
    whole, named = list(whole), list(named)
    mentioned = (part for _, name in named for part in name.split("."))
    began_at = (technique, *whole, *(module for module, _ in named))
    walk = _Walk(code, shows, mentioned, (module.partition(".")[0] for module in began_at))
    for module in whole:
        walk.add(module, whole=True)
    for module, _ in named:
        walk.add(module)
    walk.add(technique)
    return walk.finish(), sorted(walk.modules), sorted(walk.foreign)


class _Walk:
    """Follows imports and mentions until nothing new is found."""

    def __init__(
        self,
        code: Code,
        shows: frozenset[str],
        mentioned: Iterable[str],
        packages: Iterable[str],
    ) -> None:
        """packages: those whose modules may count, whatever else the code knows."""
        self._code = code
        self._shows = shows
        self._mentioned = {*STARTED_BY_NAME, *mentioned}
        self._packages = set(packages)
        self._nameless = False
        self._unmentioned: dict[str, list[tuple[str, str, Definition]]] = {}
        """Optional definitions that nothing counted has mentioned yet, by the name they wait
        for."""
        self._due: list[tuple[str, str, Definition]] = []
        self._counted: dict[str, dict[str, str]] = {}
        self._imports: dict[str, list[str]] = {}
        self.modules: set[str] = set()
        self.foreign: set[str] = set()

    def add(self, name: str, whole: bool = False) -> None:
        """Reach a module, and the packages that contain it, which run when it is imported."""
        package, _, _ = name.rpartition(".")
        if package:
            self.add(package)
        if name in self.modules or name not in self._code.files:
            return
        if name.partition(".")[0] not in self._packages:
            return
        module = self._module(name)
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
        """Everything that counts: digests by file and definition."""
        while self._due:
            self._count(*self._due.pop())
        for module, digests in self._imports.items():
            joined = "".join(sorted(digests))
            self._counted.setdefault(module, {})[IMPORTS] = digest_of_text(joined)
        return {
            self._code.files[module]: dict(sorted(found.items()))
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
        elif name != TOP_LEVEL or definition.digest != EMPTY:
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
        if definition.nameless and module in self._code.plugged:
            top = module.partition(".")[0]
            for each in self._code.plugged:
                if each.partition(".")[0] == top:
                    self.add(each)
        for imported in definition.imports:
            self.add(imported)
        if module in self._code.plugged:
            tops = {imported.partition(".")[0] for imported in definition.imports}
            self.foreign |= tops - self._packages

    def _module(self, name: str) -> Module:
        is_package = self._code.files[name].endswith("/__init__.py")
        text = self._code.texts[name]
        source = self._code.plugged.get(name)
        if source is None:
            return _parsed(text, name, is_package, self._shows)
        try:
            tree = without_false_marks(source.tree or ast.parse(text))
            return read_module(tree, name, is_package, self._shows)
        except (SyntaxError, ValueError):  # a package may have files that are never imported
            digest = hashlib.sha256(text).hexdigest()[:DIGITS]
            return Module({TOP_LEVEL: Definition(digest)})


@lru_cache(maxsize=256)
def _parsed(source: bytes, name: str, is_package: bool, shows: frozenset[str]) -> Module:
    return read_module(source, name, is_package, shows)
