"""While entries are moved: what others hold, a stop in the middle, how often a remote is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.remotes.conftest import fill, left_over
from tests.store.conftest import put_entry

from fwd_report.plan.keys import key_of
from fwd_report.remotes.places import Remote
from fwd_report.store.store import Store

Open = Callable[[str], Remote]


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
