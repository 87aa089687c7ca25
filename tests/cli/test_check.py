"""`check` as a user runs it: what it prints, its exit code, and that it writes nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image
from tests.helpers.project import HYBRIDS, NOISE, REPORT, Project
from typer.testing import CliRunner

from fwd_report.build import Options, build
from fwd_report.cli import app
from fwd_report.site.publish import build_site

REPOSITORY = Path(__file__).parents[2]
SOUND = REPORT + "author: Ada\nrubric: none\n"


def run(project: Project, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "-C", str(project.root)])


def files(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def _square(project: Project) -> None:
    """A picture that no crop takes anything of, so that nothing is warned of."""
    picture = Image.new("RGB", (80, 80), "white")
    picture.save(project.root / "experiments" / "images" / "dot.png")


@pytest.fixture
def sound(project: Project) -> Project:
    project.write("report", SOUND)
    build(project.root, Options())
    return project


def test_check_renders_nothing_and_says_what_it_found(sound: Project) -> None:
    docs = files(sound.root / "docs")
    answer = run(sound, "check")
    assert (answer.exit_code, answer.output) == (0, "nothing to mend\n")

    true = "Noise; t = 0 is a clean image, t = 1000 pure noise."
    doubtful = "At t = 700 hardly anything is left."
    wrong = "Here t = 700."
    for text, code, printed in (
        (true, 0, ""),
        (doubtful, 0, "warning: the discussion of dot says t = 700, but its runs have 250, 500"),
        (wrong, 1, ": the discussion of dot says t = 700, but its runs have 250, 500, 750"),
        (f"{wrong} {{# meant #}}", 0, ""),
    ):
        sound.write("noise", NOISE.replace("discussion: Noise.", f"discussion: >-\n      {text}"))
        build(sound.root, Options())
        answer = run(sound, "check")
        assert answer.exit_code == code, answer.output
        assert printed in answer.output
    assert set(docs) <= set(files(sound.root / "docs"))


def test_stale_pages_and_a_page_removed(sound: Project) -> None:
    sound.write("hybrids", HYBRIDS.replace("Near and far.", "Far and near."))
    before = files(sound.root / "docs")
    answer = run(sound, "check")
    assert answer.exit_code == 1
    assert answer.output.startswith("docs/report: error: the pages are not those of the specs")
    assert files(sound.root / "docs") == before
    build(sound.root, Options())
    assert run(sound, "check").exit_code == 0
    (sound.root / "docs" / "report" / "hybrids.md").unlink()
    answer = run(sound, "check")
    assert answer.exit_code == 1
    assert "run fwd-report build" in answer.output


def test_before_the_first_build_one_line_says_so(project: Project) -> None:
    project.write("report", SOUND)
    answer = run(project, "check")
    assert answer.exit_code == 1
    assert answer.output.splitlines() == [
        "docs/report: error: nothing is built yet: run fwd-report build",
        "1 to mend: fwd-report build does that",
    ]
    assert not (project.root / "docs").exists()


def test_a_line_for_each_section_says_what_a_build_mends(sound: Project) -> None:
    more = "  - {id: new, technique: sample, prompt: a dog, steps: 3, caption: New.}\n"
    sound.write("noise", NOISE.replace("discussion: Noise.", "discussion: TODO") + more)
    sound.write("hybrids", HYBRIDS.replace("discussion: A skull.", "discussion: FIXME"))
    lines = run(sound, "check").output.splitlines()
    assert lines[-4:-1] == [
        "noise: 2 to mend: 1 by you, 1 by fwd-report build",
        "hybrids: 1 to mend",
        "docs/report: 1 to mend: fwd-report build does that",
    ]
    assert lines[-1].startswith("4 to mend: 2 by you, 2 by fwd-report build (what is meant")
    found = json.loads(run(sound, "check", "--json").output)
    assert [item["by"] for item in found] == ["writer", "build", "writer", "build"]


def test_the_site_has_a_page_of_what_the_rubric_asks_for(project: Project) -> None:
    shutil.copy(REPOSITORY / "mkdocs.yml", project.root)
    shutil.copytree(REPOSITORY / "site_templates", project.root / "site_templates")
    project.write("report", SOUND.replace("rubric: none", "rubric: cs180-fa24"))
    build(project.root, Options())
    build_site(project.root, project.root / "site")
    page = (project.root / "site/report/deliverables/index.html").read_text()
    row = page[page.index("the forward process at t = 250, 500, 750") :]
    assert '<a href="../noise/#fig-dot">Figure 1</a></td>\n<td>yes</td>' in row
    assert 'href="../deliverables/"' in (project.root / "site/report/noise/index.html").read_text()

    project.write("noise", NOISE.replace("[250, 500, 750]", "[250, 500]"))
    build(project.root, Options())
    answer = run(project, "check")
    assert answer.exit_code == 1
    assert "noise.yaml:4: error: covers 1.1, but forward lacks t = 750" in answer.output
    assert "no section covers 1.8 (two visual anagrams, both orientations)" in answer.output
    assert "B1.1" not in answer.output
    assert "lacks t" in (project.root / "docs/report/deliverables.md").read_text()


def test_json_is_strict_and_has_the_severity(sound: Project) -> None:
    sound.write("noise", NOISE.replace("discussion: Noise.", "discussion: TODO \\u0007"))
    answer = run(sound, "check", "--json")
    assert answer.exit_code == 1

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    found = json.loads(answer.output, parse_constant=refuse)
    assert [(item["kind"], item["severity"]) for item in found] == [
        ("placeholder", "error"),
        ("stale", "error"),
    ]
    assert (found[0]["file"], found[0]["line"]) == ("experiments/noise.yaml", 12)
