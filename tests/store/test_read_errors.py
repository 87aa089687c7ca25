"""A file that cannot be read now is not a file that is damaged."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.store.conftest import KEY, as_user, needs_root, put_entry

from fwd_report.errors import UnavailableError
from fwd_report.store.files import write_checked
from fwd_report.store.manifest import MANIFEST
from fwd_report.store.store import DamagedEntryError, Store

PASSING = ("EMFILE", "EIO", "ESTALE", "EACCES", "ENFILE", "ETIMEDOUT")


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("file", [MANIFEST, "data.txt"])
def test_a_passing_error_is_said_and_loses_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    put_entry(store)
    opened = Path.open

    def failing(self: Path, *arguments: object, **options: object) -> object:
        if self.name == file:
            number = getattr(errno, name)
            raise OSError(number, os.strerror(number), str(self))
        return opened(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", failing)
    with pytest.raises(UnavailableError) as caught:
        store.read(KEY)
    monkeypatch.undo()
    assert str(store.folder(KEY) / file) in str(caught.value)
    assert os.strerror(getattr(errno, name)) in str(caught.value)
    assert store.read(KEY).parts == {"seed": 1}
    assert not (store.base / "aside").exists()


def test_verify_goes_on_after_what_cannot_be_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"{n:02x}" + "0" * 62 for n in range(3)]
    for key in keys:
        put_entry(store, key)
    (store.folder(keys[2]) / "data.txt").write_text("damaged")
    opened = Path.open

    def failing(self: Path, *arguments: object, **options: object) -> object:
        if keys[1] in str(self):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))
        return opened(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", failing)
    wrong = store.verify()
    monkeypatch.undo()
    assert sorted(wrong) == keys[1:]
    assert store.keys() == keys[:2], "only the damaged one was moved aside"


@pytest.mark.parametrize("damage", ["loop", "folder", "gone", "link to nothing"])
def test_a_file_that_is_no_file_is_damage(store: Store, damage: str) -> None:
    put_entry(store)
    data = store.folder(KEY) / "data.txt"
    data.unlink()
    if damage == "loop":
        data.symlink_to(data)
    elif damage == "folder":
        data.mkdir()
    elif damage != "gone":
        data.symlink_to(store.base / "nothing")
    with pytest.raises(DamagedEntryError):
        store.read(KEY)
    assert not store.has(KEY)


@needs_root
@pytest.mark.parametrize("mask", [0o002, 0o077])
def test_a_second_user_of_the_group_reads_all_or_is_told(
    shared_folder: Path, umask: Callable[[int], int], mask: int
) -> None:
    """Umask 002: everything is the group's too. 077: nothing is, which is no damage."""
    put_entry(Store(shared_folder / "warm"))  # imports what a second user may not be able to
    umask(mask)
    store = Store(shared_folder)
    with as_user(4243):
        put_entry(store)
        store.remember("a.b[0]", KEY)
    umask(0o002)
    with as_user(4244):
        if mask == 0o002:
            assert store.has(KEY)
            assert store.read(KEY).parts == {"seed": 1}
            assert store.last_key("a.b[0]") == KEY
            put_entry(store, metrics={"n": 1})
            assert store.read(KEY).metrics == {"n": 1}
            return
        with pytest.raises(UnavailableError, match="cannot be read now: Permission denied") as said:
            store.read(KEY)
        assert "umask 002" in str(said.value)
    assert store.read(KEY).files, "nothing was moved"


def test_everything_written_has_the_modes_of_the_umask(
    store: Store, umask: Callable[[int], int]
) -> None:
    umask(0o002)
    put_entry(store)
    store.remember("a.b[0]", KEY)
    store.log("a.b[0]", "details")
    write_checked(store.base / "models.json", {})
    with store.lock(KEY):
        places = [path for path in store.base.rglob("*") if not path.is_symlink()]
        files = [path for path in places if path.is_file()]
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in places}
    assert len(files) >= 7, "manifest, data, last, log, cache, guard, session, claim"
    assert {modes[path.name] for path in files} == {"0o664"}, modes
    assert {modes[path.name] for path in places if path.is_dir()} == {"0o775"}, modes
