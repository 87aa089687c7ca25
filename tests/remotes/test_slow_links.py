"""A link that is slow and works is not given up; one that is silent is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from tests.remotes.conftest import Open, content, left_over, new_address
from tests.store.conftest import put_entry

from fwd_report.plan.keys import key_of
from fwd_report.remotes import shelf, transfer_pool, untold
from fwd_report.remotes.arrival import parcel_of
from fwd_report.remotes.filesystem import FileSystemShelf
from fwd_report.remotes.shelf import RemoteError
from fwd_report.store.store import Store

RATE = 20e6
"""Bytes a second of the whole link. 5 Mbit/s with a minute of patience, 32 times as fast."""
PATIENCE = 60 * 5e6 / 8 / RATE


class Link:
    """What all threads of a process share: a piece takes longer the more are under way."""

    def __init__(self, rate: float) -> None:
        self._free = time.monotonic()
        self._rate = rate
        self._order = threading.Lock()

    def carry(self, size: int) -> None:
        with self._order:
            self._free = max(self._free, time.monotonic()) + size / self._rate
            until = self._free
        time.sleep(max(0.0, until - time.monotonic()))


def large(store: Store, count: int, size: int) -> list[str]:
    """Store so many entries with a file of that many bytes."""
    keys = [key_of({"seed": number}) for number in range(count)]
    for number, key in enumerate(keys):
        put_entry(store, key, f"{number}" * size, parts={"seed": number})
    return keys


def test_a_slow_link_is_not_given_up_while_it_gives(
    remote: Open, here: Store, there: Store, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight files of 8 MiB at once: the first is whole after longer than anybody waits."""
    keys = large(here, 8, 8 * 2**20)
    remote("memory://slow").send(here, keys)
    link, whole = Link(RATE), MemoryFileSystem.cat_file

    def slow(self: MemoryFileSystem, path: str, start: int = 0, end: int = 0) -> bytes:
        data: bytes = whole(self, path, start=start, end=end)
        link.carry(len(data))
        return data

    monkeypatch.setattr(transfer_pool, "PATIENCE", PATIENCE)
    monkeypatch.setattr(MemoryFileSystem, "cat_file", slow)
    assert 8 * 8 * 2**20 / RATE > 1.5 * PATIENCE
    assert remote("memory://slow").fetch(there, keys) == set(keys)
    assert said == []


def test_what_is_sent_over_a_slow_link_arrives(
    remote: Open, here: Store, there: Store, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object store says nothing until it has an object."""
    keys = large(here, 8, 2 * 2**20)
    whole = MemoryFileSystem.pipe_file

    def slow(self: MemoryFileSystem, path: str, value: bytes, **options: object) -> None:
        time.sleep(8 * len(value) / (RATE / 4))
        whole(self, path, value, **options)

    monkeypatch.setattr(transfer_pool, "PATIENCE", PATIENCE)
    monkeypatch.setattr(untold, "SLOWEST", RATE / 16)
    monkeypatch.setattr(MemoryFileSystem, "pipe_file", slow)
    assert 8 * 2 * 2**20 / (RATE / 4) > 1.5 * PATIENCE
    assert remote("memory://sent").send(here, keys) == set(keys)
    assert said == []


def test_the_longest_wait_is_bounded() -> None:
    one = untold.Untold()
    assert one.patience == transfer_pool.PATIENCE
    with one.sending(3 * 2**20) as sent:
        assert one.patience == transfer_pool.PATIENCE + 96
        sent(2 * 2**20)
        assert one.patience == transfer_pool.PATIENCE + 32
        sent(9 * 2**20)
        assert one.patience == transfer_pool.PATIENCE, "sent twice, after a fault"
        with one.sending(2**40):
            assert one.patience == untold.LONGEST
    assert one.patience == transfer_pool.PATIENCE


def test_a_listing_of_many_folders_answers_with_each(
    remote: Open, here: Store, said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = large(here, 20, 10)
    one = remote("shared")
    one.send(here, keys)
    other = remote("shared")
    assert isinstance(other.shelf, FileSystemShelf)
    listed = other.shelf.fs.ls

    def slow(path: str, **options: object) -> object:
        time.sleep(0.1)
        return listed(path, **options)

    monkeypatch.setattr(other.shelf.fs, "ls", slow)
    monkeypatch.setattr(transfer_pool, "PATIENCE", 1.0)
    began = time.monotonic()
    assert other.keys() == set(keys)
    assert time.monotonic() - began > 1.5
    assert said == []


def test_pieces_follow_the_link(remote: Open, here: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large where that is fast, so that no request is made for each quarter of a megabyte."""
    (key,) = large(here, 1, 10 * 2**20)
    one = remote("memory://pieces")
    one.send(here, [key])
    (digest,) = parcel_of(here, key).files
    sizes = [len(piece) for piece in one.shelf.content(digest, 10 * 2**20)]
    assert sizes[:4] == [shelf.PIECE, 2 * shelf.PIECE, 4 * shelf.PIECE, shelf.CHUNK]
    assert sum(sizes) == 10 * 2**20
    monkeypatch.setattr("fwd_report.remotes.filesystem.BRISK", 0.0)
    assert {len(piece) for piece in one.shelf.content(digest, 10 * 2**20)} == {shelf.PIECE}


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_that_gives_no_ranges_gives_whole_files(
    remote: Open, here: Store, there: Store, said: list[str], tmp_path: Path
) -> None:
    """That of Python is one."""
    keys = large(here, 2, 9 * 2**20)
    remote("shared").send(here, keys)
    with serving(tmp_path / "shared") as url:
        assert remote(url).fetch(there, keys) == set(keys)
    assert content(there, keys[0]) == content(here, keys[0])
    assert left_over(there) == []
    assert said == []


def test_a_large_file_goes_to_s3_in_parts_that_are_told(
    s3: object, remote: Open, here: Store, there: Store, tmp_path: Path
) -> None:
    keys = large(here, 1, 3 * untold.PART)
    one, told = remote(new_address("s3", tmp_path)), list[int]()
    one.shelf.send([parcel_of(here, keys[0])], told.append, False)
    assert max(told) <= untold.PART
    assert sum(told) > 3 * untold.PART
    assert one.fetch(there, keys) == set(keys)


def test_silence_is_an_end() -> None:
    team = transfer_pool.TransferPool(1, lambda: 0.3)
    team.submit("", lambda: time.sleep(3))
    with pytest.raises(RemoteError, match="has not answered for 0 s"):
        team.wait()
    team.close()
