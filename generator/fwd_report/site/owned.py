"""Puts the files of a render into docs/report/ at once, and never touches those of others."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fwd_report.errors import Problem, UserError, say
from fwd_report.site.page_folders import OWNED, real_folder
from fwd_report.site.render_record import (
    DRAWN,
    STAMP,
    Record,
    is_marked,
    names,
    read_record,
    write_record,
)
from fwd_report.store.files import half_written, sweep_half_written
from fwd_report.store.memory import ABSENT, memory_of


@dataclass
class OwnedFolder:
    """Collects what a render produces in `staging`, and puts it in place when it is complete.

    A file is this tool's if the last record has exactly its bytes, or its name in a folder that has
    the mark. Unchanged files stay as they are.
    """

    root: Path
    staging: Path
    _produced: dict[str, str] = field(default_factory=dict)
    _staged: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        real_folder(self.root / "docs")
        self.folder = real_folder(self.root / "docs" / OWNED)
        self._record = read_record(self.root) or Record()
        self._marked = is_marked(self.root)

    def text(self, name: str, text: str) -> None:
        """Produce a text file."""
        self._bytes(name, text.encode())

    def copy(self, source: Path, name: str) -> None:
        """Produce a copy of a file."""
        self._bytes(name, source.read_bytes())

    def drawn(self, name: str) -> None:
        """Count a file that is in `staging`, or already in its place, as produced."""
        staged = self.staging / name
        if staged.is_file():
            self._staged.add(name)
            self._produced[name] = hashlib.sha256(staged.read_bytes()).hexdigest()
        else:
            self._produced[name] = self._digest(name)

    def whole(self, prefix: str) -> dict[str, Path]:
        """The files below `prefix` that are exactly what an earlier render wrote, by name."""
        return {
            name.removeprefix(prefix): self.folder / name
            for name in self._record.files
            if name.startswith(prefix) and self._proved(name)
        }

    def put_in_place(self, inputs: str, profile: str) -> list[Path]:
        """Replace what changed, then remove what this tool wrote and no longer produces.

        The caller has the lock of the pages: what is half written is of a render that was killed.
        Returns what changed. Raises UserError, with nothing touched, if files of others are in the
        way, or the folder holds files and no mark.
        """
        for place, _, _ in os.walk(self.folder):
            sweep_half_written(Path(place), after=None)
        others = self._others()
        self._refuse_to_overwrite(others)
        gone = self._gone()
        wanted = {name: self._produced[name] for name in sorted(self._produced)}
        if self._staged or gone:
            # Whoever is killed from here on leaves a folder whose files are all claimed.
            write_record(self.root, Record(None, profile, {**self._record.files, **wanted}))
        for name in sorted(self._staged, key=_pages_last):
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            _move(self.staging / name, target)
        for name in gone:
            (self.folder / name).unlink()
            self._prune((self.folder / name).parent)
        self._name_once(others)
        write_record(self.root, Record(inputs, profile, wanted, frozenset(others)))
        return [self.folder / name for name in sorted(self._staged)]

    def _bytes(self, name: str, data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()
        self._produced[name] = digest
        if self._digest(name) == digest and not (self.folder / name).is_symlink():
            return
        self._staged.add(name)
        (self.staging / name).parent.mkdir(parents=True, exist_ok=True)
        (self.staging / name).write_bytes(data)

    def _digest(self, name: str) -> str:
        return memory_of(self.root).of_file_or_absent(self.folder / name)

    def _proved(self, name: str) -> bool:
        """Whether the file is, byte for byte, one that an earlier render wrote."""
        digest = self._digest(name)
        return digest != ABSENT and digest == self._record.files.get(name)

    def _claimed(self, name: str) -> bool:
        return self._proved(name) or (self._marked and name in self._record.files)

    def _others(self) -> list[str]:
        """What is in the folder that no render wrote: files, and links whatever their target."""
        return [
            name
            for name, link in _entries(self.folder)
            if name != STAMP and (link or not (self._claimed(name) or self._same(name)))
        ]

    def _same(self, name: str) -> bool:
        """Whether a file already has the content that this render produces."""
        return self._digest(name) == self._produced.get(name)

    def _gone(self) -> list[str]:
        """What an earlier render wrote and this one does not, and nobody has edited since."""
        return [
            name
            for name, link in _entries(self.folder)
            if not link and name not in self._produced
            if self._proved(name) or (self._claimed(name) and DRAWN.fullmatch(name))
        ]

    def _refuse_to_overwrite(self, others: list[str]) -> None:
        if others and not self._marked and not self._record.files:
            raise UserError(
                Problem(
                    f"{self.folder} holds files that fwd-report did not write:\n{names(others)}",
                    hint="the pages go there: move these away, or delete them, and build again",
                )
            )
        parents = {parent for name in self._produced for parent in _parents(name)}
        blocking = [name for name in others if name in self._produced or name in parents]
        blocking += [name for name in sorted(self._produced) if (self.folder / name).is_dir()]
        if blocking:
            raise UserError(
                Problem(
                    f"in {self.folder}, what fwd-report did not write stands where its files "
                    f"must go:\n{names(dict.fromkeys(blocking))}",
                    hint="move it away, and build again",
                )
            )

    def _prune(self, folder: Path) -> None:
        while folder != self.folder and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def _name_once(self, others: list[str]) -> None:
        if new := set(others) - self._record.named:
            say(
                f"warning: fwd-report did not write these, and leaves them in {self.folder}:\n"
                f"{names(new)}",
                err=True,
            )


def _entries(folder: Path) -> Iterator[tuple[str, bool]]:
    """(name, whether it is a link) of every file and link below a folder; links are not
    followed.
    """
    for place, folders, files in os.walk(folder):
        for name in sorted((*folders, *files)):
            path = Path(place, name)
            if path.is_symlink() or name in files:
                yield path.relative_to(folder).as_posix(), path.is_symlink()


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _pages_last(name: str) -> tuple[bool, bool, str]:
    """Pictures, then pages that show them, then the navigation: nothing ever names what is
    absent.
    """
    return "/" not in name, name.startswith("_"), name


def _move(source: Path, target: Path) -> None:
    """Replace `target`, from any disk, so that readers see it whole or not at all."""
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        near = half_written(target)
        try:
            shutil.copyfile(source, near)
            os.replace(near, target)
        except BaseException:
            near.unlink(missing_ok=True)
            raise
