"""`store gc` deletes only what the tool can prove it wrote, and says what it costs."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.store.conftest import KEY, OTHER, put_entry
from tests.store.test_locks import held_elsewhere

from fwd_report.errors import RunError
from fwd_report.store.collect import DAY, delete, kept_back, survey
from fwd_report.store.store import DamagedEntryError, Store

FAR = 1000 * DAY


def old_entry(
    store: Store,
    key: str,
    days: float,
    seconds: float = 1.0,
    run: str = "a.b[0]",
    **manifest: object,
) -> None:
    finished = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    provenance = {"run": run, "seconds": seconds, "finished": finished}
    put_entry(store, key, provenance=provenance, **manifest)
    past = time.time() - days * DAY
    os.utime(store.folder(key) / "manifest.json", (past, past))


def test_what_goes_is_listed_with_name_age_and_cost(store: Store) -> None:
    keep, young, costly, drop = (f"{n}{n}" + "0" * 62 for n in "abcd")
    old_entry(store, keep, 90)
    old_entry(store, young, 3)
    old_entry(store, costly, 90, seconds=7200)
    old_entry(store, drop, 90, seconds=12.5, run="old.name[3]")
    found = survey(store, {keep}).unused
    assert {item.key for item in found} == {young, costly, drop}
    kept = kept_back(found, age=30 * DAY, cost=3600)
    assert {item.key for item in kept} == {young, costly}
    (item,) = [item for item in found if item not in kept]
    assert (item.name, item.kind, item.cost) == ("old.name[3]", "result", 12.5)
    assert item.age == pytest.approx(90 * DAY, abs=100)
    assert item.size > 0
    assert delete(store, [item]) == [item]
    assert store.keys() == [keep, young, costly]


def test_a_copied_store_is_as_old_as_its_newest_sign(store: Store) -> None:
    """Copied yesterday or computed yesterday: either is young."""
    old_entry(store, KEY, 90)
    os.utime(store.folder(KEY) / "manifest.json")
    assert survey(store, set()).unused[0].age < 100


def test_what_another_process_writes_stays(store: Store) -> None:
    """Its lock decides: its process number may be another machine's."""
    part = store.folder(KEY).with_name(f".{KEY}.part-00000000")
    part.mkdir(parents=True)
    (part / "half.txt").write_text("half")
    training = store.working_folder(OTHER)
    with held_elsewhere(store.base.parent, KEY), held_elsewhere(store.base.parent, OTHER):
        store.sweep()
        assert delete(store, survey(store, set()).unused) == []
    assert part.is_dir()
    assert training.is_dir()
    store.locks._alive.clear()
    store.sweep()
    assert not part.exists(), "its build is dead: the next one takes it away"
    assert training.is_dir(), "a training goes on from it"
    assert len(delete(store, survey(store, set()).unused)) == 1


def test_seal_refuses_a_folder_that_is_gone(store: Store) -> None:
    def write(spoil: str) -> None:
        with store.writing(KEY) as folder:
            (folder / "data.txt").write_text("hello")
            if spoil == "folder":
                (folder / "data.txt").unlink()
                folder.rmdir()
            store.seal(folder, KEY, metrics={"n": 1} if spoil == "folder" else {})
            if spoil == "empty":
                raise AssertionError

    with pytest.raises(RunError, match="was deleted while the result was written"):
        write("folder")
    assert not store.places()


def test_an_empty_entry_is_not_whole(store: Store) -> None:
    with pytest.raises(ValueError, match="no files and no numbers"), store.writing(KEY) as folder:
        store.seal(folder, KEY, parts={})
    store.folder(KEY).mkdir(parents=True)
    assert not store.has(KEY)
    assert "gone" in store.verify()[KEY]
    assert not store.folder(KEY).exists(), "moved aside"
    put_entry(store)
    (store.folder(KEY) / "manifest.json").write_text("")
    assert not store.has(KEY)
    with pytest.raises(DamagedEntryError):
        store.read(KEY)


