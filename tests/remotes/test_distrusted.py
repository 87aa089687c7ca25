"""What lies at a remote and is not what its name says is refused, with one warning."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.remotes.conftest import (
    Open,
    content,
    digest_in,
    fill,
    left_over,
    manifest_of,
    put,
    taken,
)

from fwd_report.remotes.shelf import file_name, result_name
from fwd_report.store.store import Store


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


def test_another_command_replaces_what_was_refused(
    any_address: str, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    keys = fill(here, 3)
    remote(any_address).send(here, keys)
    put(remote(any_address), file_name(digest_in(here, keys[0])), b"result X")
    put(remote(any_address), result_name(keys[1]), b"{")
    assert remote(any_address).fetch(there, keys) == {keys[2]}
    fill(there, 2)
    assert remote(any_address).send(there, keys) == set(keys[:2])
    assert remote(any_address).send(there, keys) == set()
    third = Store(there.base.parents[1] / "third")
    assert remote(any_address).fetch(third, keys) == set(keys)
    assert len(said) == 1


def test_a_result_of_a_newer_version_is_not_replaced(
    address: str, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    (key,) = fill(here, 1)
    one = remote(address)
    one.send(here, [key])
    newer = forged(here, key, {"version": 99})
    put(one, result_name(key), newer)
    assert one.fetch(there, [key]) == set()
    assert one.send(here, [key]) == remote(address).send(there, fill(there, 1)) == set()
    assert taken(one, result_name(key)) == newer


def test_what_is_sent_anew_replaces_what_is_there(
    any_address: str, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    """By one who has not seen that it is damaged."""
    keys = fill(here, 3)
    remote(any_address).send(here, keys)
    put(remote(any_address), file_name(digest_in(here, keys[0])), b"result X")
    assert remote(any_address).send(here, keys, anew=keys[:2]) == set(keys[:2])
    assert remote(any_address).fetch(there, keys) == set(keys)
    assert said == []


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
    assert "not all of its files are there" in said[0]


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
