"""Pages that were changed, damaged, copied or half written come out as they should be."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.helpers.owned_files import current, everything, made, without

from fwd_report.site import owned
from fwd_report.site.render import render_site

DAMAGES: dict[str, Callable[[Path], object]] = {
    "emptied": lambda path: path.write_bytes(b""),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "one bit": lambda path: path.write_bytes(
        bytes([path.read_bytes()[0] ^ 1, *path.read_bytes()[1:]])
    ),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe\x00\xe9"),
    "deleted": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_happens_to_a_file_of_ours_it_is_noticed_and_written_again(
    project: Path, pages: Path, damage: str
) -> None:
    report = made(project)
    render_site(report, project)
    whole = everything(pages)
    for name in ("a.md", "_nav.yml", "_front.md", "assets/report.css"):
        DAMAGES[damage](pages / name)
    for figure in (pages / "figures").iterdir():
        DAMAGES[damage](figure)
    assert not current(report, project)
    render_site(report, project)
    assert everything(pages) == whole
    assert current(report, project)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("which", ["stamp", "copy", "memory"])
def test_a_damaged_record_is_mended_and_nothing_is_lost(
    project: Path, pages: Path, which: str, damage: str
) -> None:
    report = made(project)
    render_site(report, project)
    (pages / "mine.md").write_text("mine")
    whole = everything(pages)
    record = {
        "stamp": pages / "_stamp.json",
        "copy": project / ".fwd-report/pages.json",
        "memory": project / ".fwd-report/memory/files.json",
    }[which]
    DAMAGES[damage](record)
    render_site(report, project)
    assert {name: data for name, data in everything(pages).items() if name != "_stamp.json"} == {
        name: data for name, data in whole.items() if name != "_stamp.json"
    }
    assert current(report, project)
    render_site(without(report, "b"), project)
    assert not (pages / "b.md").exists()


def test_a_number_changed_by_hand_does_not_stay(project: Path, pages: Path) -> None:
    """Same size, same time of change: only what the file holds tells."""
    report = made(project)
    render_site(report, project)
    page = pages / "a.md"
    stat = page.stat()
    page.write_text(page.read_text().replace("17.3 dB", "99.9 dB"))
    os.utime(page, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert page.stat().st_size == stat.st_size
    assert not current(report, project)
    render_site(report, project)
    assert "17.3 dB" in page.read_text()


@pytest.mark.parametrize("how", ["copied", "moved", "restored with other times"])
def test_a_project_that_is_copied_or_moved_keeps_its_pages(
    project: Path, tmp_path_factory: pytest.TempPathFactory, how: str
) -> None:
    report = made(project)
    render_site(report, project)
    elsewhere = project
    if how == "copied":
        elsewhere = Path(shutil.copytree(project, tmp_path_factory.mktemp("copy") / "deep"))
    elif how == "moved":
        elsewhere = Path(shutil.move(project, tmp_path_factory.mktemp("moved") / "deep"))
    else:
        for path in project.rglob("*"):
            os.utime(path, (1, 1))
    again = made(elsewhere)
    assert current(again, elsewhere)
    assert render_site(again, elsewhere) == []


def test_a_render_that_is_killed_leaves_nothing_unclaimed(
    project: Path, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = made(project, "a", "b", "c")
    render_site(without(report, "c"), project)
    moved: list[Path] = []

    def killed(source: Path, target: Path) -> None:
        if len(moved) == 2:
            raise KeyboardInterrupt
        moved.append(target)
        os.replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(owned, "_move", killed)
        with pytest.raises(KeyboardInterrupt):
            render_site(report, project)
    assert not current(report, project)
    fewer = without(without(report, "b"), "c")
    render_site(fewer, project)
    assert current(fewer, project)
    assert {path.name for path in pages.glob("*.md")} == {"_front.md", "a.md"}
    assert len(list((pages / "figures").glob("one-*.png"))) == 1


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EACCES])
def test_a_page_that_cannot_be_put_in_place_leaves_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """From another disk it is copied, and the disk is full halfway; else nothing is copied."""
    source, target = tmp_path / "source", tmp_path / "report" / "a.md"
    target.parent.mkdir()
    source.write_text("new")
    target.write_text("old")
    copied: list[Path] = []

    def refuse(source: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number))

    def half(source: Path, target: Path) -> None:
        copied.append(target)
        target.write_text("n")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(owned.os, "replace", refuse)
    monkeypatch.setattr(owned.shutil, "copyfile", half)
    with pytest.raises(OSError, match=r"No space|denied"):
        owned._move(source, target)
    assert bool(copied) == (number == errno.EXDEV)
    assert everything(tmp_path) == {"source": b"new", "report/a.md": b"old"}


def test_pages_appear_only_when_all_of_them_are_made(
    project: Path, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While figures are drawn, whoever serves docs/ sees the pages of before, whole."""
    report = made(project)
    render_site(report, project)
    before = everything(pages)
    seen = []
    put = owned.OwnedFolder.put_in_place

    def watched(folder: owned.OwnedFolder, inputs: str, profile: str) -> list[Path]:
        seen.append(everything(pages))
        return put(folder, inputs, profile)

    monkeypatch.setattr(owned.OwnedFolder, "put_in_place", watched)
    render_site(made(project, "a", "c"), project)
    assert seen == [before]
    assert (pages / "c.md").is_file()
