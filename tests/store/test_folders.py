"""What stands where the tool's own folders belong; disks that cannot do everything."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.conftest import KEY, put_entry

from fwd_report.errors import UnavailableError
from fwd_report.store.files import write_atomically
from fwd_report.store.folders import inside, remove
from fwd_report.store.store import Store

PLACES = ("store", "store/ab", "training", "locks", "memory", "last", "logs", "aside")


def block(path: Path, how: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    if how == "file":
        path.write_text("in the way")
    elif how == "loop":
        path.symlink_to(path)
    else:
        target = path.parent / "a-file"
        target.write_text("a file")
        path.symlink_to(target)


@pytest.mark.parametrize("how", ["file", "loop", "link to a file"])
@pytest.mark.parametrize("place", PLACES)
def test_what_stands_in_the_way_moves_aside_once_and_is_said(
    store: Store, capsys: pytest.CaptureFixture[str], place: str, how: str
) -> None:
    block(store.base / place, how)
    if place == "aside":
        block(store.base / "memory", "file")
    for _ in range(2):
        put_entry(store)
        store.working_folder(KEY)
        store.remember("a.b[0]", KEY)
        store.log("a.b[0]", "details")
        store.memory.put(KEY, b"a value")
    assert store.read(KEY).files
    assert store.last_key("a.b[0]") == KEY
    assert store.memory.get(KEY) == b"a value"
    said = capsys.readouterr().err
    assert said.count(f"{store.base / place} is no folder") == 1
    moved = [path for path in store.base.rglob("*-*") if place.rpartition("/")[2] in path.name]
    assert any(path.is_symlink() or path.is_file() for path in moved), "nothing was deleted"


@pytest.mark.parametrize("how", ["file", "loop", "link to a file", "folder"])
def test_what_stands_where_an_entry_belongs_is_replaced(store: Store, how: str) -> None:
    if how == "folder":
        (store.folder(KEY) / "sub").mkdir(parents=True)
    else:
        block(store.folder(KEY), how)
    assert not store.has(KEY)
    put_entry(store)
    assert store.read(KEY).files


@pytest.mark.parametrize("place", ["store", "training"])
def test_a_link_to_a_disk_that_is_not_there_is_an_error_and_stays(store: Store, place: str) -> None:
    store.base.mkdir()
    (store.base / place).symlink_to("/not/mounted")
    with pytest.raises(UnavailableError, match="is a link to /not/mounted, which is not there"):
        put_entry(store) if place == "store" else store.working_folder(KEY)
    assert (store.base / place).is_symlink()


def test_a_link_where_a_trainings_folder_belongs_is_not_written_through(store: Store) -> None:
    victim = store.base.parent / "victim"
    victim.mkdir()
    (store.base / "training").mkdir(parents=True)
    (store.base / "training" / KEY).symlink_to(victim)
    (store.working_folder(KEY) / "weights").touch()
    assert not list(victim.iterdir())


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    shm = Path("/dev/shm")
    if not (shm.is_dir() and os.access(shm, os.W_OK)):
        pytest.skip("there is no /dev/shm, a second file system")
    if shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("/dev/shm is no second file system")
    with tempfile.TemporaryDirectory(dir=shm) as folder:
        yield Path(folder)


def train(store: Store) -> None:
    working = store.working_folder(KEY)
    (working / "epoch-001.safetensors").write_text("weights")
    (working / ".state").write_text("optimizer")
    with store.lock(KEY), store.writing(KEY, working) as folder:
        store.seal(folder, KEY, parts={}, metrics={}, series={}, provenance={})


@pytest.mark.parametrize("place", ["store", "training"])
def test_a_store_on_another_disk_takes_trainings_and_sets_aside(
    store: Store, other_disk: Path, place: str
) -> None:
    store.base.mkdir()
    (store.base / place).symlink_to(other_disk)
    train(store)
    assert list(store.read(KEY).files) == ["epoch-001.safetensors"]
    assert not list((store.base / "training").iterdir())
    assert not list(store.folder(KEY).glob(".*"))
    (store.folder(KEY) / "epoch-001.safetensors").write_text("damaged")
    assert list(store.verify()) == [KEY]
    assert not store.folder(KEY).exists()
    train(store)
    assert store.read(KEY).files


def test_a_rename_across_disks_is_copied(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above, where there is no second disk: the system says EXDEV."""
    rename = os.rename

    def refusing(source: str | Path, target: str | Path) -> None:
        if "training" in Path(source).parts and "store" in Path(target).parts:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, target)

    monkeypatch.setattr(os, "rename", refusing)
    train(store)
    assert list(store.read(KEY).files) == ["epoch-001.safetensors"]
    assert not list((store.base / "training").iterdir())


