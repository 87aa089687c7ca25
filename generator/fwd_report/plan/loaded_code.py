"""Whether the code that this process runs is the code that was planned.

A key names the code on disk at the time of the plan; a process runs what it imported. A result may
be stored under the key only if the two are the same. So the code of the runs is imported before the
first of them starts. It is what was planned if its files were not touched between a moment before
the first import and one after the last; later edits change nothing that runs.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import marshal
import struct
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import CodeType, ModuleType

from fwd_report.errors import CodeChangedError
from fwd_report.plugins.folder import PREFIX
from fwd_report.sources import AT_START, Stamp, file_of, require_untouched, stamp_of

_COMPARED: dict[str, tuple[Stamp | None, Stamp | None]] = {}
"""The stamps of each module's source and compiled file that agreed, for all builds of a process."""
PYC_HEADER = 16
"""Bytes before the code in a compiled module: magic number, flags, time and size."""


class LoadedCode:
    """Which of the planned code is known to be what this process runs."""

    def __init__(self, planned: Mapping[str, str]) -> None:
        """planned: SHA-256 of the source of each module, as the plan read it."""
        self._planned = planned
        self._known: set[str] = set()

    def load(self, modules: Iterable[str]) -> None:
        """Import these modules and verify them.

        Raises CodeChangedError if a file of theirs, or of another loaded module of the package, was
        touched after this process began.
        """
        names = list(modules)
        for name in names:
            with suppress(Exception):  # a run that needs it fails by it, and says so itself
                importlib.import_module(name)
        require_untouched(AT_START)
        self.check(names)

    def check(self, modules: Iterable[str]) -> None:
        """Raise CodeChangedError unless the loaded ones of these modules are as planned."""
        for name in modules:
            if name.startswith(PREFIX):
                continue  # imported from what the plan read: see plugins/folder.py
            if name not in self._known and name in sys.modules:
                self._be_sure_of(name, sys.modules[name])
                self._known.add(name)

    def _be_sure_of(self, name: str, module: ModuleType) -> None:
        path = file_of(module)
        if path is None:
            return
        source = path.read_bytes()
        planned = self._planned.get(name) == hashlib.sha256(source).hexdigest()
        if not planned or stamp_of(path) != AT_START.get(str(path)):
            raise CodeChangedError(path)
        spec = module.__spec__
        compiled = Path(spec.cached) if spec is not None and spec.cached else None
        pair = (stamp_of(path), None if compiled is None else stamp_of(compiled))
        if compiled is None or _COMPARED.get(name) == pair:
            return
        if not _holds(compiled, source, path):
            with suppress(OSError):
                compiled.unlink()
            raise CodeChangedError(path, f"is not what {compiled} was compiled from")
        _COMPARED[name] = pair


def _holds(compiled: Path, source: bytes, path: Path) -> bool:
    """Whether a compiled module, if it exists and Python would use it, is that of the source.

    Python accepts it by the source's size and its modification time in seconds, and so misses an
    edit within the same second.
    """
    try:
        data = compiled.read_bytes()
    except OSError:
        return True
    if data[:4] != importlib.util.MAGIC_NUMBER:
        return True
    flags, second, size = struct.unpack("<3I", data[4:PYC_HEADER].ljust(12, b"\0"))
    written = int(path.stat().st_mtime) & 0xFFFFFFFF
    if not flags and (second, size) != (written, len(source) & 0xFFFFFFFF):
        return True
    try:
        code = marshal.loads(data[PYC_HEADER:])
    except (EOFError, ValueError, TypeError):
        return True
    expected: CodeType = compile(source, path, "exec", dont_inherit=True)
    return bool(code == expected)
