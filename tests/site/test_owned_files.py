"""The tool writes and deletes its own files alone, and its pages are what the results say."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.helpers.fabricate import Fabric, Sample, picture

from fwd_report.errors import UserError
from fwd_report.site import owned
from fwd_report.site.inputs import shown_results
from fwd_report.site.render import render_site
from fwd_report.site.results import ReportResult
from fwd_report.site.stamp import pages_current


def made(root: Path, *sections: str) -> ReportResult:
    """A small report; each section with one picture."""
    fabric = Fabric(root)
    return fabric.report(
        *(
            fabric.section(
                name,
                name.capitalize(),
                [
                    fabric.experiment(
                        "one", Sample, [fabric.entry(name, "one", Sample(), picture(seed, 8))]
                    )
                ],
                intro="It reaches {{ runs.one.metrics.psnr | round(1) }} dB.",
            )
            for seed, name in enumerate(sections or ("a", "b"))
        )
    )


def without(report: ReportResult, name: str) -> ReportResult:
    sections = tuple(item for item in report.sections if item.spec.name != name)
    specs = tuple(item.spec for item in sections)
    return replace(report, sections=sections, project=replace(report.project, sections=specs))


def current(report: ReportResult, root: Path) -> bool:
    return pages_current(report.project, shown_results(report), root)


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def pages(project: Path) -> Path:
    return project / "docs" / "report"


def test_a_folder_of_somebody_elses_is_refused_with_a_list(project: Path, pages: Path) -> None:
    (pages / "figures").mkdir(parents=True)
    (pages / "thesis.md").write_text("years of work")
    (pages / "figures" / "mine.png").write_bytes(b"a photo")
    with pytest.raises(UserError) as refused:
        render_site(made(project), project)
    assert "figures/mine.png" in str(refused.value)
    assert "thesis.md" in str(refused.value)
    assert "move these away" in str(refused.value)
    assert everything(pages) == {"figures/mine.png": b"a photo", "thesis.md": b"years of work"}


def test_a_file_added_later_stays_and_is_named_once(
    project: Path, pages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = made(project)
    render_site(report, project)
    (pages / "notes").mkdir()
    (pages / "notes" / "mine.md").write_text("mine")
    render_site(without(report, "b"), project)
    assert "notes/mine.md" in capsys.readouterr().err
    render_site(report, project)
    assert "mine.md" not in capsys.readouterr().err
    assert (pages / "notes" / "mine.md").read_text() == "mine"


def test_a_file_where_a_page_must_go_is_not_overwritten(project: Path, pages: Path) -> None:
    report = made(project)
    render_site(without(report, "b"), project)
    (pages / "b.md").write_text("mine")
    before = everything(pages)
    with pytest.raises(UserError, match=r"b\.md"):
        render_site(report, project)
    assert everything(pages) == before


def test_what_is_no_longer_produced_goes_unless_somebody_edited_it(
    project: Path, pages: Path
) -> None:
    report = made(project, "a", "b", "c")
    render_site(report, project)
    (pages / "b.md").write_text((pages / "b.md").read_text() + "my own words")
    render_site(without(without(report, "b"), "c"), project)
    assert not (pages / "c.md").exists()
    assert "my own words" in (pages / "b.md").read_text()
    assert len(list((pages / "figures").glob("one-*.png"))) == 1


@pytest.mark.parametrize("name", ["docs", "docs/report", "docs/report/figures", "docs/report/a.md"])
def test_nothing_is_written_or_deleted_through_a_link(
    project: Path, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    report = made(project)
    render_site(report, project)
    outside = tmp_path_factory.mktemp("outside") / "there"
    place = project / name
    if place.is_dir():
        shutil.rmtree(place)
        outside.mkdir()
        (outside / "precious.txt").write_text("precious")
    else:
        place.unlink()
        outside.write_text("precious")
    place.symlink_to(outside)
    with pytest.raises(UserError, match=r"link|must go"):
        render_site(without(report, "b"), project)
    kept = {"precious.txt": b"precious"}
    assert (everything(outside) if outside.is_dir() else outside.read_text()) in (kept, "precious")
    assert place.is_symlink()


def test_a_link_among_the_pages_is_left_and_its_target_too(
    project: Path, pages: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    report = made(project)
    render_site(report, project)
    outside = tmp_path_factory.mktemp("outside")
    (outside / "precious.txt").write_text("precious")
    (pages / "mine").symlink_to(outside)
    render_site(without(report, "b"), project)
    assert (pages / "mine").is_symlink()
    assert everything(outside) == {"precious.txt": b"precious"}


def test_a_forged_record_deletes_nothing_outside(project: Path, pages: Path) -> None:
    report = made(project)
    render_site(report, project)
    victim = project / "victim.txt"
    victim.write_text("precious")
    stamp = pages / "_stamp.json"
    stamp.write_text(stamp.read_text().replace('"files": {', '"files": {"../../victim.txt": "x",'))
    render_site(without(report, "b"), project)
    assert victim.read_text() == "precious"


def block(path: Path, how: str) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if how == "loop":
        path.symlink_to(path.name)
    elif how == "file":
        path.write_text("a file")
    elif how == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")


@pytest.mark.parametrize("how", ["loop", "file", "dangling"])
@pytest.mark.parametrize("name", ["docs", "docs/report", "docs/report/figures"])
def test_what_is_no_folder_is_an_error_that_names_it(project: Path, name: str, how: str) -> None:
    report = made(project)
    render_site(report, project)
    block(project / name, how)
    with pytest.raises(UserError, match=Path(name).name):
        render_site(without(report, "b"), project)


@pytest.mark.parametrize("how", ["loop", "folder", "dangling"])
def test_a_root_page_that_is_none_is_an_error_that_names_it(project: Path, how: str) -> None:
    report = made(project)
    render_site(report, project)
    block(project / "docs" / "index.md", how)
    with pytest.raises(UserError, match=r"index\.md"):
        render_site(report, project)


def test_hand_written_pages_in_another_encoding_stop_nothing(project: Path) -> None:
    guide = project / "docs" / "guide"
    guide.mkdir(parents=True)
    (guide / "index.md").write_bytes("# Führung\n[x](caf\xe9.md) [a](a.md)".encode("latin-1"))
    (guide / "a.md").write_text("# A")
    assert render_site(made(project), project)


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
