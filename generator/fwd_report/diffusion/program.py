"""Programs that ask questions: the one idea the techniques and the engine share.

A program is a generator written for one image. It yields the queries it wants a model to
evaluate and is sent the predictions, one for each query in the same order; what it returns is
its result. Nothing in a program knows about batches: the engine collects the queries of every
live program and answers them together.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import Tensor

Returned = TypeVar("Returned")


@dataclass(frozen=True, eq=False)
class Query:
    """One question to a model: what do you predict for `x` at `t` under `condition`?

    x: (C, H, W) float32 on the CPU, in the model's own range; t: the process's own time (an
    integer timestep for ddpm, a float in [0, 1] for flow); condition: what that model
    understands (a prompt, a class label, None for no class, a stage II conditioning).
    """

    model: str
    x: Tensor
    t: float
    condition: Any


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model answers: ε under a ddpm process, the velocity v under a flow process.

    value: (C, H, W), the shape of the query's x. variance: the `learned_range` channels in
    [-1, 1], same shape, or None where the model predicts none.
    """

    value: Tensor
    variance: Tensor | None = None


Program = Generator[tuple[Query, ...], tuple[Prediction, ...], Returned]
Estimator = Callable[[Tensor, float], Program[Prediction]]
"""estimate(x, t) -> a program that returns the prediction at (x, t)."""


def together(*programs: Program[Any]) -> Program[tuple[Any, ...]]:
    """Run programs in lockstep, their queries joined; return their results in order.

    As `asyncio.gather`: each round asks what every unfinished program asks. A program that
    ends early simply asks nothing more.
    """
    results: list[Any] = [None] * len(programs)
    asked: dict[int, tuple[Query, ...]] = {}

    def advance(index: int, answers: tuple[Prediction, ...] | None) -> None:
        try:
            asked[index] = programs[index].send(answers)  # type: ignore[arg-type]
        except StopIteration as stop:
            results[index] = stop.value
            asked.pop(index, None)

    for index in range(len(programs)):
        advance(index, None)
    while asked:
        order = sorted(asked)
        answers = yield tuple(query for index in order for query in asked[index])
        start = 0
        for index in order:
            count = len(asked[index])
            advance(index, tuple(answers[start : start + count]))
            start += count
    return tuple(results)
