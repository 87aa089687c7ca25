"""Models and datasets that report.yaml names wrongly: said at their place in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fwd_report.errors import UserError
from fwd_report.plan.stages import stage_models
from fwd_report.spec.load import load_project


def project_of(root: Path, line: str) -> Path:
    (root / "experiments").mkdir()
    (root / "experiments" / "report.yaml").write_text(f"title: T\n{line}\n")
    (root / "experiments" / "a.yaml").write_text(
        "title: A\nexperiments: [{id: a, technique: sample, prompt: a dog, caption: A}]\n"
    )
    return root


@pytest.mark.parametrize("line", ["model: ~nosuchuser/x/y", "upscaler: nowhere"])
def test_a_model_that_is_nowhere(tmp_path: Path, line: str) -> None:
    project = load_project(project_of(tmp_path, line))
    with pytest.raises(UserError) as caught:
        stage_models(project)
    (problem,) = caught.value.problems
    assert (str(problem.file), problem.line, problem.excerpt) == (
        "experiments/report.yaml",
        2,
        line,
    )
    assert "no model folder" in problem.message


@pytest.mark.parametrize(
    ("line", "message"), [("dataset: mnits", "'mnist'"), ("dtype: float8", "'bfloat16'")]
)
def test_names_that_are_no_choice(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load_project(project_of(tmp_path, line))
    (problem,) = caught.value.problems
    assert problem.line == 2
    assert message in problem.message
