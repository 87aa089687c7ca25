"""What is remembered is read, is right, and can be lost or damaged at no cost but time."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from pathlib import Path

import pytest
from tests.helpers.remembered import DAMAGES, NAME, sha256

from fwd_report import sources
from fwd_report.store import memory as module
from fwd_report.store.memory import Found, Memory, digest_of


def test_a_value_is_found_by_its_name_alone(folder: Path) -> None:
    Memory(folder).put(NAME, b"\0bytes\n")
    assert Memory(folder).get(NAME) == b"\0bytes\n"
    assert Memory(folder).get(digest_of("a value", 2)) is None
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


def test_a_value_that_is_remembered_is_not_found_again(folder: Path) -> None:
    def never() -> None:
        raise AssertionError("found again")

    assert Memory(folder).recall(NAME, lambda: {"a": [1, None]}) == {"a": [1, None]}
    assert Memory(folder).recall(NAME, never) == {"a": [1, None]}


def test_a_process_finds_a_value_once_and_every_project_remembers_it(tmp_path: Path) -> None:
    process, found = Found(), []
    for project in ("one", "another"):
        memory = Memory(tmp_path / project / "memory", process)
        assert memory.recall(NAME, lambda: found.append("") or "a value") == "a value"
        assert Memory(tmp_path / project / "memory").get(NAME) == b'"a value"'
    assert len(found) == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_value_is_found_again(folder: Path, damage: str) -> None:
    Memory(folder).recall(NAME, lambda: "a value")
    (path,) = folder.glob("??/*")
    DAMAGES[damage](path)
    found: list[str] = []
    assert Memory(folder).recall(NAME, lambda: found.append("") or "a value") == "a value"
    assert found or damage == "not for us", "root reads all"
    Memory(folder).recall(NAME, lambda: "a value")
    assert Memory(folder).get(NAME) == b'"a value"', "it is whole again"


def test_every_flipped_bit_is_seen(folder: Path) -> None:
    memory = Memory(folder)
    memory.put(NAME, b"a value")
    (path,) = folder.glob("??/*")
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert memory.get(NAME) is None, place


def test_a_value_under_another_name_is_not_taken(folder: Path) -> None:
    memory, other = Memory(folder), digest_of("another")
    memory.put(NAME, b"a value")
    (path,) = folder.glob("??/*")
    (folder / other[:2]).mkdir(exist_ok=True)
    shutil.copy(path, folder / other[:2] / other)
    assert memory.get(other) is None


def test_old_values_go_and_the_latest_stay(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory(folder)
    names = [digest_of(number) for number in range(5)]
    for age, name in enumerate(names):
        memory.put(name, bytes(1000))
        path = folder / name[:2] / name
        os.utime(path, (time.time() - age * 10 * module.DAY,) * 2)
    mine = folder / "00" / "mine.txt"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("not the tool's")
    monkeypatch.setattr(module, "MOST_DAYS", 35)
    monkeypatch.setattr(module, "MOST_BYTES", 3500)
    memory.save()
    assert [memory.get(name) is not None for name in names] == [True, True, True, False, False]
    assert mine.exists()


def test_a_value_that_is_asked_for_is_young_again(folder: Path) -> None:
    memory = Memory(folder)
    memory.put(NAME, b"a value")
    (path,) = folder.glob("??/*")
    os.utime(path, (0, 0))
    memory.get(NAME)
    assert time.time() - path.stat().st_mtime < 60


@pytest.mark.parametrize("kind", ["a file", "a link loop"])
def test_what_is_no_folder_is_passed_over(folder: Path, kind: str) -> None:
    memory = Memory(folder)
    memory.put(NAME, b"a value")
    place = folder / next(name for name in ("00", "01") if not NAME.startswith(name))
    place.symlink_to(place) if kind == "a link loop" else place.write_text("in the way")
    memory.save()
    assert memory.get(NAME) == b"a value"


def test_nothing_is_let_go_through_a_link(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    precious = elsewhere / NAME[:2] / NAME
    precious.parent.mkdir(parents=True)
    precious.write_text("somebody's")
    os.utime(precious, (0, 0))
    folder.parent.mkdir()
    folder.symlink_to(elsewhere)
    memory = Memory(folder)
    memory.put(digest_of("more"), b"value")
    memory.save()
    assert precious.read_text() == "somebody's"


def test_where_nothing_can_be_written_values_are_found_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "memory"
    for _ in range(2):
        memory = Memory(folder)
        assert memory.recall(NAME, lambda: [1]) == [1]
        assert memory.of_file(tmp_path / "file") == sha256(b"in the way")
        memory.save()


def test_nothing_is_found_under_code_that_was_touched(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs may be other code than what lies there by now."""
    source = tmp_path / "code.py"
    source.write_text("A = 1\n")
    monkeypatch.setitem(sources.AT_START, str(source), sources.stamp_of(source))
    memory = Memory(folder)
    assert memory.code_of(str(source)) == memory.code_of(str(source))
    source.write_text("A = 2\n")
    assert memory.code_of(str(source)) != memory.code_of(str(source))


def _write(folder: str, begin: int) -> None:
    memory = Memory(Path(folder))
    for number in range(begin, begin + 60):
        name = digest_of(number % 80)
        if (value := memory.get(name)) is not None and value != name.encode() * 50:
            raise AssertionError(value)
        memory.put(name, name.encode() * 50)
        memory.of_file(__file__)
        memory.save()


def test_processes_share_it(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write, args=(str(folder), 20 * n)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    memory = Memory(folder)
    assert all(memory.get(digest_of(n)) == digest_of(n).encode() * 50 for n in range(80))
    assert not list(folder.rglob("*.tmp"))
