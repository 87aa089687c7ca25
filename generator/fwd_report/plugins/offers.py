"""What specs can name beyond the package's own: a project's plug-ins and those of packages.

A file `techniques/views/kaleidoscope.py` offers the view `kaleidoscope`, which it defines under
that name; so the names are known without importing anything. Techniques are found in the modules of
`techniques/` itself, by techniques/registry.py.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from pathlib import Path
from typing import Any

from fwd_report import sources
from fwd_report.errors import Problem, UserError
from fwd_report.plugins.folder import Folder, holds_python, read_folder
from fwd_report.plugins.importing import imported, made_importable, plugin_line, seen_in_package
from fwd_report.plugins.kinds import HIDDEN, KINDS, SUBFOLDERS
from fwd_report.plugins.offered import ModuleSource, Offer, clash, twice
from fwd_report.plugins.packages import entry_points, sources_of
from fwd_report.plugins.problems import (
    at_line,
    exits_as_errors,
    raised_by_code,
    said,
    undefined,
    while_importing,
)
from fwd_report.plugins.siblings import bound_in, imports_of, line_of, parsed_module


class Plugins:
    """A project's plug-ins, as they were when this was made; packages are searched on demand."""

    def __init__(
        self, root: Path | None = None, folder: Folder | None = None, withheld: bool = False
    ) -> None:
        """Raises UserError for sources that are not Python or define nothing.

        root: the project's folder. folder: its techniques/; None: it has none, or is not trusted.
        withheld: whether it has some but is not trusted.
        """
        self.root = root
        self.withheld = withheld
        self.folder = folder if folder is None else made_importable(folder)
        self.techniques: dict[str, Any] = {}
        """The techniques found so far, by name; techniques/registry.py fills it."""
        self.where: dict[str, str] = {}
        """Where each technique is defined, for messages."""
        self.clashes: dict[tuple[str, str], Problem] = {}
        """What is wrong with a name that installed packages offer and somebody else does too."""
        self._loaded: dict[tuple[str, str], Any] = {}
        self._own: dict[str, dict[str, Offer]] = {}
        self.scanned = False
        """Whether installed packages were searched."""
        self._trees: dict[str, ast.Module] = {}
        self.imported_packages: set[str] = set()
        """The installed packages from which something was imported."""
        if self.folder is not None:
            self._read(self.folder)
            self._own = self._found(self.folder)

    @cached_property
    def packaged(self) -> Mapping[tuple[str, str], Offer]:
        """What installed packages offer, by kind and name; they are searched on first use.

        What has a name of fwd-report itself is left out. A name that is there twice is in
        `clashes`, and an error only where it is used.
        """
        self.scanned = True
        found: dict[tuple[str, str], Offer] = {}
        for entry in entry_points(self.root or Path()):
            offer = Offer(
                entry.kind, entry.name, entry.module, entry.attribute, str(entry), None, entry
            )
            if entry.name in KINDS[entry.kind].built_in:
                continue
            own = self._own.get(entry.kind, {}).get(entry.name)
            other = own or found.setdefault((entry.kind, entry.name), offer)
            if other is not offer:
                self.clashes[entry.kind, entry.name] = clash(offer, other)
        return found

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """The files that may define techniques: those directly in techniques/ that are not
        helpers.
        """
        if self.folder is None:
            return ()
        return tuple(
            file
            for file in self.folder.texts
            if "/" not in file and not file.startswith("_") and file != "__init__.py"
        )

    @cached_property
    def helpers(self) -> frozenset[str]:
        """The files that another file imports."""
        folder = self.folder
        if folder is None:
            return frozenset()
        wanted = {name for file in self._trees for name in imports_of(folder, file, self._trees)}
        return frozenset(file for name, file in folder.files.items() if name in wanted)

    def own(self, kind: str) -> Mapping[str, Offer]:
        """The project's own plug-ins of a kind, by name."""
        return self._own.get(kind, {})

    def names(self, kind: str) -> tuple[str, ...]:
        """The names of a kind: the package's own first; those of installed packages if they were
        searched.
        """
        packaged = self.packaged if self.scanned else {}
        return (
            *(name for name in KINDS[kind].built_in if name not in HIDDEN),
            *self._own.get(kind, ()),
            *(name for of, name in packaged if of == kind),
        )

    def offer(self, kind: str, name: str) -> Offer | None:
        """The plug-in of that name; None if the package itself has it, or nobody.

        Raises UserError if several have it.
        """
        if name in KINDS[kind].built_in:
            return None
        found = self.packaged.get((kind, name))
        self._require_single(kind, name)
        return self._own.get(kind, {}).get(name) or found

    def _require_single(self, kind: str, name: str) -> None:
        if problem := self.clashes.get((kind, name)):
            raise UserError(problem)

    def place(self, offer: Offer) -> str:
        """Where a plug-in is defined: `techniques/views/own.py:12`, or its package."""
        line = line_of(self._trees[offer.file], offer.attribute) if offer.file else None
        return f"{offer.where}:{line}" if line else offer.where

    def load(self, kind: str, name: str) -> Any:
        """The plug-in of that name, imported. Raises UserError, at its line, if it is broken."""
        if (kind, name) not in self._loaded:
            offer = self.offer(kind, name)
            if offer is None:
                raise UserError(f"there is no {KINDS[kind].singular} '{name}'")
            self._loaded[kind, name] = self._checked(offer, self.module_of(offer))
        return self._loaded[kind, name]

    def ask(self, kind: str, name: str, what: str) -> Any:
        """The answer of a plug-in's method that takes the project's folder.

        Raises UserError, at its line, if it fails.
        """
        try:
            with exits_as_errors():
                return getattr(self.load(kind, name), what)(self.root or Path())
        except UserError:
            raise
        except Exception as error:
            offer = self.offer(kind, name)
            at = plugin_line(error) or (offer.where if offer else kind)
            raise UserError(f"{at}: {name}.{what}: {said(error)}") from error

    def module_of(self, offer: Offer) -> Any:
        """The module that defines it. Raises UserError if it is broken, or others have its name."""
        self._require_single(offer.kind, offer.name)
        if offer.entry is not None:
            self.imported_packages.add(offer.module.partition(".")[0])
            for path in sources_of(offer.module).values():
                sources.remember(path)
                seen_in_package(path)
        try:
            return imported(offer.module)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not raised_by_code(error):
                raise
            if self.folder is not None and offer.file is not None:
                raise UserError(while_importing(self.folder, offer.file, error)) from error
            message = f"{offer.where} cannot be imported: {said(error)}"
            raise UserError(Problem(message)) from error

    def sources(self, offers: Mapping[str, Offer]) -> dict[str, ModuleSource]:
        """The sources that keys may count, by module: the project's, and those of the offering
        packages.

        The stamps of the latter are recorded before a run imports them.
        """
        found: dict[str, ModuleSource] = {}
        if self.folder is not None:
            for module, file in self.folder.files.items():
                shown = f"./{self.folder.shown(file).as_posix()}"
                found[module] = ModuleSource(shown, self.folder.texts[file], self._trees[file])
        for offer in offers.values():
            if offer.entry is not None:
                for module, path in sources_of(offer.module).items():
                    sources.remember(path)
                    shown = f"{offer.entry.distribution}: {module.replace('.', '/')}"
                    end = "/__init__.py" if path.name == "__init__.py" else ".py"
                    found[module] = ModuleSource(shown + end, path.read_bytes())
        return found

    def digest(self) -> str:
        """A digest of what was read, and of what installed packages offer if they were searched."""
        parts = [] if self.folder is None else [self.folder.digest]
        if self.scanned:
            parts += [
                f"{offer.kind} {offer.name} {offer.where}" for offer in self.packaged.values()
            ]
            parts += [str(problem) for problem in self.clashes.values()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def afresh(self) -> Plugins:
        """The same sources, with nothing searched or imported yet."""
        return Plugins(self.root, self.folder, self.withheld)

    @contextmanager
    def used(self) -> Iterator[None]:
        """Within the block, names have the meaning that they have in this project."""
        token = _IN_USE.set(self)
        try:
            yield
        finally:
            _IN_USE.reset(token)

    def _read(self, folder: Folder) -> None:
        """Parse every file. Raises UserError that lists those that are not Python."""
        problems: list[Problem] = []
        for file in folder.texts:
            try:
                self._trees[file] = parsed_module(folder, file)
                compile(self._trees[file], file, "exec", dont_inherit=True)
            except SyntaxError as error:
                problems.append(while_importing(folder, file, error))
            except (ValueError, RecursionError, MemoryError) as error:
                problems.append(at_line(folder, file, None, f"this is no Python: {said(error)}"))
        if problems:
            raise UserError(problems)

    def _found(self, folder: Folder) -> dict[str, dict[str, Offer]]:
        """The plug-ins of the kinds that have a folder of their own."""
        found: dict[str, dict[str, Offer]] = {}
        problems: list[Problem] = []
        for file in folder.texts:
            kind, _, rest = file.partition("/")
            name = rest.removesuffix(".py")
            if kind not in SUBFOLDERS or not rest or "/" in rest or name.startswith("_"):
                continue
            where = folder.shown(file).as_posix()
            if name not in bound_in(self._trees[file]):
                if file not in self.helpers:
                    problems.append(undefined(folder, file, kind, name))
            elif name in KINDS[kind].built_in:
                problems.append(twice(kind, name, where, "fwd-report itself", folder.shown(file)))
            else:
                offer = Offer(kind, name, folder.module(file), name, where, file)
                found.setdefault(kind, {})[name] = offer
        if problems:
            raise UserError(problems)
        return found

    def _checked(self, offer: Offer, module: Any) -> Any:
        kind = KINDS[offer.kind]
        value: Any = module
        for part in offer.attribute.split("."):
            value = getattr(value, part, None)
        if value is not None and not kind.callable and isinstance(value, type):
            value = value()
        if kind.methods and all(callable(getattr(value, name, None)) for name in kind.methods):
            return value
        if kind.callable and callable(value):
            return value
        message = f"{offer.attribute} is not {kind.is_a}, as a {kind.singular} is"
        if offer.file is not None:
            line = line_of(self._trees[offer.file], offer.attribute)
            assert self.folder is not None
            raise UserError(at_line(self.folder, offer.file, line, message))
        raise UserError(f"{offer.where}: {message}")


NOTHING = Plugins()
"""The plug-ins outside any project: none."""
_IN_USE: ContextVar[Plugins] = ContextVar("plugins in use", default=NOTHING)


def in_use() -> Plugins:
    """The plug-ins of the project that is being worked on."""
    return _IN_USE.get()


def read_plugins(root: Path, trusted: bool = True) -> Plugins:
    """A project's plug-ins as they are now. trusted: whether its own Python is used."""
    if trusted:
        return Plugins(root, read_folder(root))
    return Plugins(root, None, withheld=holds_python(root))
