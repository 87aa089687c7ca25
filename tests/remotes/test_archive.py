"""`store export` and `import`: one file, verified; what is no export is refused."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from tests.remotes.conftest import content, digest_in, fill, left_over
from tests.remotes.test_distrusted import forged

from fwd_report.errors import UserError
from fwd_report.remotes.archive import opened_archive, write_archive
from fwd_report.remotes.shelf import file_name, result_name
from fwd_report.remotes.transfer import Moves, fetch_entries
from fwd_report.store.store import Store


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "results.zip"


def taken(archive: Path, store: Store) -> Moves:
    with opened_archive(archive) as source:
        return fetch_entries(source, store, sorted(source.keys()))


def rewritten(archive: Path, changes: dict[str, bytes]) -> Path:
    """The same file with other contents of some names, and what it had not."""
    other = archive.with_name("changed.zip")
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            target.writestr(name, changes.pop(name, source.read(name)))
        for name, data in changes.items():
            target.writestr(name, data)
    return other


def test_what_comes_out_is_what_went_in(archive: Path, here: Store, there: Store) -> None:
    keys = fill(here, 5)
    assert write_archive(here, keys, archive) == {}
    assert taken(archive, there).arrived == set(keys)
    assert all(content(there, key) == content(here, key) for key in keys)
    assert taken(archive, there).arrived == set(), "they are here"


def test_dates_of_files_do_not_matter(archive: Path, here: Store, there: Store) -> None:
    """Not those that a ZIP cannot hold, and the same results make the same bytes."""
    keys = fill(here, 2)
    write_archive(here, keys, archive)
    for path in here.folder(keys[0]).iterdir():
        os.utime(path, (86_400, 86_400))
    again = archive.with_name("again.zip")
    assert write_archive(here, keys, again) == {}
    assert again.read_bytes() == archive.read_bytes()
    assert taken(again, there).arrived == set(keys)


def test_a_file_that_is_there_is_not_written_over(archive: Path, here: Store) -> None:
    archive.write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        write_archive(here, fill(here, 1), archive)
    assert archive.read_text() == "mine"
    with pytest.raises(UserError, match="cannot be written"):
        write_archive(here, fill(here, 1), archive.parent / "no" / "folder.zip")


def test_what_is_damaged_here_is_left_out(archive: Path, here: Store, there: Store) -> None:
    keys = fill(here, 3)
    (here.folder(keys[1]) / "data.txt").write_text("result X")
    left = write_archive(here, keys, archive)
    assert list(left) == [keys[1]]
    assert taken(archive, there).arrived == {keys[0], keys[2]}
    assert not list(archive.parent.glob(".*.tmp"))


@pytest.mark.parametrize(
    "name",
    ["../../out.txt", "/etc/out.txt", "notes.txt", "results/ab/short.json", "files/ab/x", "a\\b",
     "results/", f"files/00/{'ab' * 32}"],
)  # fmt: skip
def test_what_is_no_export_is_refused_whole(
    archive: Path, here: Store, there: Store, name: str, tmp_path: Path
) -> None:
    write_archive(here, fill(here, 2), archive)
    with pytest.raises(UserError, match="is no export of a store: it holds") as refused:
        taken(rewritten(archive, {name: b"mine"}), there)
    assert repr(name)[1:8] in str(refused.value)
    assert there.keys() == []
    assert not list(tmp_path.glob("**/out.txt"))


def test_files_of_other_kinds_are_refused(archive: Path, there: Store, tmp_path: Path) -> None:
    for data in (b"", b"text", b"PK\x03\x04" + b"x" * 100):
        archive.write_bytes(data)
        with pytest.raises(UserError, match="no export"):
            taken(archive, there)
    with zipfile.ZipFile(archive, "w"):
        pass
    with pytest.raises(UserError, match="it holds no result"):
        taken(archive, there)
    for path in (tmp_path / "absent.zip", tmp_path):
        with pytest.raises(UserError, match="cannot be read"):
            taken(path, there)


def test_results_in_it_are_verified_one_by_one(
    archive: Path, here: Store, there: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too long, too short, another's, a bomb, without its file."""
    keys = fill(here, 6)
    write_archive(here, keys, archive)
    other = rewritten(
        archive,
        {
            file_name(digest_in(here, keys[0])): b"result 1",
            file_name(digest_in(here, keys[1])): b"resu",
            file_name(digest_in(here, keys[2])): b"\0" * 50_000_000,
            result_name(keys[3]): forged(here, keys[3], {"parts": {"seed": 99}}),
            result_name(keys[4]): forged(here, keys[4], {"files": {"../../out": {
                "sha256": digest_in(here, keys[4]), "size": 8}}}),
        },
    )  # fmt: skip
    moves = taken(other, there)
    assert moves.arrived == {keys[5]}
    assert set(moves.refused) == set(keys[:5])
    assert moves.bytes < 100_000, "no more is unpacked than belongs"
    assert left_over(there) == []


def test_a_file_cut_or_changed_anywhere_loses_nothing(
    archive: Path, here: Store, there: Store
) -> None:
    keys = fill(here, 3)
    write_archive(here, keys, archive)
    whole = archive.read_bytes()
    for place in range(0, len(whole), 97):
        for data in (whole[:place], whole[:place] + b"\xa5" + whole[place + 1 :]):
            archive.write_bytes(data)
            try:
                taken(archive, there)
            except UserError:
                continue
    assert there.verify() == {}
    for key in there.keys():  # noqa: SIM118 - a store is no dict
        assert content(there, key) == content(here, key)
