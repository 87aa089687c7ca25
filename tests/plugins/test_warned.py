"""Silent mistakes of own techniques are warned of: global random numbers, wrong step counts."""

from pathlib import Path

import pytest
from tests.plugins.test_broken import project_of
from tests.plugins.test_protocols import WRONG

from fwd_report.build import build
from fwd_report.running import Options


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
            "        yield from ()\n", f"        yield from ()\n        {draws}\n"
        )
    }
    root = project_of(tmp_path, files)
    section = "title: A\nexperiments:\n  - {id: x, technique: own, samples: 3, caption: c}\n"
    (root / "experiments" / "a.yaml").write_text(section)
    said = said_by(root, capsys)
    where = "warning: techniques/own.py:4: a.x[0] draws from the global generator of "
    assert said.count("draws from the global") == 1
    assert f"{where}{of}," in said


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
