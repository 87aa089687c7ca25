"""The results by key: each is a folder that appears complete or not at all.

.fwd-report/store/ab/abcd…/manifest.json and the files it lists with their digests
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fwd_report.errors import RunError, UnavailableError
from fwd_report.store.files import (
    GONE,
    fsync,
    naming,
    sha256_of,
    sweep_half_written,
    unreadable,
    write_atomically,
    write_json,
)
from fwd_report.store.folders import (
    ASIDE,
    OWNED,
    PART,
    inside,
    is_key,
    make_folder,
    remove,
    set_aside,
    unfinished_folders,
)
from fwd_report.store.locks import Lock, Locks
from fwd_report.store.manifest import MANIFEST, Manifest, parse_manifest
from fwd_report.store.memory import memory_of

SECONDS = ".seconds"
"""In a working folder: a record of how long its job has run so far."""


class DamagedEntryError(Exception):
    """An entry does not match its manifest; it has been moved aside."""


class Store:
    """The result cache of a project, in `.fwd-report/` under its root."""

    def __init__(self, project_root: Path) -> None:
        self.base = project_root / OWNED
        self.root = self.base / "store"
        self.locks = Locks(self.base / "locks")
        self.memory = memory_of(project_root)
        self._root_text = str(self.root)
        self._last_text = str(self.base / "last")

    def folder(self, key: str) -> Path:
        """Where the entry of that key lies, or would lie."""
        return self.root / key[:2] / key

    def has(self, key: str) -> bool:
        """Whether there is an entry; its digests are checked when it is read.

        Raises UnavailableError if this cannot be determined now.
        """
        try:
            found = os.stat(f"{self._root_text}/{key[:2]}/{key}/{MANIFEST}")
        except OSError as error:
            if error.errno in GONE:
                return False
            raise unreadable(error) from error
        return stat.S_ISREG(found.st_mode) and found.st_size > 0

    def manifest(self, key: str) -> Manifest:
        """The manifest alone, without checking its files.

        Raises DamagedEntryError if it was altered, after moving the entry aside; UnavailableError
        if it cannot be read now; NewerEntryError if its format is unknown here.
        """
        try:
            return self.parsed(key)
        except ValueError as error:
            self._set_aside(key)
            raise DamagedEntryError(f"{self.folder(key) / MANIFEST}: {error}") from error

    def read(self, key: str) -> Manifest:
        """The manifest, after the digest of every file has been checked.

        Raises DamagedEntryError, after moving the entry aside, if anything differs: the next plan
        sees it as missing and runs it again. After UnavailableError and NewerEntryError nothing is
        lost.
        """
        manifest = self.manifest(key)
        if damaged := self._damaged_file(manifest):
            self._set_aside(key)
            raise DamagedEntryError(f"{damaged} is not the file that was stored")
        return manifest

    @contextmanager
    def writing(self, key: str, folder: Path | None = None) -> Iterator[Path]:
        """A folder to fill, which is published under `key` if the block ends without an error.

        The caller holds the key's lock, and the block ends with `seal`. folder: an existing working
        folder to publish instead of a new one; hidden files stay behind.
        """
        final = self.folder(key)
        make_folder(final.parent)
        filled = folder or self._part(key)
        try:
            with naming(filled):
                filled.mkdir(parents=True, exist_ok=True)
                yield filled
                if self.has(key):
                    remove(final)
                elif os.path.lexists(final):
                    set_aside(final, "is no result, and one belongs there")
                self._publish(filled, final)
        except BaseException:
            if folder is None:
                shutil.rmtree(filled, ignore_errors=True)
            raise
        fsync(final.parent)
        for leftover in final.glob(".*"):
            remove(leftover)

    def _publish(self, filled: Path, final: Path) -> None:
        try:
            os.rename(filled, final)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # The working folder lies on another disk than the store: a link stands between.
            copy = self._part(final.name)
            try:
                shutil.copytree(filled, copy, ignore=shutil.ignore_patterns(".*"))
                for path in (*copy.rglob("*"), copy):
                    fsync(path)
                os.rename(copy, final)
            except BaseException:
                shutil.rmtree(copy, ignore_errors=True)
                raise
            remove(filled)

    def seal(self, folder: Path, key: str, **manifest: Any) -> None:
        """Write the manifest with the digests of the folder's files, and flush everything to the
        disk.

        Raises RunError if the folder, or a file in it, has been deleted meanwhile; ValueError for a
        result without files and numbers.
        """
        files = {}
        try:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.startswith(".") and path.name != MANIFEST:
                    name = path.relative_to(folder).as_posix()
                    files[name] = {"sha256": sha256_of(path), "size": path.stat().st_size}
                    fsync(path)
            sealed = Manifest(key=key, files=files, **manifest)
            if folder.is_dir() and not (files or sealed.metrics or sealed.series):
                raise ValueError("the run made no files and no numbers")
            write_json(folder / MANIFEST, sealed.to_json(), parents=False)
            fsync(folder)
            gone = next((name for name in files if not (folder / name).is_file()), None)
        except FileNotFoundError as error:
            gone = str(error.filename)
        if gone is not None:
            raise RunError(f"{folder} was deleted while the result was written: {gone} is gone")

    def working_folder(self, key: str) -> Path:
        """Where a long job keeps its checkpoints until it is done; it survives a crash."""
        folder = self.base / "training" / key
        if folder.is_symlink():
            set_aside(folder, "is a link where a training's own folder belongs")
        make_folder(folder)
        return folder

    def lock(self, key: str) -> Lock:
        """The lock of that key: its holder may run and write it."""
        return self.locks.lock(key)

    def remember(self, run_name: str, key: str) -> None:
        """Record the key a run was last stored under, so that a later plan can tell what has
        changed.
        """
        with suppress(OSError):
            write_atomically(self.base / "last" / run_name, key, durable=False)

    def last_key(self, run_name: str) -> str | None:
        """The last recorded key of that run, or None."""
        try:
            with open(f"{self._last_text}/{run_name}", encoding="ascii") as file:
                key = file.read()
        except (OSError, ValueError):
            return None
        return key if is_key(key) else None

    def log(self, run_name: str, text: str) -> Path | None:
        """Write the details of a failure to a file; None if it cannot be written."""
        path = self.base / "logs" / f"{run_name}.log"
        try:
            write_atomically(path, text.encode(errors="backslashreplace"), durable=False)
        except OSError:
            return None
        return path

    def places(self) -> list[Path]:
        """Everything that lies where an entry would, complete or not, sorted by key."""
        try:
            found = [path for path in self.root.glob("??/*") if is_key(path.name)]
        except OSError as error:
            raise unreadable(error) from error
        return sorted(path for path in found if path.parent.name == path.name[:2])

    def damaged(self) -> set[str]:
        """The keys of the entries that were moved aside."""
        try:
            return {name.partition("-")[0] for name in os.listdir(self.base / ASIDE)}
        except OSError:
            return set()

    def keys(self) -> list[str]:
        """Every stored key, sorted."""
        return [path.name for path in self.places() if self.has(path.name)]

    def verify(self) -> dict[str, str]:
        """Check every entry's digests; return what was wrong, by key.

        Damaged entries are moved aside; those that cannot be read now, or only by a newer version,
        stay.
        """
        wrong = {}
        for place in self.places():
            try:
                self.read(place.name)
            except (DamagedEntryError, UnavailableError) as error:
                wrong[place.name] = str(error)
        return wrong

    def sweep(self) -> None:
        """Remove the claims and the temporary folders and files of killed builds."""
        self.locks.sweep()
        for name in ("", "memory", "last", "logs", "given", "refused", "schema"):
            if inside(self.base / name, self.base.parent):
                sweep_half_written(self.base / name)
        for part in unfinished_folders(self.root):
            lock = self.lock(part.name[1:65])
            if lock.acquire():
                try:
                    remove(part)
                finally:
                    lock.release()

    def _part(self, key: str) -> Path:
        return self.folder(key).with_name(f".{key}{PART}{secrets.token_hex(4)}")

    def parsed(self, key: str) -> Manifest:
        """Raises ValueError for a manifest that was altered or belongs to another key."""
        path = self.folder(key) / MANIFEST
        try:
            text = path.read_bytes()
        except OSError as error:
            if error.errno in GONE:
                raise ValueError("it is gone") from error
            raise unreadable(error) from error
        return parse_manifest(text, key, path)

    def _damaged_file(self, manifest: Manifest) -> Path | None:
        for name, recorded in manifest.files.items():
            path = self.folder(manifest.key) / name
            try:
                if sha256_of(path) != recorded.get("sha256"):
                    return path
            except OSError as error:
                if error.errno in GONE:
                    return path
                raise unreadable(error) from error
        return None

    def _set_aside(self, key: str) -> None:
        """Move a damaged entry out of the way, unless another build is just replacing it."""
        with suppress(OSError):
            lock = self.lock(key)
            if not lock.acquire():
                return
            try:
                try:
                    if self._damaged_file(self.parsed(key)) is None:
                        return
                except ValueError:
                    pass
                if os.path.lexists(self.folder(key)):
                    set_aside(self.folder(key), "is not as it was stored")
            finally:
                lock.release()
