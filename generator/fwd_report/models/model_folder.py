"""A model's folder, each of its files read once: the decoded bytes are the hashed ones."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from fwd_report.errors import OutdatedError, UserError, first_line
from fwd_report.models.folder_layout import CONFIG, RESTORE, TOKENIZER, WHOLE, weight_files
from fwd_report.models.sizes import check_sizes
from fwd_report.models.tensors import Described, header_of
from fwd_report.store.files import sha256_of

CHUNK = 1 << 24
"""Bytes read and hashed at a time."""


class ModelFolder:
    """The files of a model, by part and name.

    digests: the SHA-256 of each file that may be read, as `part/file`, as in the keys of the
    planned runs; None reads without comparing.
    """

    def __init__(self, path: Path, digests: Mapping[str, str] | None = None) -> None:
        self.path = path
        self._digests = digests

    def config(self, part: str, name: str = CONFIG) -> dict[str, Any]:
        """A part's configuration file.

        Raises UserError if it is missing or damaged, or contains a size that no model has.
        """
        path = self.path / part / name
        try:
            text = self._read(part, name).decode()
            value = json.loads(text)
        except ValueError as error:
            raise UserError(f"the model's {path} is damaged: {error}", hint=RESTORE) from error
        if not isinstance(value, dict):
            raise UserError(f"the model's {path} is damaged: it is not a JSON object", hint=RESTORE)
        if name != TOKENIZER[0]:  # its numbers size nothing, and are often without bound
            check_sizes(value, path, text)
        return value

    def damaged(self, file: str, error: Exception) -> UserError:
        """The error for a file with invalid content."""
        why = first_line(error)
        return UserError(f"the model's {self.path / file} is damaged: {why}", hint=RESTORE)

    def tensors(self, part: str) -> Iterator[tuple[str, Tensor]]:
        """A network's tensors with their names, one at a time: no more than one is in memory.

        Raises OutdatedError after the last tensor of a file that differs from the plan; the tensors
        read before must then not be used.
        """
        for name in weight_files(self._names(part), self.path / part):
            path = self.path / part / name
            try:
                yield from self._tensors(part, name)
            except ValueError as error:
                self._require_planned(part, name, sha256_of(path))
                raise UserError(f"the model's {path} is damaged: {error}", hint=RESTORE) from error

    def described(self, part: str) -> Iterator[Described]:
        """A network's tensors, from the headers of their files alone. Raises UserError."""
        for name in weight_files(self._names(part), self.path / part):
            with self._opened(part, name) as file:
                try:
                    yield from header_of(file, os.fstat(file.fileno()).st_size)
                except ValueError as error:
                    path = self.path / part / name
                    raise UserError(
                        f"the model's {path} is damaged: {error}", hint=RESTORE
                    ) from error

    @contextmanager
    def tokenizer(self, part: str) -> Iterator[Path]:
        """A folder of its own with a tokenizer's files, in the form that libraries read."""
        names = self._names(part)
        with tempfile.TemporaryDirectory() as copied:
            for name in TOKENIZER:
                if name in names or name == TOKENIZER[0]:
                    (Path(copied) / name).write_bytes(self._read(part, name))
            yield Path(copied)

    def _names(self, part: str) -> set[str]:
        """The names of a part's files: those planned, so that no new file is read unhashed."""
        if self._digests is None:
            return {path.name for path in (self.path / part).glob("*")}
        prefix = "" if part == WHOLE else f"{part}/"
        return {name.removeprefix(prefix) for name in self._digests if name.startswith(prefix)}

    def _tensors(self, part: str, name: str) -> Iterator[tuple[str, Tensor]]:
        """The tensors of a file. Raises ValueError, with the reason, if it is damaged."""
        with self._opened(part, name) as file:
            reader = _Hashing(file)
            size = os.fstat(file.fileno()).st_size
            for tensor in header_of(reader, size):
                content = torch.empty(tensor.size, dtype=torch.uint8)
                if reader.readinto(content) < tensor.size:
                    raise ValueError("it is cut short")
                yield tensor.name, content.view(tensor.dtype).view(tensor.shape)
        self._require_planned(part, name, reader.hexdigest())

    def _read(self, part: str, name: str) -> bytes:
        """A file's bytes. Raises OutdatedError if they differ from the plan."""
        with self._opened(part, name) as file:
            content = file.read()
        self._require_planned(part, name, hashlib.sha256(content).hexdigest())
        return content

    @contextmanager
    def _opened(self, part: str, name: str) -> Iterator[BinaryIO]:
        path = self.path / part / name
        try:
            with path.open("rb") as file:
                yield file
        except FileNotFoundError as error:
            raise UserError(f"the model's {path} is missing", hint=RESTORE) from error
        except OSError as error:
            raise UserError(f"the model's {path} cannot be read: {error.strerror}") from error

    def _require_planned(self, part: str, name: str, digest: str) -> None:
        known = (Path(part) / name).as_posix()
        if self._digests is not None and self._digests.get(known) != digest:
            raise OutdatedError(self.path / part / name)


class _Hashing:
    """Reads a file from start to end, and digests what it reads."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        content = self._file.read(size)
        self._digest.update(content)
        return content

    def readinto(self, content: Tensor) -> int:
        """Fill (N,) uint8 from the file; returns the number of bytes read."""
        view, done = memoryview(content.numpy().data), 0
        while count := self._file.readinto(view[done : done + CHUNK]):  # type: ignore[attr-defined]
            self._digest.update(view[done : done + count])
            done += count
        return done

    def hexdigest(self) -> str:
        """SHA-256 of the bytes read."""
        return self._digest.hexdigest()
