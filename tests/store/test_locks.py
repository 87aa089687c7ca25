"""One holder at a time for each key, by the system's word and not by process numbers."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.store.conftest import KEY, OTHER

from fwd_report.errors import UnavailableError
from fwd_report.store import locks as locks_module
from fwd_report.store.locks import Locks
from fwd_report.store.store import Store


@contextmanager
def held_elsewhere(root: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(root), name],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.kill()
        holder.wait()


def test_a_key_has_one_holder_and_leaves_nothing_behind(store: Store) -> None:
    lock, again = store.lock(KEY), Store(store.base.parent).lock(KEY)
    assert lock.acquire()
    assert not lock.acquire()
    assert not again.acquire()
    assert store.lock(OTHER).acquire()
    lock.release()
    assert again.acquire()
    again.release()
    store.lock(OTHER).release()
    assert [path.name for path in store.locks.folder.iterdir()] == ["guard.lock"]


def test_another_process_holds_it_until_it_dies_and_is_named(store: Store) -> None:
    with held_elsewhere(store.base.parent, KEY) as holder:
        assert not store.lock(KEY).acquire()
        who = store.lock(KEY).holder()
        assert who is not None
        assert who.pid == holder.pid
        holder.kill()
        holder.wait()
        time.sleep(locks_module.TRUSTED)
        assert store.lock(KEY).acquire(), "the system let go of what the killed process held"
    store.lock(KEY).release()
    assert [path.name for path in store.locks.folder.iterdir()] == ["guard.lock"]


def test_a_claim_of_a_living_process_number_without_its_session_is_free(store: Store) -> None:
    """A number says nothing: another host, another container, or used again by another program."""
    store.locks.folder.mkdir(parents=True)
    claim = {"session": "session-0.lock", "pid": os.getpid(), "host": "here", "since": "now"}
    (store.locks.folder / f"{KEY}.claim").write_text(json.dumps(claim))
    assert store.lock(KEY).acquire()


@pytest.mark.parametrize(
    "claim", ["", "{", "[]", '{"session": 3}', "[" * 100_000, "folder", "loop"]
)
def test_a_damaged_claim_is_no_lock(store: Store, claim: str) -> None:
    path = store.locks.folder / f"{KEY}.claim"
    path.parent.mkdir(parents=True)
    if claim == "folder":
        path.mkdir()
    elif claim == "loop":
        path.symlink_to(path)
    else:
        path.write_text(claim)
    assert store.lock(KEY).acquire()
    assert not Store(store.base.parent).lock(KEY).acquire()


def test_thousands_of_locks_take_few_open_files(store: Store) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/dev/fd")))  # of what other tests of the process have open
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 50, hard))
    try:
        locks = [store.lock(f"{n:064x}") for n in range(300)]
        assert all(lock.acquire() for lock in locks)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    other = Store(store.base.parent)
    assert not any(other.lock(lock.name).acquire() for lock in locks)
    for lock in locks:
        lock.release()
    assert len(list(store.locks.folder.iterdir())) == 1


def test_many_threads_never_share_a_key(tmp_path: Path) -> None:
    inside: list[int] = []
    overlaps: list[int] = []

    def work() -> None:
        lock = Locks(tmp_path).lock("one")
        for _ in range(15):
            with lock:
                inside.append(1)
                overlaps.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    locks_module_poll = locks_module.POLL
    locks_module.POLL = 0.001
    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        locks_module.POLL = locks_module_poll
    assert max(overlaps) == 1
    assert len(overlaps) == 60


def test_lock_files_of_old_and_of_killed_processes_are_swept(store: Store) -> None:
    store.locks.folder.mkdir(parents=True)
    (store.locks.folder / f"{KEY}.lock").touch()
    (store.locks.folder / "session-dead.lock").touch()
    (store.locks.folder / f"{OTHER}.claim").write_text('{"session": "session-dead.lock"}')
    (store.locks.folder / "notes.txt").write_text("mine")
    store.sweep()
    names = sorted(path.name for path in store.locks.folder.iterdir())
    assert names == ["guard.lock", "notes.txt"]


@pytest.mark.parametrize("name", ["ENOSYS", "ENOLCK", "EOPNOTSUPP"])
def test_without_flock_marker_files_lock_and_that_is_said_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    def missing(descriptor: int, operation: int) -> None:
        raise OSError(getattr(errno, name), os.strerror(getattr(errno, name)))

    monkeypatch.setattr(fcntl, "flock", missing)
    lock, again = store.lock(KEY), Store(store.base.parent).lock(KEY)
    assert lock.acquire()
    assert not again.acquire()
    assert store.lock(OTHER).acquire()
    lock.release()
    assert again.acquire()
    again.release()
    assert capsys.readouterr().err.count("warning: this file system has no locks") == 1


def test_waiting_says_for_whom_and_how_to_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks_module, "SAY_AFTER", 0.1)
    said: list[str] = []
    with held_elsewhere(store.base.parent, "site") as holder:
        threading.Timer(0.5, holder.kill).start()
        with store.locks.waiting("site", "writes the pages", said.append):
            pass
    assert len(said) == 1
    assert f"waiting for process {holder.pid}, since " in said[0]
    assert f"which writes the pages; if it hangs, end it: kill {holder.pid}" in said[0]


def test_a_guard_that_never_comes_free_is_an_error_that_names_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks_module, "GUARD_WAIT", 0.1)
    store.locks.folder.mkdir(parents=True)
    with (store.locks.folder / "guard.lock").open("w") as stopped:
        fcntl.flock(stopped, fcntl.LOCK_EX)
        with pytest.raises(UnavailableError, match=r"guard\.lock has been held"):
            store.lock(KEY).acquire()


@pytest.mark.parametrize(
    ("content", "owner"),
    [("4242\nelsewhere\n", "process 4242 on elsewhere"), ("", "another process")],
)
def test_a_marker_of_a_process_that_is_gone_is_an_error_that_names_both(
    store: Store, monkeypatch: pytest.MonkeyPatch, content: str, owner: str
) -> None:
    """Killed on another machine, without flock: nothing here can tell whether it lives."""
    monkeypatch.setattr(locks_module, "GUARD_WAIT", 0.1)
    store.locks.folder.mkdir(parents=True)
    marker = store.locks.folder / "guard.lock.soft"
    marker.write_text(content)
    with pytest.raises(UnavailableError) as refused:
        store.lock(KEY).acquire()
    assert f"{marker} has been held by {owner} for" in str(refused.value)
    assert "if it is gone, delete this file" in str(refused.value)
    marker.unlink()
    assert store.lock(KEY).acquire()


_HOLD = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from fwd_report.store.store import Store
    with Store(Path(sys.argv[1])).lock(sys.argv[2]):
        print("held", flush=True)
        time.sleep(60)
    """
)
