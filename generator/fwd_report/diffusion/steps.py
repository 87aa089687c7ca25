"""A step of a process as a question, so that the steps of many images are batched."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.process import BatchedProcess, Process
from fwd_report.diffusion.program import Prediction, Program
from fwd_report.diffusion.rows import stacked, unstacked
from fwd_report.plugins.problems import as_exception


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """The computation that `step` yields: the image at t_next, on the device of the prediction."""

    process: Process
    xt: Tensor
    t: float
    t_next: float
    prediction: Prediction
    noise: Noise

    @property
    def like(self) -> Tensor:
        return self.prediction.value

    def kind(self) -> Hashable:
        process, xt, value = self.process, self.xt, self.prediction.value
        plain = xt.ndim == 3 and xt.dtype == value.dtype == torch.float32
        batched = hasattr(process, "draws") and hasattr(process, "step_many")
        if not plain or value.requires_grad or not batched:
            return None
        return (
            process if isinstance(process, Hashable) else id(process),
            cast("BatchedProcess", process).draws(self.t, self.t_next),
            self.prediction.variance is None,
            xt.shape,
            value.device,
        )

    def alone(self) -> Tensor:
        return self.process.step(self.xt, self.t, self.t_next, self.prediction, self.noise)

    def together(self, asked: Sequence[Step]) -> Sequence[Tensor | Exception]:
        draws: list[Tensor] = []
        if cast("BatchedProcess", self.process).draws(self.t, self.t_next):
            draws = [step.noise.take(step.xt.shape) for step in asked]
        try:
            return _taken(asked, draws)
        except BaseException as error:
            failed = as_exception(error)
            if len(asked) == 1:
                return [failed]
        # With the draws that each has taken by now.
        return [
            answer
            for row, step in enumerate(asked)
            for answer in _one_taken(step, draws[row : row + 1])
        ]


def _one_taken(step: Step, draws: Sequence[Tensor]) -> Sequence[Tensor | Exception]:
    try:
        return _taken([step], draws)
    except BaseException as error:
        return [as_exception(error)]


def _taken(asked: Sequence[Step], draws: Sequence[Tensor]) -> Sequence[Tensor]:
    """The images after steps of one kind, with these draws, if the steps draw."""
    process, device = cast("BatchedProcess", asked[0].process), asked[0].like.device
    variances = [step.prediction.variance for step in asked if step.prediction.variance is not None]
    taken = process.step_many(
        stacked([step.xt for step in asked], device),
        [step.t for step in asked],
        [step.t_next for step in asked],
        Prediction(
            stacked([step.prediction.value for step in asked]),
            stacked(variances, device) if variances else None,
        ),
        stacked(draws, device) if draws else None,
    )
    return unstacked(taken, [step.xt for step in asked])


def step(
    process: Process, xt: Tensor, t: float, t_next: float, prediction: Prediction, noise: Noise
) -> Program[Tensor]:
    """Step from time t to t_next; return the image there.

    In a program, `x = yield from step(process, x, t, t_next, prediction, noise)` returns what
    `process.step(…)` with the same arguments would, and the steps of all programs are batched.
    """
    (x,) = yield (Step(process, xt, t, t_next, prediction, noise),)
    return x  # type: ignore[no-any-return]
