"""The results by key: each a folder that appears whole or not at all.

.fwd-report/store/ab/abcd…/manifest.json and the files it lists with their digests
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fwd_report.store.files import fsync, sha256_of, write_json

if TYPE_CHECKING:
    from filelock import FileLock

MANIFEST = "manifest.json"


class DamagedEntryError(Exception):
    """An entry does not hold what its manifest says; it has been moved aside."""


@dataclass(frozen=True)
class Manifest:
    """What an entry says of itself.

    parts: what its key is a hash of. files: sha256 and size by name. metrics, series: the run's
    numbers. provenance: seed, model, device, dtype, versions, git commit, seconds, calls. digest:
    of all the rest.
    """

    key: str
    parts: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]
    metrics: Mapping[str, float]
    series: Mapping[str, list[float]]
    provenance: Mapping[str, Any]
    digest: str


class Store:
    """The cache of one project, under `.fwd-report/` of its root."""

    def __init__(self, project_root: Path) -> None:
        self.base = project_root / ".fwd-report"
        self.root = self.base / "store"
        self._root_text = str(self.root)
        self._last_text = str(self.base / "last")

    def folder(self, key: str) -> Path:
        """Where the entry of that key lies, or would lie."""
        return self.root / key[:2] / key

    def has(self, key: str) -> bool:
        """Whether an entry is there. Its digests are checked when it is read."""
        return os.path.isfile(f"{self._root_text}/{key[:2]}/{key}/{MANIFEST}")

    def manifest(self, key: str) -> Manifest:
        """The manifest alone, its files unchecked. Raises DamagedEntryError if it is unreadable."""
        path = self.folder(key) / MANIFEST
        try:
            return self._parsed(key)
        except (OSError, ValueError, TypeError) as error:
            self._set_aside(key)
            raise DamagedEntryError(f"{path}: {error}") from error

    def read(self, key: str) -> Manifest:
        """The manifest, after every file's digest has been checked.

        Raises DamagedEntryError, with the entry moved aside, if anything differs: the next plan
        sees it as missing and runs it again.
        """
        manifest = self.manifest(key)
        if damaged := self._damaged_file(manifest):
            self._set_aside(key)
            raise DamagedEntryError(f"{damaged} is not the file that was stored")
        return manifest

    @contextmanager
    def writing(self, key: str, folder: Path | None = None) -> Iterator[Path]:
        """A folder to fill; leaving the block without an error publishes it under `key`.

        The block must end with `seal`. folder: an existing working folder of the same file
        system to publish instead of a new one; files whose names begin with a dot stay behind.
        """
        filled = folder or self._temporary(key)
        filled.mkdir(parents=True, exist_ok=True)
        yield filled
        final = self.folder(key)
        final.parent.mkdir(parents=True, exist_ok=True)
        if final.exists():
            self._discard(final)
        os.rename(filled, final)
        fsync(final.parent)
        for leftover in final.glob(".*"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()

    def seal(self, folder: Path, key: str, **manifest: Any) -> None:
        """Write the manifest with the digests of the folder's files, all of it fsynced."""
        files = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith(".") and path.name != MANIFEST:
                name = path.relative_to(folder).as_posix()
                files[name] = {"sha256": sha256_of(path), "size": path.stat().st_size}
                fsync(path)
        content = json.loads(json.dumps({"key": key, "files": files, **manifest}))
        write_json(folder / MANIFEST, {**content, "digest": _digest_of(content)})
        fsync(folder)

    def working_folder(self, key: str) -> Path:
        """Where a long job keeps its checkpoints until it is done; survives a crash."""
        folder = self.base / "training" / key
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def lock(self, key: str) -> FileLock:
        """The lock of that key: whoever holds it may run and write it."""
        from filelock import FileLock

        locks = self.base / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        return FileLock(locks / f"{key}.lock")

    def remember(self, run_name: str, key: str) -> None:
        """Note the key a run was last stored under, so that a later plan can say what changed."""
        path = self.base / "last" / run_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(key, encoding="utf-8")

    def last_key(self, run_name: str) -> str | None:
        """The key noted for that run, or None."""
        try:
            with open(f"{self._last_text}/{run_name}", encoding="utf-8") as file:
                return file.read()
        except OSError:
            return None

    def damaged(self) -> set[str]:
        """The keys of the entries that were moved aside."""
        try:
            return {name.partition("-")[0] for name in os.listdir(self.base / "aside")}
        except OSError:
            return set()

    def keys(self) -> list[str]:
        """Every key stored, sorted."""
        return sorted(path.parent.name for path in self.root.glob(f"??/[!.]*/{MANIFEST}"))

    def verify(self) -> dict[str, str]:
        """Check every entry's digests; return what was wrong, by key. Bad ones are moved aside."""
        damaged = {}
        for key in self.keys():
            try:
                self.read(key)
            except DamagedEntryError as error:
                damaged[key] = str(error)
        return damaged

    def unused(self, keep: set[str]) -> tuple[int, int]:
        """The number of entries that are not in `keep`, and their bytes; deletes nothing."""
        keys = set(self.keys()) - keep
        return len(keys), sum(_size(self.folder(key)) for key in keys)

    def collect(self, keep: set[str]) -> tuple[int, int]:
        """Delete the entries not in `keep`, leftovers of crashes and what was moved aside.

        Returns the number of entries deleted and the bytes freed. An entry or working folder
        whose lock another process holds stays.
        """
        entries = freed = 0
        for key in set(self.keys()) - keep:
            freed += self._remove_unless_locked(key, self.folder(key))
            entries += not self.folder(key).exists()
        for leftover in (*self.root.glob("??/.*"), *(self.base / "aside").glob("*")):
            if _being_written(leftover):
                continue
            freed += _size(leftover)
            shutil.rmtree(leftover, ignore_errors=True)
        for working in (self.base / "training").glob("*"):
            if working.name not in keep or self.has(working.name):
                freed += self._remove_unless_locked(working.name, working)
        return entries, freed

    def _remove_unless_locked(self, key: str, folder: Path) -> int:
        from filelock import Timeout

        try:
            with self.lock(key).acquire(timeout=0):
                size = _size(folder)
                self._discard(folder)
                return size
        except Timeout:
            return 0

    def _temporary(self, key: str) -> Path:
        return self.folder(key).with_name(f".{key[:16]}-{os.getpid()}-{time.monotonic_ns()}")

    def _discard(self, folder: Path) -> None:
        """Remove a folder so that no half of it is ever seen under its name."""
        doomed = folder.with_name(f".gone.{folder.name[:16]}-{os.getpid()}-{time.monotonic_ns()}")
        os.rename(folder, doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def _parsed(self, key: str) -> Manifest:
        """Raises ValueError for a manifest that is not as it was written, or another key's."""
        content = json.loads((self.folder(key) / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**content)
        del content["digest"]
        if manifest.key != key or manifest.digest != _digest_of(content):
            raise ValueError("it is not the manifest that was stored")
        return manifest

    def _damaged_file(self, manifest: Manifest) -> Path | None:
        for name, recorded in manifest.files.items():
            path = self.folder(manifest.key) / name
            if not path.is_file() or sha256_of(path) != recorded["sha256"]:
                return path
        return None

    def _set_aside(self, key: str) -> None:
        """Move a damaged entry out of the way, unless another build is replacing it just now."""
        from filelock import Timeout

        try:
            with self.lock(key).acquire(timeout=0):
                try:
                    if self._damaged_file(self._parsed(key)) is None:
                        return
                except (OSError, ValueError, TypeError):
                    pass
                if self.folder(key).exists():
                    aside = self.base / "aside"
                    aside.mkdir(parents=True, exist_ok=True)
                    os.rename(self.folder(key), aside / f"{key}-{time.time_ns()}")
        except Timeout:
            return


def _digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest's content, as JSON reads it back."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _being_written(leftover: Path) -> bool:
    """Whether a temporary folder's name holds the number of a process that is alive."""
    process = leftover.name.split("-")[1:2]
    if not leftover.name.startswith(".") or not process or not process[0].isdigit():
        return False
    try:
        os.kill(int(process[0]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
