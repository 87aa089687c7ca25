"""A store with an entry in it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fwd_report.store import memory as module
from fwd_report.store.files import warn_once
from fwd_report.store.store import Store

KEY = "ab" + "0" * 62
OTHER = "cd" + "1" * 62
GROUP = 4242
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to be a second user"
)


@contextmanager
def as_user(uid: int) -> Iterator[None]:
    """Be another user of the group for the block, with no rights but that user's."""
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(GROUP)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def put_entry(store: Store, key: str = KEY, text: str = "hello", **manifest: object) -> None:
    """Store a result as the engine does."""
    said = {"parts": {"seed": 1}, "metrics": {}, "series": {}, "provenance": {}, **manifest}
    with store.lock(key), store.writing(key) as folder:
        (folder / "data.txt").write_text(text)
        store.seal(folder, key, **said)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that a group shares, reachable for all its users, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chown(folder, -1, GROUP)
        folder.chmod(0o2775)
        yield folder


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.fixture(autouse=True)
def warnings_are_new() -> None:
    """What is said once in a process is said again in each test."""
    warn_once.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".fwd-report" / "memory"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file whose last change counts as long ago."""
    monkeypatch.setattr(module, "SETTLED_NS", 0)
    path = tmp_path / "file"
    path.write_bytes(b"content")
    time.sleep(0.02)
    return path
