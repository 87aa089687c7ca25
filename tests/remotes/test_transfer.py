"""Entries go to a remote and come from it whole, verified, or not at all: each kind of remote."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.remotes.conftest import Open, content, fill, left_over, manifest_of
from tests.store.conftest import put_entry

from fwd_report.plan.keys import key_of
from fwd_report.remotes.filesystem import FileSystemShelf
from fwd_report.remotes.places import Remote
from fwd_report.remotes.shelf import CHUNK, file_name, result_name
from fwd_report.store.store import Store


def put(remote: Remote, name: str, data: bytes) -> None:
    """Write into a remote past the program, as somebody else would."""
    shelf = remote.shelf
    assert isinstance(shelf, FileSystemShelf)
    place = shelf._place(name)
    shelf.fs.makedirs(place.rpartition("/")[0], exist_ok=True)
    shelf.fs.pipe_file(place, data)


def taken(remote: Remote, name: str) -> bytes:
    shelf = remote.shelf
    assert isinstance(shelf, FileSystemShelf)
    return bytes(shelf.fs.cat_file(shelf._place(name)))


def digest_in(store: Store, key: str) -> str:
    files: Any = manifest_of(store, key)["files"]
    return str(files["data.txt"]["sha256"])


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


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("file", b"resu"),
        ("file", b"result 1"),
        ("file", b""),
        ("file", b"result 0 and more"),
        ("manifest", b""),
        ("manifest", b"{"),
        ("manifest", b"[" * 100_000),
        ("manifest", b"\xff\x00"),
    ],
)  # fmt: skip
def test_what_is_damaged_there_is_refused_with_one_warning(
    address: str, remote: Open, here: Store, there: Store, said: list[str], what: str, data: bytes
) -> None:
    """And is healed by the next push of this process, which has made it again."""
    keys = fill(here, 3)
    remote(address).send(here, keys)
    name = result_name(keys[0]) if what == "manifest" else file_name(digest_in(here, keys[0]))
    hurt = remote(address)
    put(hurt, name, data)
    whole = data.startswith(b"result 0")
    assert hurt.fetch(there, keys) == set(keys) - (set() if whole else {keys[0]})
    assert left_over(there) == []
    if whole:
        assert content(there, keys[0]) == content(here, keys[0]), "no more is read than belongs"
        return
    (warning,) = said
    assert keys[0][:12] in warning
    assert "no longer whole there, and not taken" in warning
    assert hurt.fetch(there, keys) == set(), "it is not asked for again"
    fill(there, 1)
    assert hurt.send(there, keys) == {keys[0]}
    (there.folder(keys[0]) / "manifest.json").unlink()
    assert remote(address).fetch(there, keys) == {keys[0]}


def test_a_file_that_is_gone_and_a_folder_in_its_place(
    tmp_path: Path, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    keys = fill(here, 3)
    remote("shared").send(here, keys)
    gone = tmp_path / "shared" / file_name(digest_in(here, keys[0]))
    gone.unlink()
    gone = tmp_path / "shared" / file_name(digest_in(here, keys[1]))
    gone.unlink()
    gone.mkdir()
    assert remote("shared").fetch(there, keys) == {keys[2]}
    assert len(said) == 1
    assert "not all of it is there" in said[0]


def forged(store: Store, key: str, changed: dict[str, Any]) -> bytes:
    """A manifest with a digest that fits, and something else in it."""
    content = {**manifest_of(store, key), **changed}
    content.pop("digest")
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({**content, "digest": digest}).encode()


def test_results_of_other_keys_and_names_of_other_places_are_refused(
    address: str, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    (key,) = fill(here, 1)
    recorded: Any = manifest_of(here, key)["files"]
    digest = recorded["data.txt"]
    names = ("../../out.txt", "/out.txt", "a/../../../out.txt", "..", ".hidden", "a\\b", "C:x",
             "a//b", "", "manifest.json", "con", "x\n", "a/" * 20 + "b")  # fmt: skip
    wrong: list[dict[str, Any]] = [{"files": {name: digest}} for name in names]
    wrong += [
        {"parts": {"seed": 99}},
        {"parts": {}},
        {"key": "ab" + "0" * 62},
        {"files": {"data.txt": {"sha256": "../../x", "size": 8}}},
        {"files": {"data.txt": {**digest, "size": -1}}},
        {"files": {"data.txt": {**digest, "size": 10**15}}},
        {"files": {"data.txt": {**digest, "size": True}}},
        {"files": {"data.txt": {**digest, "size": "8"}}},
        {"files": {f"{n}.txt": digest for n in range(20_000)}},
        {"version": 99},
    ]
    remote(address).send(here, [key])
    for change in wrong:
        other = remote(address)
        put(other, result_name(key), forged(here, key, change))
        assert other.fetch(there, [key]) == set(), change
        assert len(said) == 1, change
        said.clear()
    assert left_over(there) == []
    assert not [path for path in there.base.rglob("*") if path.name == "out.txt"]
    assert not list(there.base.parents[1].glob("**/out.txt"))


def test_what_lies_there_beside_is_neither_touched_nor_trusted(
    any_address: str, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    keys = fill(here, 2)
    foreign = {
        "notes.txt": b"mine",
        "results/readme.md": b"mine",
        f"results/zz/{keys[0]}.json": b"mine",
        f"results/{keys[0][:2]}/{keys[0]}.json.bak": b"mine",
        f"files/{keys[0][:2]}/{keys[0]}": b"mine",
    }
    one = remote(any_address)
    for name, data in foreign.items():
        put(one, name, data)
    assert one.keys() == set()
    one.send(here, keys)
    assert one.fetch(there, keys) == set(keys)
    assert {name: taken(one, name) for name in foreign} == foreign
    assert said == []


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
