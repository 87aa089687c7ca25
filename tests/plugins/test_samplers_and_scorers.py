"""A sampler with wrong times and a scorer with wrong answers are refused before they are used."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugins.test_broken import project_of
from tests.plugins.test_kinds import SAMPLER, SCORER

from fwd_report.build import build
from fwd_report.errors import UserError
from fwd_report.models.scorer import plugged_scorer
from fwd_report.plugins.folder import read_folder
from fwd_report.plugins.offers import Plugins
from fwd_report.running import Options

SAMPLED = "title: A\nexperiments:\n  - {id: x, technique: sample, prompt: a dog, steps: 2, "
SAMPLED += "sampler: frozen, caption: c}\n"


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ("[3]", "has 1 times; a loop has two or more"),
        ("[999, 5000, 0]", "has 5000 after 999; the model's time falls from noise to the image"),
        ("[999, 999, 0]", "has 999 after 999"),
        ("[500.5, 0]", "asks at 500.5; the model's times are the whole numbers from 0 to 999"),
        ("[float('nan'), 0]", "has times that are not finite"),
        ("None", "'NoneType' object is not iterable"),
        ("['a', 'b']", "could not convert string to float"),
        ("__import__('itertools').count()", "has 10,001 times"),
        (
            "1 / 0",
            "techniques/samplers/frozen.py:10: timesteps(2) of the sampler: ZeroDivisionError",
        ),
    ],
)
def test_a_sampler_with_wrong_times_is_an_error_before_the_first(
    tmp_path: Path, tiny_if: Path, times: str, message: str
) -> None:
    """Most of them made a picture, which was wrong."""
    sampler = SAMPLER.replace("self.of.timesteps(steps)", times)
    root = project_of(tmp_path / "p", {"samplers/frozen.py": sampler})
    (root / "experiments" / "report.yaml").write_text(f"title: T\nmodel: {tiny_if}/stage_1\n")
    (root / "experiments" / "a.yaml").write_text(SAMPLED)
    (failure,) = build(root, Options()).failures
    assert failure.wrong_input
    assert "techniques/samplers/frozen.py" in failure.cause
    assert message in failure.cause


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.5", "0.0", "has the temperature 0.0, which is no positive number"),
        ("0.5", "float('nan')", "has the temperature nan"),
        ("pictures.mean((2, 3))", "pictures.mean((2, 3)) * 0", "the lengths [0.0, 0.0] in images"),
        ("return torch.nn", "return 100 * torch.nn", "in images, not unit vectors"),
        ("return torch.nn", "return None; torch.nn", "answers NoneType in images"),
        ("torch.eye(3)[[", "torch.eye(3)[0, [", "answers (2,) to two texts"),
        ("torch.eye(3)", "torch.eye(5)", "which are not of one space"),
        ("torch.eye(3)", "torch.eye(3).double()", "torch.float64 in texts, which are not of one"),
        ("torch.eye(3)", "int('x')", "even.py:10: the scorer 'even' answers nothing: ValueError"),
    ],
)
def test_a_scorer_whose_answers_are_none_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    root = project_of(tmp_path, {"scorers/even.py": SCORER.replace(old, new)})
    with (
        Plugins(root, read_folder(root)).used(),
        pytest.raises(UserError, match=r"^techniques/scorers/even\.py:") as caught,
    ):
        plugged_scorer("even", "cpu")
    assert message in str(caught.value)