@pytest.mark.parametrize("name", ["EINVAL", "ENOSYS", "EOPNOTSUPP", "EBADF", "EACCES"])
def test_where_nothing_can_be_flushed_that_is_said_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    def unable(descriptor: int) -> None:
        raise OSError(getattr(errno, name), os.strerror(getattr(errno, name)))

    monkeypatch.setattr(os, "fsync", unable)
    put_entry(store)
    assert store.read(KEY).files
    assert capsys.readouterr().err.count("warning: this file system cannot be told to flush") == 1


def test_windows_flushes_only_what_is_open_for_writing(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import fcntl

    opened, fsync, flushed = os.open, os.fsync, []

    def no_folders(path: str, flags: int, *mode: int, **options: int) -> int:
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, flags, *mode, **options)

    def only_writable(descriptor: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        flushed.append(descriptor)
        fsync(descriptor)

    monkeypatch.setattr(os, "open", no_folders)
    monkeypatch.setattr(os, "fsync", only_writable)
    put_entry(store)
    monkeypatch.undo()
    assert store.read(KEY).files
    assert len(flushed) >= 2, "the data and the manifest"


@pytest.mark.parametrize("name", ["ENOSPC", "EIO", "EDQUOT"])
def test_a_full_disk_is_an_error_that_names_the_place(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(getattr(errno, name), os.strerror(getattr(errno, name)))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=str(store.root)):
        put_entry(store)
    monkeypatch.undo()
    assert not store.has(KEY)
    assert not list(store.root.glob("ab/.*")), "what was half written is gone"


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.txt"
    write_atomically(path, "old")

    def refusing(source: str | Path, target: str | Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", refusing)
    with pytest.raises(OSError, match=r"No space left on device: .*file\.txt"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["file.txt"]


def test_inside_follows_no_link_and_no_dots(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert inside(tmp_path / "a" / "b", tmp_path)
    assert inside(tmp_path / "a" / "not-there", tmp_path)
    assert not inside(tmp_path / "link", tmp_path)
    assert not inside(tmp_path / "link" / "b", tmp_path)
    assert not inside(tmp_path / "a" / ".." / ".." / "etc", tmp_path)
    assert not inside(tmp_path, tmp_path)
    assert not inside(tmp_path.parent, tmp_path)


def test_remove_takes_the_link_and_not_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner").symlink_to(tmp_path / "target")
    remove(tmp_path / "link")
    remove(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    assert (tmp_path / "target" / "file").exists()


def test_files_that_killed_builds_were_writing_go_with_the_next_one(store: Store) -> None:
    old = store.base / "memory" / ".files.json-123-0a1b2c3d.tmp"
    young = store.base / "last" / ".a.b[0]-123-0a1b2c3d.tmp"
    mine = store.base / "memory" / ".notes-of-mine.tmp"
    for path in (old, young, mine):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for path in (old, mine):
        os.utime(path, (0, 0))
    store.sweep()
    assert not old.exists()
    assert young.exists(), "somebody may be writing it just now"
    assert mine.exists()
