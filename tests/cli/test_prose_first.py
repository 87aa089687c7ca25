"""What no page could show is found before anything runs, at its line; nothing else is."""

from __future__ import annotations

import json

import pytest
from tests.helpers.project import HYBRIDS, NOISE, Project

OWN = """\
from typing import ClassVar

from fwd_report.techniques.base import Result, Technique
from fwd_report.techniques.forward import Forward


class Plain(Technique):
    name: ClassVar[str] = "plain"

    def program(self, run):
        yield from ()
        return Result(run.noise.draw((3, 8, 8)).clamp(-1, 1), metrics={"mood": 1.0})


class More(Forward):
    name: ClassVar[str] = "more"

    def program(self, run):
        result = yield from super().program(run)
        result.metrics["mood"] = 1.0
        return result


class Named(Plain):
    name: ClassVar[str] = "named"

    def numbers(self):
        return {"metrics": ["mood"]}
"""
DISCUSSION = "    discussion: Noise.\n"
WRONG = {
    r"Noise $\espilon$.": r"uses the unknown command \espilon; did you mean \epsilon?",
    r"Noise $\frac{1$.": r"the formula `\frac{1` is not understood",
    "{{ runs.dot.metrics.pnsr }}": "forward has no metric 'pnsr'",
    "{{ runs.dot[2].series.loss[-1] }}": "forward has no series 'loss'",
    "{{ report.hybrids.skull.metrics.psnr }}": "hybrid has no metric 'psnr'",
    "{% for run in runs.dot %}{{ run.metrics.pnsr }}{% endfor %}": "the run has no metric 'pnsr'",
    "{% for run in runs.dot %}{{ run.params.tt }}{% endfor %}": "the run has no parameter 'tt'",
    "{{ (runs.dot | first).metric.psnr }}": "a run has no 'metric'; did you mean 'metrics'?",
    "{{ runs.dot[3].seed }}": "experiment 'dot' has 3 runs, counted from 0, and no [3]",
    "{{ runs.dot[-4] }}": "experiment 'dot' has 3 runs, counted from 0, and no [-4]",
    "{{ report.hybrids.skull[9].seed }}": "experiment 'skull' has 1 run, counted from 0",
    r"By \eqref{eq:none}.": "refers to the equation 'eq:none'",
}
RIGHT = (
    "{{ runs.dot.metrics.psnr | round(1) }} dB, {{ runs.dot[1].metrics.ssim }}",
    "$10^{ {{ runs.dot.metrics.psnr }} }$, $\\hspace{ {{ runs.dot.metrics.psnr }}em}$",
    "{{ runs.dot | map(attribute='metrics.psnr') | max }}",
    "{% if runs.dot.metrics.psnr > 20 %}Good.{% endif %}{{ runs.dot.metrics.get('other') }}",
    "{{ runs.own.metrics.anything }}, {{ runs.more.metrics.mood }}, {{ runs.named.metrics.mood }}",
    "{% for name, value in runs.dot.metrics.items() %}{{ name }}{% endfor %}",
    "{{ runs.best.metrics.candidate }}, {{ runs.best.series.alignment[0] }}",
    "{{ runs.photos.params.prompt }}: {{ runs.photos.axes.anything }}",
)


def with_prose(project: Project, text: str) -> int:
    """Write a discussion of that text; its line in the file."""
    before, _, after = NOISE.partition(DISCUSSION)
    project.write("noise", f"{before}    discussion: |\n      As seen:\n\n      {text}\n{after}")
    return before.count("\n") + 4


@pytest.mark.parametrize(("text", "wrong"), WRONG.items())
def test_it_is_found_by_plan_check_and_build_and_nothing_runs(
    project: Project, text: str, wrong: str
) -> None:
    line = with_prose(project, text)
    for command in ("plan", "build"):
        answer = project(command)
        assert answer.returncode == 2
        assert f"experiments/noise.yaml:{line}" in answer.stderr
        assert wrong in answer.stderr
    assert project.stored() == set()
    checked = project("check")
    assert checked.returncode in (1, 2)
    said = checked.stdout + checked.stderr
    assert f"experiments/noise.yaml:{line}" in said
    assert wrong in said


def test_it_is_found_in_titles_labels_and_the_description(project: Project) -> None:
    project.write("hybrids", HYBRIDS.replace("title: Hybrids", r"title: Of $\espilon$"))
    report = project.root / "experiments" / "report.yaml"
    report.write_text(report.read_text() + "description: Of $\\alhpa$\n")
    answer = project("plan")
    assert answer.returncode == 2
    assert "experiments/hybrids.yaml:1" in answer.stderr
    assert r"did you mean \alpha?" in answer.stderr


def test_what_runs_may_make_right_is_let_be(project: Project) -> None:
    (project.root / "techniques").mkdir()
    (project.root / "techniques" / "own.py").write_text(OWN)
    with_prose(project, "\n\n      ".join(RIGHT))
    with (project.root / "experiments" / "noise.yaml").open("a") as file:
        file.write("  - {id: own, technique: plain, caption: Own.}\n")
        file.write("  - {id: named, technique: named, caption: Named.}\n")
        file.write("  - {id: best, technique: sample, prompt: a dog, steps: 4, best_of: 2, ")
        file.write("caption: The best.}\n")
        file.write("  - {id: more, technique: more, image: experiments/images/dot.png, ")
        file.write("caption: More.}\n")
    answer = project("plan", "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)
    with_prose(project, "{{ runs.named.metrics.mod }}")
    with (project.root / "experiments" / "noise.yaml").open("a") as file:
        file.write("  - {id: named, technique: named, caption: Named.}\n")
    answer = project("plan")
    assert answer.returncode == 2
    assert "named has no metric 'mod'" in answer.stderr
    assert "did you mean 'mood'?" in answer.stderr
