"""Programs that ask questions: the idea that techniques and the engine share.

A program is a generator written for one image. It yields questions and is sent the answers, one for
each question in the same order; its return value is its result. There are two kinds of question: a
`Query` to a model, and a `Computation` on images, such as a step of a process. A program knows
nothing about batches: the engine collects the questions of all live programs and answers them
together.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from torch import Tensor

Returned = TypeVar("Returned")


@dataclass(frozen=True, eq=False, slots=True)
class Query:
    """A question to a model: what do you predict for `x` at `t` under `condition`?

    x: (C, H, W) float32, in the model's own range; t: the process's own time (an integer timestep
    for ddpm, a float in [0, 1] for flow); condition: what that model accepts (a prompt, a class
    label, None for no class, a stage II conditioning). The answer is a `Prediction`.
    """

    model: str
    x: Tensor
    t: float
    condition: Any


@dataclass(frozen=True, eq=False, slots=True)
class Prediction:
    """A model's answer: ε under a ddpm process, the velocity v under a flow process.

    value: (C, H, W), the shape of the query's x. variance: the `learned_range` channels in [-1, 1],
    of the same shape, or None if the model predicts none. For a batch both are (B, C, H, W).
    """

    value: Tensor
    variance: Tensor | None = None


class Computation(Protocol):
    """A question that needs no model: it is computed from images, together with others of its
    kind.
    """

    @property
    def like(self) -> Tensor:
        """An image with the shape and device of those computed."""

    def kind(self) -> Hashable:
        """Questions of equal kinds are computed together; None: each is computed alone."""

    def alone(self) -> Any:
        """The answer."""

    def together(self, asked: Sequence[Any]) -> Sequence[Any]:
        """The answers to questions of this kind, in order, each equal to `alone` of it."""


Question = Query | Computation
Program = Generator[tuple[Question, ...], tuple[Any, ...], Returned]
"""Yields questions and is sent their answers: a `Prediction` for each query."""
Estimator = Callable[[Tensor, float], Program[Prediction]]
"""estimate(x, t) -> a program that returns the prediction at (x, t)."""


def together(*programs: Program[Any]) -> Program[tuple[Any, ...]]:
    """Run programs in lockstep, their questions joined; return their results in order.

    Like `asyncio.gather`: each round joins the questions of every unfinished program. A program
    that ends early asks nothing more.
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
