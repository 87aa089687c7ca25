"""What a notebook shows of a run, an experiment and a section."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from tests.api.conftest import HYBRIDS, write
from tests.site.test_standalone import figures_of, with_files

from fwd_report import Report, open_report
from fwd_report.build import Options, build

SCRIPT = re.compile(r"<div><dt>In plain diffusers</dt>.*?</div>")


@pytest.fixture
def copied(ran: Path, tmp_path: Path) -> Report:
    """A report of which all has run, to be changed."""
    return open_report(shutil.copytree(ran, tmp_path / "copied", symlinks=True))


def test_it_is_the_figure_of_the_page(copied: Report) -> None:
    build(copied.root, Options())
    pages = copied.root / "docs" / "report"
    for section in copied.sections:
        shown = section._repr_html_()
        figures = figures_of((pages / f"{section.name}.md").read_text("utf-8"))
        for name, figure in figures.items():
            expected = SCRIPT.sub("", with_files(figure, pages / "figures"))
            assert expected in shown
            assert expected in section[name]._repr_html_()
    assert re.search(
        "<h2>Noise at .*<math.* &amp; &lt;later&gt;</h2>", copied["noise"]._repr_html_()
    )
    assert "Noise at 3 levels &amp; &lt;more&gt; of <span" in copied["noise.dot"]._repr_html_()
    assert "<math" in copied["noise.dot"]._repr_html_()
    assert "</a> 2<details" in copied["noise.photos"]._repr_html_()


def test_a_run_is_shown_by_itself_with_the_caption_of_its_experiment(ran: Path) -> None:
    run = open_report(ran)["noise.dot"][1]
    shown = run._repr_html_()
    assert "t = 500" in shown or 'alt="dot with noise of t 500' in shown
    assert "t = 250" not in shown
    assert "t 750" not in shown
    assert "Noise at 3 levels" in shown


def test_a_filtered_experiment_shows_what_is_left(ran: Path) -> None:
    shown = open_report(ran)["noise.dot"].filter(t=750)._repr_html_()
    assert "t 750" in shown
    assert "t 500" not in shown


def test_what_pages_do_not_show_is_shown_without_a_number(ran: Path) -> None:
    report = open_report(ran)
    assert "upside down" in report["hybrids.flipped"]._repr_html_()
    assert "fig-flipped" not in report["hybrids"]._repr_html_()


def test_what_has_not_run_says_how(report: Report) -> None:
    shown = report["noise"]._repr_html_()
    assert "report.run(&#39;noise.dot&#39;)" in shown
    assert "data:" not in shown


def test_the_bundle_has_what_is_asked_for(ran: Path) -> None:
    run = open_report(ran)["noise.dot"][0]
    assert set(run._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert run._repr_mimebundle_(include=["text/plain"]) == {"text/plain": repr(run)}
    assert set(run._repr_mimebundle_(exclude=["text/html"])) == {"text/plain"}


def test_a_mistake_in_the_prose_is_shown_in_its_place(report: Report) -> None:
    broken = HYBRIDS.replace("caption: Near and far.", "caption: '{{ experiment[9:][0].seed }}'")
    write(report.root, "hybrids", broken)
    shown = report["hybrids.skull"]._repr_html_()
    assert shown.startswith("<pre>experiments/hybrids.yaml:10")
    assert "Traceback" not in shown
