"""A model's folder, each of its files read once: what is decoded is what was hashed."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fwd_report.errors import OutdatedError, UserError, first_line
from fwd_report.models.folder_layout import CONFIG, RESTORE, TOKENIZER, WHOLE, weight_files
from fwd_report.models.sizes import check_sizes
from fwd_report.models.tensors import tensors_in

CHUNK = 1 << 24
"""Bytes read, and hashed, at a time."""


class ModelFolder:
    """The files of a model, by part and name.

    digests: the SHA-256 of each file that may be read, as `part/file`, by which the runs that ask
    the model were planned; None reads without comparing.
    """

    def __init__(self, path: Path, digests: Mapping[str, str] | None = None) -> None:
        self.path = path
        self._digests = digests

    def config(self, part: str, name: str = CONFIG) -> dict[str, Any]:
        """A part's configuration file. Raises UserError where it is missing, damaged
        or says a size that no model has.
        """
        path = self.path / part / name
        try:
            text = bytes(self._read(part, name).numpy()).decode()
            value = json.loads(text)
        except ValueError as error:
            raise UserError(f"the model's {path} is damaged: {error}", hint=RESTORE) from error
        if not isinstance(value, dict):
            raise UserError(f"the model's {path} is damaged: it is not a JSON object", hint=RESTORE)
        if name != TOKENIZER[0]:  # its numbers size nothing, and are often without bound
            check_sizes(value, path, text)
        return value

    def damaged(self, file: str, error: Exception) -> UserError:
        """The error of a file that does not hold what it should."""
        why = first_line(error)
        return UserError(f"the model's {self.path / file} is damaged: {why}", hint=RESTORE)

    def tensors(self, part: str) -> Iterator[dict[str, Tensor]]:
        """A network's tensors, by name, a file at a time: one shard is in memory, not all."""
        for name in weight_files(self._names(part), self.path / part):
            content = self._read(part, name)
            try:
                yield tensors_in(content)
            except ValueError as error:
                path = self.path / part / name
                raise UserError(f"the model's {path} is damaged: {error}", hint=RESTORE) from error

    @contextmanager
    def tokenizer(self, part: str) -> Iterator[Path]:
        """A folder of its own with a tokenizer's files, as libraries want to read them."""
        names = self._names(part)
        with tempfile.TemporaryDirectory() as copied:
            for name in TOKENIZER:
                if name in names or name == TOKENIZER[0]:
                    content = self._read(part, name)
                    (Path(copied) / name).write_bytes(bytes(content.numpy()))
            yield Path(copied)

    def _names(self, part: str) -> set[str]:
        """The names of a part's files: those planned, so that a new one is not read unhashed."""
        if self._digests is None:
            return {path.name for path in (self.path / part).glob("*")}
        prefix = "" if part == WHOLE else f"{part}/"
        return {name.removeprefix(prefix) for name in self._digests if name.startswith(prefix)}

    def _read(self, part: str, name: str) -> Tensor:
        """A file's bytes, (N,) uint8. Raises OutdatedError where they are not those planned."""
        path = self.path / part / name
        digest = hashlib.sha256()
        try:
            with path.open("rb") as file:
                content = torch.empty(path.stat().st_size, dtype=torch.uint8)
                view, done = memoryview(content.numpy().data), 0
                while count := file.readinto(view[done : done + CHUNK]):
                    digest.update(view[done : done + count])
                    done += count
        except FileNotFoundError as error:
            raise UserError(f"the model's {path} is missing", hint=RESTORE) from error
        except OSError as error:
            raise UserError(f"the model's {path} cannot be read: {error.strerror}") from error
        known = (Path(part) / name).as_posix()
        if self._digests is not None and self._digests.get(known) != digest.hexdigest():
            raise OutdatedError(path)
        return content[:done]
