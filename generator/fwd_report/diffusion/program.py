"""Programs that ask questions: the one idea the techniques and the engine share.

A program is a generator written for one image. It yields what it wants to know and is sent the
answers, one for each question in the same order; what it returns is its result. There are two
kinds of question: a `Query` to a model, and a `Computation` on images, such as a step of a
process. Nothing in a program knows about batches: the engine collects the questions of every live
program and answers them together.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from torch import Tensor

Returned = TypeVar("Returned")


@dataclass(frozen=True, eq=False, slots=True)
class Query:
    """One question to a model: what do you predict for `x` at `t` under `condition`?

    x: (C, H, W) float32, in the model's own range; t: the process's own time (an integer timestep
    for ddpm, a float in [0, 1] for flow); condition: what that model understands (a prompt, a
    class label, None for no class, a stage II conditioning). The answer is a `Prediction`.
    """

    model: str
    x: Tensor
    t: float
    condition: Any


@dataclass(frozen=True, eq=False, slots=True)
class Prediction:
    """What a model answers: ε under a ddpm process, the velocity v under a flow process.

    value: (C, H, W), the shape of the query's x. variance: the `learned_range` channels in
    [-1, 1], same shape, or None where the model predicts none. Of a batch both are (B, C, H, W).
    """

    value: Tensor
    variance: Tensor | None = None


class Computation(Protocol):
    """One question that no model is asked: it is computed from images, like ones at once."""

    @property
    def like(self) -> Tensor:
        """An image of the shape, and on the device, of those computed."""

    def kind(self) -> Hashable:
        """Questions of equal kinds are computed together; None: each is alone."""

    def alone(self) -> Any:
        """The answer."""

    def together(self, asked: Sequence[Any]) -> Sequence[Any]:
        """The answers to questions of this kind, in order, each equal to `alone` of it."""


Question = Query | Computation
Program = Generator[tuple[Question, ...], tuple[Any, ...], Returned]
"""Yields questions and is sent their answers: for a query a `Prediction`."""
Estimator = Callable[[Tensor, float], Program[Prediction]]
"""estimate(x, t) -> a program that returns the prediction at (x, t)."""


def together(*programs: Program[Any]) -> Program[tuple[Any, ...]]:
    """Run programs in lockstep, their questions joined; return their results in order.

    As `asyncio.gather`: each round asks what every unfinished program asks. A program that
    ends early simply asks nothing more.
    """
    results: list[Any] = [None] * len(programs)
    asked: dict[int, tuple[Question, ...]] = {}

    def advance(index: int, answers: tuple[Any, ...] | None) -> None:
        try:
            asked[index] = programs[index].send(answers)  # type: ignore[arg-type]
        except StopIteration as stop:
            results[index] = stop.value
            asked.pop(index, None)

    for index in range(len(programs)):
        advance(index, None)
    while asked:
        order = sorted(asked)
        answers = yield tuple(question for index in order for question in asked[index])
        start = 0
        for index in order:
            count = len(asked[index])
            advance(index, tuple(answers[start : start + count]))
            start += count
    return tuple(results)
