"""Those who use the package are told its types."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GENERATOR = Path(__file__).parents[2] / "generator"
USE = """\
from fwd_report import Experiment, Noise, Run, answer, denoise, guided, load_model, open_report

report = open_report(".", profile=None)
experiment: Experiment = report.sections[0]["skull"]
run: Run = experiment[{"sigma": 2}]
some: Experiment = experiment[:2].filter(lambda run: run.metrics["psnr"] > 20)
wrong: str = run.seed
model = load_model()
noise = Noise(1)
x = noise.draw(model.shape)
estimate = guided(model.estimate("a dog"), model.estimate(""), 7)
loop = denoise(model.process, x, model.process.timesteps(), estimate, noise)
also_wrong: int = answer(loop, model)
"""


@pytest.mark.slow
def test_a_type_checker_knows_the_names_and_finds_the_mistakes(tmp_path: Path) -> None:
    (tmp_path / "use.py").write_text(USE, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-untyped-imports", "use.py"]
    answer = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(GENERATOR)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    found = [line for line in answer.stdout.splitlines() if line.startswith("use.py:")]
    assert [line.split(":")[1] for line in found] == ["7", "13"], answer.stdout
    assert 'has type "int"' in found[0]
    assert 'has type "list[Tensor]"' in found[1]
