"""Pages are written where they belong, only when something changed, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from tests.helpers.every_part import every_part
from tests.helpers.fabricate import Fabric, Sample, picture
from tests.site.conftest import lay_out

import fwd_report
from fwd_report.site.inputs import CODE, MODULES, Inputs
from fwd_report.site.render import render_site
from fwd_report.site.results import ReportResult, SectionResult


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def with_caption(report: ReportResult, caption: str) -> ReportResult:
    """The report with another caption for the first section's first experiment."""
    section = report.sections[0]
    first = section.experiments[0]
    edited = replace(first, spec=replace(first.spec, caption=caption))
    specs = (edited.spec, *section.spec.experiments[1:])
    changed = SectionResult(
        replace(section.spec, experiments=specs), (edited, *section.experiments[1:])
    )
    sections = (changed, *report.sections[1:])
    project = replace(report.project, sections=tuple(item.spec for item in sections))
    return replace(report, project=project, sections=sections)


def test_a_second_render_writes_nothing_and_is_quick(project: Path, report: ReportResult) -> None:
    assert render_site(report, project)
    before = contents(project / "docs")
    seconds = []
    for _ in range(10):
        start = time.process_time()
        assert render_site(report, project) == []
        seconds.append(time.process_time() - start)
    assert contents(project / "docs") == before
    assert min(seconds) < 0.03


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What a process that writes a report's pages has imported: of heavy libraries, before; of this
    package, after; and of heavy libraries when it has looked again whether they are current.
    """
    code = (
        "import sys; from pathlib import Path\n"
        "heavy = ('PIL', 'numpy', 'matplotlib', 'torch', 'jinja2', 'markdown', 'py_mini_racer')\n"
        "from fwd_report.site.render import render_site\n"
        "print(*[name for name in heavy if name in sys.modules])\n"
        "from tests.helpers.every_part import every_part\n"
        "root = Path(sys.argv[1]); report = every_part(root)\n"
        "assert render_site(report, root)\n"
        "print(*[name for name in sys.modules if name.startswith('fwd_report.')])\n"
        "for name in list(sys.modules):\n"
        "    if name.split('.')[0] in heavy: del sys.modules[name]\n"
        "assert render_site(report, root) == []\n"
        "print(*[name for name in heavy if name in sys.modules])\n"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", code, str(lay_out(tmp_path_factory.mktemp("imported")))],
        capture_output=True,
        text=True,
        cwd=root,
        env={"PYTHONPATH": f"{root / 'generator'}:{root}", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return [line.split() for line in answer.stdout.splitlines()]


def test_looking_whether_pages_are_current_imports_nothing_heavy(imported: list[list[str]]) -> None:
    before, _, after = imported
    assert (before, after) == ([], [])


def test_all_code_that_rendering_loads_is_in_the_stamp(imported: list[list[str]]) -> None:
    package = Path(fwd_report.__file__).parent
    parts = {name.split(".")[1] for name in imported[1]} - {"cli", "build"}
    folders = {name for name in parts if (package / name).is_dir()}
    assert "spec" in folders
    assert folders <= set(CODE)
    assert {f"{name}.py" for name in parts - folders} <= set(MODULES)


def test_a_caption_edit_rewrites_its_page_alone(project: Path, report: ReportResult) -> None:
    render_site(report, project)
    before = contents(project / "docs")
    written = render_site(with_caption(report, "Another."), project)
    assert written == [project / "docs/report/setup.md"]
    changed = {name for name, was in contents(project / "docs").items() if was != before.get(name)}
    assert changed == {"report/setup.md", "report/_stamp.json"}


def test_a_damaged_or_missing_page_is_written_again(project: Path, report: ReportResult) -> None:
    render_site(report, project)
    page = project / "docs/report/forward.md"
    text = page.read_text()
    for damage in (page.unlink, lambda: page.write_text("short")):
        damage()
        assert render_site(report, project) == [page]
        assert page.read_text() == text


def test_what_is_no_longer_produced_goes_and_the_rest_of_docs_stays(
    project: Path, report: ReportResult
) -> None:
    guide = project / "docs" / "guide.md"
    guide.write_text("mine")
    render_site(report, project)
    fewer = replace(report, sections=report.sections[1:2])
    render_site(fewer, project)
    names = set(contents(project / "docs"))
    assert "report/forward.md" in names
    assert "report/setup.md" not in names
    assert not any("film" in name for name in names)
    assert guide.read_text() == "mine"


def test_the_root_page_is_made_once_and_then_belongs_to_the_user(
    project: Path, report: ReportResult
) -> None:
    index = project / "docs" / "index.md"
    render_site(report, project)
    assert "_front.md" in index.read_text()
    index.write_text("# My own\n")
    render_site(with_caption(report, "Another."), project)
    assert index.read_text() == "# My own\n"


def test_a_new_section_is_in_the_navigation_in_its_order_and_part(tmp_path: Path) -> None:
    fabric = Fabric(tmp_path)

    def section(name: str, part: str) -> SectionResult:
        entries = [fabric.entry(name, "one", Sample(), picture(0, 8))]
        experiments = [fabric.experiment("one", Sample, entries)]
        return fabric.section(name, name.capitalize(), experiments, part=part)

    first, new, last = section("zulu", "Part A"), section("new", "Part A"), section("alpha", "")

    def navigation(*sections: SectionResult) -> list:
        render_site(fabric.report(*sections), tmp_path)
        return yaml.safe_load((tmp_path / "docs/report/_nav.yml").read_text())["nav"]

    zulu = {"Zulu": "report/zulu.md"}
    assert navigation(first, last) == [
        {"Home": "index.md"},
        {"Part A": [zulu]},
        {"Alpha": "report/alpha.md"},
    ]
    assert navigation(first, new, last)[1] == {"Part A": [zulu, {"New": "report/new.md"}]}


def test_titles_are_text(tmp_path: Path) -> None:
    fabric = Fabric(tmp_path)
    (tmp_path / "docs").mkdir()
    entries = [fabric.entry("a", "one", Sample(), picture(0, 8))]
    experiment = fabric.experiment("one", Sample, entries, title="<i>x</i> *y* {#z}")
    render_site(fabric.report(fabric.section("a", "A_b_ <c>", [experiment])), tmp_path)
    page = (tmp_path / "docs/report/a.md").read_text()
    assert "<i>" not in page
    assert "<c>" not in page
    assert "*y*" not in page


def test_the_same_results_make_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        root = tmp_path / name
        report = every_part(root)
        (root / "docs").mkdir()
        render_site(report, root)
        made.append({k: v for k, (_, v) in contents(root / "docs").items() if "_stamp" not in k})
    assert made[0] == made[1]


def test_a_run_that_is_absent_leaves_its_place_empty(tmp_path: Path) -> None:
    fabric = Fabric(tmp_path)
    entries = [
        fabric.entry("a", "one", Sample(steps=s), picture(s, 8), {"seed": seed, "steps": s})
        for seed, s in ((1, 5), (1, 20), (2, 20))
    ]
    experiment = fabric.experiment("one", Sample, entries, absence="one[2]: out of memory")
    render_site(fabric.report(fabric.section("a", "A", [experiment])), tmp_path)
    page = (tmp_path / "docs/report/a.md").read_text()
    last_row = page[page.index("seed 2") :]
    assert last_row.index("not run yet") < last_row.index("<img")


@pytest.mark.parametrize("absence", ["out of memory", None])
def test_results_that_lost_their_picture_are_a_box_not_a_broken_image(
    tmp_path: Path, absence: str | None
) -> None:
    fabric = Fabric(tmp_path)
    (tmp_path / "docs").mkdir()
    entry = fabric.entry("a", "one", Sample(), picture(0, 8))
    entry.picture().unlink()
    experiment = fabric.experiment("one", Sample, [entry], absence=absence)
    render_site(fabric.report(fabric.section("a", "A", [experiment])), tmp_path)
    page = (tmp_path / "docs/report/a.md").read_text()
    assert (absence or "image.png") in page
    assert "<img" not in page


def test_numbers_beneath_pictures_can_be_left_out(project: Path, report: ReportResult) -> None:
    page = project / "docs" / "report" / "denoise.md"
    render_site(report, project)
    assert "fwd-note" in page.read_text()
    section = next(section for section in report.sections if section.spec.name == "denoise")
    edited = tuple(
        replace(result, spec=replace(result.spec, metrics=False)) for result in section.experiments
    )
    spec = replace(section.spec, experiments=tuple(result.spec for result in edited))
    changed = SectionResult(spec, edited)
    sections = tuple(changed if item is section else item for item in report.sections)
    specs = tuple(item.spec for item in sections)
    made = replace(report, sections=sections, project=replace(report.project, sections=specs))
    render_site(made, project)
    assert "fwd-note" not in page.read_text()


def test_a_field_that_the_figure_alone_reads_is_seen(project: Path, report: ReportResult) -> None:
    """`--set section.id.every=2` changes neither a key nor the YAML."""
    render_site(report, project)
    assert render_site(report, project) == []
    section = report.sections[0]
    (result,) = section.experiments
    variants = (replace(result.spec.variants[0], technique=Sample(steps=7)),)
    spec = replace(result.spec, variants=variants)
    sections = (replace(section.spec, experiments=(spec,)), *report.project.sections[1:])
    changed = replace(report, project=replace(report.project, sections=sections))
    first = Inputs(report.project, (), project).of_all
    assert Inputs(changed.project, (), project).of_all != first
