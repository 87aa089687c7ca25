"""What lies in a memory's folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fwd_report.store.memory import Memory, digest_of

NAME = digest_of("a value", 1)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def saved(folder: Path, file: Path) -> None:
    memory = Memory(folder)
    assert memory.of_file(file) == sha256(file.read_bytes())
    memory.save()


def table(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "files.json").read_text().split("\n", 1)[1])
    return read


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _a_link_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "deleted": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "a folder": _a_folder,
    "a link loop": _a_link_loop,
    "another name's": lambda path: path.write_bytes(path.read_bytes().replace(b"value", b"eulav")),
    "deep": lambda path: path.write_bytes(b"[" * 100_000),
    "no text": lambda path: path.write_bytes(b"\xff\xfe" * 70),
    "not for us": lambda path: path.chmod(0),
}