@pytest.fixture
def victim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside of the project, with a name that looks like a result's."""
    folder = tmp_path_factory.mktemp("victim")
    for name in ("notes.txt", "ab/.git/config", f"ab/{KEY}/thesis.tex", f"{KEY}/thesis.tex"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    return folder


def files_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("place", ["store", "training", "aside", "."])
def test_nothing_goes_through_a_link_out_of_the_project(
    tmp_path: Path, victim: Path, place: str
) -> None:
    before = files_of(victim)
    store = Store(tmp_path)
    link = store.base / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(victim)
    if place == ".":
        (victim / "store").symlink_to(victim)
    found = survey(store, set())
    assert delete(store, found.unused) == []
    assert any("leads out of the project" in reason for reason in found.left)
    assert files_of(victim) == before


def test_behind_a_link_only_proven_results_go_and_only_when_asked(
    tmp_path: Path, victim: Path
) -> None:
    before = files_of(victim)
    store = Store(tmp_path)
    store.base.mkdir()
    store.root.symlink_to(victim)
    old_entry(store, OTHER, 90)
    assert survey(store, set()).unused == ()
    found = survey(store, set(), linked=True)
    assert [item.key for item in found.unused] == [OTHER]
    assert any(KEY in reason for reason in found.left), "no manifest: not the tool's"
    delete(store, found.unused)
    assert files_of(victim) == before


def test_foreign_folders_in_the_store_stay(store: Store) -> None:
    """Names that are not the tool's, links inside it, entries with another's manifest."""
    put_entry(store)
    foreign = [
        store.root / "ab" / ".git" / "config",
        store.root / "ab" / ".vscode" / "settings.json",
        store.root / "ab" / ("ab" + "x" * 62) / "notes",
        store.root / "ab" / OTHER / "notes",
        store.base / "training" / "my-runs" / "weights",
        store.base / "aside" / "notes.txt",
    ]
    for path in foreign:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    linked = store.root / "ef" / ("ef" + "2" * 62)
    linked.parent.mkdir()
    linked.symlink_to(store.folder(KEY))
    found = survey(store, {KEY})
    assert delete(store, found.unused) == []
    store.sweep()
    assert all(path.read_text() == "mine" for path in foreign)
    assert linked.is_symlink()
    assert any("my-runs" in reason for reason in found.left)


def test_a_prepared_name_of_a_last_key_moves_nothing(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    store = Store(tmp_path / "project")
    last = store.base / "last" / "a.b[0]"
    last.parent.mkdir(parents=True)
    for text in (b"../../victim", b"\xff\xfe", b"../" * 30, b"", KEY.upper().encode(), b"/etc"):
        last.write_bytes(text)
        assert store.last_key("a.b[0]") is None
    last.unlink()
    last.symlink_to(last)
    assert store.last_key("a.b[0]") is None
    last.unlink()
    last.mkdir()
    assert store.last_key("a.b[0]") is None
    store.remember("a.b[0]", KEY)
    assert store.last_key("a.b[0]") == KEY, "what stood in the way was moved aside"
    assert victim.is_dir()


def test_damaged_results_aside_go_when_they_are_old(store: Store) -> None:
    put_entry(store)
    (store.folder(KEY) / "data.txt").write_text("damaged")
    assert store.verify()
    (item,) = survey(store, set()).unused
    assert item.kind == "damaged"
    assert kept_back([item], age=DAY, cost=FAR) == [item]
    assert kept_back([item], age=0, cost=FAR) == []
    assert delete(store, [item]) == [item]


def test_a_result_whose_file_is_old_and_that_was_made_today_is_young(store: Store) -> None:
    """A restored backup has the times of its files; the manifest says when it was made."""
    old_entry(store, KEY, 0)
    past = time.time() - 90 * DAY
    os.utime(store.folder(KEY) / "manifest.json", (past, past))
    assert survey(store, set()).unused[0].age < 100


def test_a_cost_that_is_no_number_is_none(store: Store) -> None:
    old_entry(store, KEY, 90, seconds=float("inf"))
    old_entry(store, OTHER, 90, seconds="an hour")  # type: ignore[arg-type]
    found = survey(store, set())
    assert [item.cost for item in found.unused] == [0.0, 0.0]
    assert found.left == ()


def test_the_folder_of_a_training_that_is_done_goes(store: Store) -> None:
    """Its result is stored, so nothing would go on from it; one under way stays."""
    old_entry(store, KEY, 90)
    done, under_way = store.working_folder(KEY), store.working_folder(OTHER)
    found = survey(store, {KEY, OTHER}).unused
    assert [item.path for item in found] == [done]
    assert under_way.is_dir()


def test_what_a_killed_build_left_half_written_is_never_kept(store: Store) -> None:
    part = store.folder(KEY).with_name(f".{KEY}.part-00000000")
    part.mkdir(parents=True)
    found = survey(store, set()).unused
    assert [item.kind for item in found] == ["half-written"]
    assert kept_back(found, age=30 * DAY, cost=0) == []
