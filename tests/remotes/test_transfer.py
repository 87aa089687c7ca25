"""Entries go to a remote and come from it whole, verified, or not at all: each kind of remote."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.remotes.conftest import Open, content, fill, left_over
from tests.store.conftest import put_entry

from fwd_report.plan.keys import key_of
from fwd_report.remotes.shelf import CHUNK
from fwd_report.store.store import Store


def test_what_arrives_is_what_was_sent(
    any_address: str, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    keys = fill(here, 12)
    assert remote(any_address).send(here, keys) == set(keys)
    assert remote(any_address).send(here, keys) == set(), "it has them"
    assert remote(any_address).keys() == set(keys)
    assert remote(any_address).fetch(there, keys) == set(keys)
    assert [content(there, key) for key in keys] == [content(here, key) for key in keys]
    assert there.verify() == {}
    assert left_over(there) == []
    assert said == []


def test_only_what_is_asked_for_is_moved(
    address: str, remote: Open, here: Store, there: Store
) -> None:
    keys = fill(here, 3)
    remote(address).send(here, keys[:2])
    assert remote(address).fetch(there, [keys[0], keys[2]]) == {keys[0]}
    assert there.keys() == [keys[0]]


def test_large_files_come_in_pieces(
    any_address: str, remote: Open, here: Store, there: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {"seed": 1}
    put_entry(here, key_of(parts), "0123456789" * (CHUNK // 8), parts=parts)
    remote(any_address).send(here, [key_of(parts)])
    shown: list[str] = []
    assert remote(any_address).fetch(there, [key_of(parts)], lambda line, *_: shown.append(line))
    assert content(there, key_of(parts)) == content(here, key_of(parts))
    assert "1/1 result from" in shown[-1]
    assert "10.5 MB" in shown[-1]


def test_empty_files_and_folders_in_entries(
    address: str, remote: Open, here: Store, there: Store
) -> None:
    key = key_of({"seed": 5})
    with here.lock(key), here.writing(key) as folder:
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "er" / "empty.txt").touch()
        (folder / "twin.txt").write_text("same")
        (folder / "other.txt").write_text("same")
        here.seal(folder, key, parts={"seed": 5})
    remote(address).send(here, [key])
    assert remote(address).fetch(there, [key]) == {key}
    assert content(there, key) == content(here, key)


def test_two_send_different_results_of_one_key_at_once(
    any_address: str, remote: Open, here: Store, there: Store, tmp_path: Path, said: list[str]
) -> None:
    """Pictures of two devices differ by rounding: one of both arrives, and never a mixture."""
    other = Store(tmp_path / "other")
    keys = fill(here, 12)
    assert fill(other, 12, text="another") == keys
    senders = [
        threading.Thread(target=lambda s=store: remote(any_address).send(s, keys))
        for store in (here, other)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert remote(any_address).fetch(there, keys) == set(keys)
    for key in keys:
        assert content(there, key) in (content(here, key), content(other, key))
    assert said == []


def test_what_is_damaged_here_is_not_sent(
    address: str, remote: Open, here: Store, said: list[str]
) -> None:
    keys = fill(here, 3)
    (here.folder(keys[0]) / "data.txt").write_text("result X")
    (here.folder(keys[1]) / "data.txt").unlink()
    assert remote(address).send(here, keys) == {keys[2]}
    assert remote(address).keys() == {keys[2]}
    assert "2 results are no longer whole here, and not sent" in said[0]


def test_what_another_process_works_on_is_left_to_it(
    remote: Open, here: Store, there: Store
) -> None:
    keys = fill(here, 2)
    remote("memory://locked").send(here, keys)
    with Store(there.base.parent).lock(keys[0]):
        assert remote("memory://locked").fetch(there, keys) == {keys[1]}
    assert remote("memory://locked").fetch(there, keys) == {keys[0]}


def test_ctrl_c_leaves_what_has_arrived_and_nothing_half(
    remote: Open, here: Store, there: Store
) -> None:
    keys = set(fill(here, 20))
    remote("memory://stopped").send(here, keys)

    def stop(line: str, done: int, total: int) -> None:
        if done >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        remote("memory://stopped").fetch(there, keys, stop)
    first = set(there.keys())
    assert 3 <= len(first) < 20
    assert left_over(there) == []
    assert there.verify() == {}
    assert remote("memory://stopped").fetch(there, keys) == keys - first


def test_a_listing_is_fetched_once(
    remote: Open, here: Store, there: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many results are asked for."""
    from fsspec.implementations.memory import MemoryFileSystem

    fill(here, 5)
    one = remote("memory://listed")
    one.send(here, fill(here, 5))
    asked: list[str] = []
    usual = MemoryFileSystem.find
    monkeypatch.setattr(
        MemoryFileSystem,
        "find",
        lambda self, path, **o: asked.append(path) or usual(self, path, **o),
    )
    monkeypatch.setattr(MemoryFileSystem, "info", lambda *_: pytest.fail("one request a result"))
    other = remote("memory://listed")
    for number in range(1_000):
        other.fetch(there, [key_of({"seed": -number - 1})])
    assert len(asked) == 1


def test_times_do_not_matter(
    tmp_path: Path, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    """Of a machine whose clock is years ahead."""
    import os

    keys = fill(here, 2)
    key = key_of({"seed": 7})
    future = {"finished": "2199-01-01T00:00:00+00:00"}
    put_entry(here, key, parts={"seed": 7}, provenance=future)
    remote("shared").send(here, [*keys, key])
    for path in (tmp_path / "shared").rglob("*"):
        os.utime(path, (7e9, 7e9))
    assert remote("shared").fetch(there, [*keys, key]) == {*keys, key}
    assert said == []
