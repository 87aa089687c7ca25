"""A mistake in one computation of many is the answer to that one, and ends nothing else."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from tests.diffusion.test_steps import SHAPE, draw, steps_of
from torch import Tensor

from fwd_report.diffusion.computing import Applied, compute
from fwd_report.diffusion.ddim import DDIM
from fwd_report.diffusion.ddpm import DDPM
from fwd_report.diffusion.flow import Flow
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction
from fwd_report.diffusion.steps import Step


@dataclass
class Unhashable:
    by: float

    def __call__(self, images: Tensor) -> Tensor:
        return images * self.by


class BadEqual:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("cannot be compared")

    def __hash__(self) -> int:
        return 1


@dataclass(frozen=True)
class WrongDraws(Flow):
    def draws(self, t: float) -> bool:  # type: ignore[override]
        return False


@dataclass(frozen=True)
class FewerRows(Flow):
    def step_many(self, xt: Tensor, *rest: Any) -> Tensor:
        return super().step_many(xt, *rest)[0]


X = torch.zeros(SHAPE)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (Applied(Unhashable(2.0), (X,)), "unhashable type: 'Unhashable'"),
        (Applied(lambda x: x.mean(0), (X,)), "of a batch (B, C, H, W) returned (3, 16, 16)"),
        (Applied(lambda x: x[:0], (X,)), "of a batch of 1 images returned (0, 3, 16, 16)"),
        (Applied(lambda x: None, (X,)), "of a batch (B, C, H, W) returned NoneType"),
        (Applied(lambda x: sys.exit(3), (X,)), "SystemExit: 3"),
        (Applied(torch.neg, ()), "index out of range"),
        (Applied(torch.neg, (1.0,)), "no attribute 'shape'"),
        (Step(WrongDraws(), X, 0.0, 0.5, Prediction(X), Noise(0)), "positional argument"),
        (Step(FewerRows(), X, 0.0, 0.5, Prediction(X), Noise(0)), "returned (3, 16, 16)"),
        (X, "no attribute 'kind'"),
    ],
)  # fmt: skip
def test_a_mistake_is_the_answer_to_the_question_that_has_it(bad: Any, said: str) -> None:
    """As many as the channels too, where a lost dimension of the batch has the right length."""
    for count in (1, 3):
        first, *wrong, last = compute(
            [
                Applied(torch.neg, (draw(1),)),
                *(bad for _ in range(count)),
                steps_of(Flow(), False, [(0.0, 0.5)])[0],
            ]
        )
        assert torch.equal(first, -draw(1))
        assert isinstance(last, Tensor)
        assert len(wrong) == count
        for error in wrong:
            assert isinstance(error, Exception)
            assert said in str(error)


def test_functions_that_cannot_be_compared_fail_alone() -> None:
    class Negated(BadEqual):
        def __call__(self, images: Tensor) -> Tensor:
            return -images

    answers = compute(
        [Applied(Negated(), (X,)), Applied(Negated(), (X,)), Applied(torch.neg, (X,))]
    )
    assert [isinstance(each, Exception) for each in answers] == [False, True, False]


def test_a_process_with_one_of_both_methods_steps_image_by_image() -> None:
    class Half:
        def step(self, xt: Tensor, *_: Any) -> Tensor:
            return xt + 1

    class Other(Half):
        def draws(self, *_: Any) -> bool:
            raise AssertionError

    class Many(Half):
        def step_many(self, *_: Any) -> Tensor:
            raise AssertionError

    for process in (Other(), Many()):
        asked = [Step(process, draw(n), 1, 0, Prediction(draw(n)), Noise(n)) for n in range(2)]  # type: ignore[arg-type]
        assert all(torch.equal(each, draw(n) + 1) for n, each in enumerate(compute(asked)))


@pytest.mark.parametrize(
    ("process", "fine", "wrong"),
    [
        (DDPM.linear(10), (0, 9, 3.0), (-1, 10, 3.5, math.nan)),
        (DDIM(DDPM.linear(10)), (0, 9), (-1, 10)),
        (Flow(), (0, 1, 0.5, sum([0.1] * 10)), (-0.01, 1.01, math.inf, math.nan)),
    ],
)
def test_a_process_knows_the_times_of_its_models(process: Any, fine: Any, wrong: Any) -> None:
    for t in fine:
        process.check_time(t)
    for t in wrong:
        with pytest.raises(ValueError, match="the model's times are the"):
            process.check_time(t)
