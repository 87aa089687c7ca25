"""Silent mistakes of own techniques are warned of: global random numbers, wrong step counts."""

import ast
from pathlib import Path

import pytest
from tests.plugins.test_broken import project_of
from tests.plugins.test_protocols import WRONG

from fwd_report.build import build, load_report
from fwd_report.plugins.global_draws import draw_lines
from fwd_report.running import Options
from fwd_report.site.check import Finding, check
from fwd_report.spec.load import load_project

DRAWN = "# here"


def said_by(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert not build(root, Options()).failures
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("draws", "of"),
    [
        ("import torch; torch.randn(3)", "torch"),
        ("import random; random.random()", "random"),
        ("import numpy; numpy.random.rand()", "numpy"),
    ],
)
def test_a_draw_from_a_global_generator_is_warned_of_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], draws: str, of: str
) -> None:
    files = {
        "own.py": WRONG.replace(
            "        yield from ()\n", f"        yield from ()\n        {draws}  {DRAWN}\n"
        )
    }
    root = project_of(tmp_path, files)
    section = "title: A\nexperiments:\n  - {id: x, technique: own, samples: 3, caption: c}\n"
    (root / "experiments" / "a.yaml").write_text(section)
    said = said_by(root, capsys)
    where = f"{drawing_line(root)}: a.x[0] draws from the global generator of "
    assert said.count("draws from the global") == 1
    assert f"warning: {where}{of}," in said


def test_a_field_that_a_technique_calls_without_effect_is_warned_of(tmp_path: Path) -> None:
    says = (
        "    strength: int = 0\n\n    def without_effect(self):\n"
        "        return {} if self.strength else {'strength': ('it is 0', 'raise it')}\n"
    )
    root = project_of(tmp_path, {"own.py": WRONG + says})
    section = root / "experiments" / "a.yaml"
    for strength, expected in ((0, ["strength has no effect: it is 0"]), (1, [])):
        written = f"{{id: x, technique: own, strength: {strength}, caption: c}}"
        section.write_text(f"title: A\nexperiments:\n  - {written}\n")
        assert [each.message for each in load_project(root).warnings] == expected


def drawing_line(root: Path) -> str:
    lines = (root / "techniques" / "own.py").read_text().splitlines()
    return f"techniques/own.py:{1 + next(i for i, line in enumerate(lines) if DRAWN in line)}"


def test_what_drew_from_a_global_generator_is_known_of_the_result_for_good(tmp_path: Path) -> None:
    drawn = f"        yield from ()\n        import torch; torch.randn(3)  {DRAWN}\n"
    root = project_of(tmp_path, {"own.py": WRONG.replace("        yield from ()\n", drawn)})
    for _ in range(2):  # the second build runs nothing
        assert not build(root, Options()).failures
        (found,) = (each for each in checked(root) if each.kind == "reproducible")
        assert found.by == "writer"
        assert (found.file, found.line) == ("experiments/a.yaml", 3)
        assert f"global generator of torch ({drawing_line(root)})" in found.message
        page = (root / "docs" / "report" / "a.md").read_text()
        assert "<dt>Not reproducible</dt><dd>draws from a global generator</dd>" in page
    own = root / "techniques" / "own.py"
    own.write_text(own.read_text().replace("torch.randn(3)", "torch.zeros(3)"))
    assert not build(root, Options()).failures
    assert not [each for each in checked(root) if each.kind == "reproducible"]
    assert "Not reproducible" not in (root / "docs" / "report" / "a.md").read_text()


def checked(root: Path) -> list[Finding]:
    return check(load_report(root, Options()), root)


@pytest.mark.parametrize(
    ("code", "of", "lines"),
    [
        ("import torch as t\nt.randn(3)\nt.randn(3, generator=g)\nt.zeros(3)", "torch", [2]),
        ("from torch import randn\nrandn(3)\nx.normal_()\nx.normal_(generator=g)", "torch", [2, 3]),
        ("import numpy as np\nnp.random.rand()\nnp.random.default_rng(1)", "numpy", [2]),
        ("from numpy.random import rand\nrand()\nfrom random import choice\nchoice(x)", "numpy",
         [2]),
        ("from random import choice, Random\nchoice(x)\nRandom(3)\nrun.random()", "random", [2]),
    ],
)  # fmt: skip
def test_calls_that_draw_globally_are_found(code: str, of: str, lines: list[int]) -> None:
    assert list(draw_lines(ast.parse(code), [of])) == lines


def test_own_generators_and_right_numbers_of_steps_are_not_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draws = "import torch; torch.randn(3, generator=torch.Generator().manual_seed(run.seed))"
    files = {"own.py": WRONG.replace("yield from ()", f"{draws}; yield from ()")}
    assert "warning" not in said_by(project_of(tmp_path, files), capsys)


def test_a_number_of_steps_that_is_not_made_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = "\n    def network_steps(self, needs):\n        return 7\n"
    said = said_by(project_of(tmp_path, {"own.py": WRONG + steps}), capsys)
    wrong = "techniques/own.py:4: Own.network_steps says 7, but a.x[0] made 0 steps"
    assert wrong in said


def test_a_metric_that_is_not_a_number_is_warned_of_and_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = WRONG.replace('{"n": 1.0}', '{"n": 1.0, "q": float("nan"), "psnr": float("inf")}')
    root = project_of(tmp_path, {"own.py": text})
    assert "the metric q of a.x[0] is not a number (NaN)" in said_by(root, capsys)
    (found,) = (each for each in checked(root) if each.kind == "number")
    assert (found.severity, found.line) == ("warning", 3)
    assert found.message.startswith("x: the metric q is not a number (NaN) in 1 run; a text")
