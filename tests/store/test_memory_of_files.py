"""A file's digest is remembered by a sign that every change of the file changes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.helpers.remembered import DAMAGES, saved, sha256, table

from fwd_report.sources import stamp_in
from fwd_report.store.memory import ABSENT, Memory, digest_of


def test_names_of_files_that_are_no_text_count_as_they_are(folder: Path) -> None:
    name = os.fsdecode(b"\xff")
    assert digest_of(name) != digest_of(os.fsdecode(b"\xfe"))
    for _ in range(2):
        assert Memory(folder).recall(digest_of(name), lambda: [name]) == [name]


def test_a_files_digest_is_remembered_and_read(folder: Path, file: Path) -> None:
    saved(folder, file)
    known = {str(file): [stamp_in(file.stat()), "remembered"]}
    text = json.dumps(known)
    (folder / "files.json").write_text(f"{sha256(text.encode())}\n{text}\n")
    assert Memory(folder).of_file(file) == "remembered"
    (folder / "files.json").write_text(f"{sha256(text.encode())}\n{text.replace('rem', 'dis')}\n")
    assert Memory(folder).of_file(file) == sha256(b"content"), "damage is not believed"


def replaced(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(b"another")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)


def edited(file: Path) -> None:
    before = file.stat()
    with file.open("r+b") as opened:
        opened.write(b"another")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [replaced, edited])
def test_a_change_that_keeps_size_and_time_is_seen(
    folder: Path, file: Path, change: Callable[[Path], None]
) -> None:
    saved(folder, file)
    before = file.stat()
    change(file)
    after = file.stat()
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    assert Memory(folder).of_file(file) == sha256(b"another")


@pytest.mark.parametrize("field", ["st_size", "st_mtime_ns", "st_ctime_ns", "st_ino", "st_dev"])
def test_each_part_of_a_files_sign_counts(file: Path, field: str) -> None:
    stat = file.stat()

    class Other:
        def __getattr__(self, name: str) -> int:
            value: int = getattr(stat, name)
            return value + (name == field)

    assert stamp_in(Other()) != stamp_in(stat)  # type: ignore[arg-type]


def test_a_file_that_may_still_be_changing_is_not_remembered(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "young"
    path.write_bytes(b"content")
    saved(folder, path)
    assert table(folder) == {}


def test_a_file_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    memory = Memory(folder)
    assert memory.of_file_or_absent(tmp_path / "nothing") == ABSENT
    with pytest.raises(FileNotFoundError):
        memory.of_file(tmp_path / "nothing")


def test_what_others_remember_stays_and_what_is_gone_goes(
    folder: Path, file: Path, tmp_path: Path
) -> None:
    first, second = Memory(folder), Memory(folder)
    other, gone = tmp_path / "other", tmp_path / "gone"
    other.write_bytes(b"other")
    gone.write_bytes(b"gone")
    time.sleep(0.02)
    first.of_file(file)
    first.of_file(gone)
    second.of_file(other)
    first.save()
    gone.unlink()
    second.save()
    assert table(folder).keys() == {str(file), str(other)}


def test_digests_of_files_can_be_forgotten(folder: Path, file: Path) -> None:
    saved(folder, file)
    memory = Memory(folder)
    memory.of_file(file)
    memory.forget_files()
    memory.of_file(file)
    assert not (folder / "files.json").exists()
    memory.save()
    assert table(folder).keys() == {str(file)}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_table_is_made_again(folder: Path, file: Path, damage: str) -> None:
    saved(folder, file)
    DAMAGES[damage](folder / "files.json")
    saved(folder, file)
    saved(folder, file)
    if damage != "another name's":
        assert table(folder).keys() == {str(file)}
