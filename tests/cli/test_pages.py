"""The pages of a project from the outside: their profile, damaged results, links, schemas."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.project import HYBRIDS, REPORT, Project

PROFILES = REPORT + "seed@large: 9\nprofiles: [small, large]\nauthor: Ada\n"


def pictures(project: Project) -> list[Path]:
    return sorted((project.root / ".fwd-report/store").glob("??/[!.]*/image.png"))


def test_however_many_results_are_damaged_one_build_mends_them(project: Project) -> None:
    assert project("build").returncode == 0
    for picture in pictures(project)[:5]:
        picture.write_bytes(b"not a picture")
    # A page that is taken from an earlier render reads no result; these are all made again.
    project.write("report", REPORT + "author: Ada\n")
    mended = project("build")
    assert mended.returncode == 0, mended.stderr
    assert "ran 5 of 7 runs" in mended.stdout
    assert project("store", "verify").returncode == 0


def test_check_and_the_pages_command_are_of_the_profile_that_was_built(project: Project) -> None:
    project.write("report", PROFILES)
    assert project("build", "--profile", "large").returncode == 0
    page = project.root / "docs/report/hybrids.md"
    assert "fwd-report build --only hybrids.skull --force --profile large" in page.read_text()
    written = page.stat().st_mtime_ns
    found = project("check").stdout
    assert "not complete" not in found
    assert "run fwd-report build" not in found
    assert page.stat().st_mtime_ns == written
    assert "not complete" in project("check", "--profile", "small").stdout


def test_a_caption_may_link_to_a_page_outside_of_the_report(project: Project) -> None:
    guide = project.root / "docs" / "guide"
    guide.mkdir(parents=True)
    (guide / "specs.md").write_text("# Specs\n")
    (guide / "index.md").write_text("# Guide\n")
    links = '"[one](../guide/specs.md#specs), [two](../guide/index.md), [three](noise.md)."'
    project.write("hybrids", HYBRIDS.replace("Near and far.", links))
    assert project("build").returncode == 0
    page = (project.root / "docs/report/hybrids.md").read_text()
    for address in ("../../guide/specs/#specs", "../../guide/", "../noise/"):
        assert f'href="{address}"' in page
    assert "dead link" not in project("check").stdout
    project.write("hybrids", HYBRIDS.replace("Near and far.", '"[gone](../guide/gone.md)."'))
    assert project("build", "--cached-only").returncode == 0
    assert "dead link '../guide/gone.md' in the caption of skull" in project("check").stdout


def test_schemas_that_are_not_this_programs_are_written_again(project: Project) -> None:
    assert project("plan").returncode == 0
    schema = project.root / ".fwd-report/schema/section.json"
    whole, written = schema.read_text(), schema.stat().st_mtime_ns
    assert project("plan").returncode == 0
    assert schema.stat().st_mtime_ns == written, "current ones are left alone"
    for damage in (lambda: schema.write_text("{}"), schema.unlink):
        damage()
        assert project("plan").returncode == 0
        assert schema.read_text() == whole
