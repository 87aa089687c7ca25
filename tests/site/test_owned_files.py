"""The tool writes and deletes its own files alone, and its pages are what the results say."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from tests.helpers.forked import fork, said
from tests.helpers.owned_files import everything, made, without

from fwd_report.errors import UserError
from fwd_report.site.render import render_site
from fwd_report.site.render_record import read_record


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


def render_and_die(root: Path, last: str, other_disk: bool) -> None:
    """Render the project's pages, and end just before the file of that name is in its place."""
    replace = os.replace

    def dying(source: Path, target: Path) -> None:
        if other_disk and Path(source).parent != Path(target).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        if Path(target).name == last:
            os._exit(9)
        replace(source, target)

    os.replace = dying  # type: ignore[assignment]
    render_site(made(root), root)


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize(("last", "other_disk"), [("_stamp.json", False), ("b.md", True)])
def test_a_killed_render_leaves_nothing_behind(
    project: Path,
    pages: Path,
    capsys: pytest.CaptureFixture[str],
    last: str,
    other_disk: bool,
    before: bool,
) -> None:
    """Neither the first one nor one over the pages of another, nor across two disks."""
    if before:
        render_site(without(made(project), "b"), project)
    dead = fork(project, render_and_die, project, last, other_disk, imported=())
    dead.join()
    assert dead.exitcode == 9, said(project, dead)
    assert [name for name in everything(pages) if name.endswith(".tmp")], "it was writing"
    render_site(made(project), project)
    assert set(everything(pages)) == {*read_record(project).files, "_stamp.json"}
    assert "did not write" not in capsys.readouterr().err


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
