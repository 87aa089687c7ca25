"""Imports the modules of a project's techniques/ from the sources that were read."""

from __future__ import annotations

import ast
import contextlib
import importlib
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from fwd_report.errors import text_of
from fwd_report.plugins.folder import PREFIX, Folder
from fwd_report.plugins.problems import ExitError, said
from fwd_report.plugins.shared_state import shared_state_kept
from fwd_report.plugins.siblings import parsed_module

_KNOWN: dict[str, Folder] = {}
"""The folders that can be imported from, by the name of their package."""
_PACKAGED: set[str] = set()
"""The files of installed packages that plug-ins were imported from."""


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        folder = _KNOWN.get(name.partition(".")[0]) if name.startswith(PREFIX) else None
        if folder is None:
            return None
        file = folder.files.get(name)
        holds_others = name in folder.packages
        if file is None and not holds_others:
            return None
        spec = ModuleSpec(name, _Loader(folder, file), is_package=holds_others)
        if file is not None:
            spec.origin = str(folder.path(file))
            spec.has_location = True
        return spec


class _Loader(Loader):
    def __init__(self, folder: Folder, file: str | None) -> None:
        self._folder = folder
        self._file = file

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        if self._file is not None:
            tree = parsed_module(self._folder, self._file)
            path = str(self._folder.path(self._file))
            exec(compile(tree, path, "exec", dont_inherit=True), module.__dict__)


def made_importable(folder: Folder) -> Folder:
    """Make the modules of this state of a folder importable, from now on."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    return _KNOWN.setdefault(folder.package, folder)


def seen_in_package(path: Path) -> None:
    """A file of an installed package with plug-ins: its lines are named where they fail."""
    _PACKAGED.add(str(path))


def imported(name: str) -> ModuleType:
    """A plug-in's module, imported; what it prints goes to standard error, so that it cannot mix
    with JSON.

    Raises SharedStateError for one that changes what everything else computes with.
    """
    with contextlib.redirect_stdout(sys.stderr), shared_state_kept():
        return importlib.import_module(name)


class Travelling:
    """Unpickled before objects that plug-ins define, makes their modules importable in another
    process.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        folders = [(str(folder.root), dict(folder.texts)) for folder in _KNOWN.values()]
        return _arrived, (folders,)


def _arrived(folders: Sequence[tuple[str, Mapping[str, bytes]]]) -> Travelling:
    for root, texts in folders:
        made_importable(Folder(Path(root), texts))
    return Travelling()


def plugin_line(error: BaseException) -> str | None:
    """The last line of plug-ins that an error passed through, as `place_in_plugin` names it."""
    places = [place for _, _, place in frames_of_plugins(error)]
    return places[-1] if places else _called_wrongly(error)


def mistake_of_plugin(error: Exception) -> str | None:
    """What is said of an error that a plug-in raised where nobody expects one, with its line; None
    for other errors.
    """
    at = plugin_line(error)
    return f"{at}: {said(error)}" if at else str(error) if isinstance(error, ExitError) else None


def frames_of_plugins(error: BaseException) -> Iterator[tuple[FrameType, int, str]]:
    """(frame, line, place) of each line of a project's plug-ins that an error passed through; if
    there is none, of those of its cause.
    """
    found = False
    for frame, line in traceback.walk_tb(error.__traceback__):
        if (place := place_in_plugin(frame.f_code.co_filename, line)) is not None:
            found = True
            yield frame, line, place
    if not found and error.__cause__ is not None:
        yield from frames_of_plugins(error.__cause__)


def place_in_plugin(path: str, line: int) -> str | None:
    """A line of a project's plug-ins, as `techniques/own.py:12`, or of an installed package's, with
    its whole path; None for other files.
    """
    if (found := _file_at(path)) is None:
        return f"{path}:{line}" if path in _PACKAGED else None
    folder, file = found
    return f"{folder.shown(file).as_posix()}:{line}"


def tree_of(path: str) -> ast.Module | None:
    """The syntax tree of that file of a project's plug-ins; None for other files."""
    found = _file_at(path)
    return None if found is None else parsed_module(*found)


def _file_at(path: str) -> tuple[Folder, str] | None:
    """The file of a project's plug-ins that lies there, as it was read last."""
    for folder in reversed(_KNOWN.values()):
        for file in folder.texts:
            if str(folder.path(file)) == path:
                return folder, file
    return None


def _called_wrongly(error: BaseException) -> str | None:
    """The function of a plug-in that was called with arguments that it does not take."""
    named = (
        re.match(r"(?:[\w.<>]+\.)?(\w+)\(\) ", text_of(error))
        if isinstance(error, TypeError)
        else None
    )
    for folder in reversed(_KNOWN.values()) if named else ():  # the last read is in use
        for file in folder.texts:
            for node in ast.walk(parsed_module(folder, file)):
                if isinstance(node, ast.FunctionDef) and named and node.name == named[1]:
                    return f"{folder.shown(file).as_posix()}:{node.lineno}"
    return None
