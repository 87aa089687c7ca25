"""Entries go to a remote and come from it whole, verified, or not at all: each kind of remote."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.remotes.conftest import Open, content, fill, left_over
from tests.store.conftest import put_entry

from fwd_report.plan.keys import key_of
from fwd_report.remotes.untold import PART
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
    put_entry(here, key_of(parts), "0123456789" * (PART // 8), parts=parts)
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
