"""Runs a program without the engine: in a notebook, a script or a test."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from inspect import GEN_CREATED, getgeneratorstate
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from fwd_report.diffusion.computing import compute
from fwd_report.diffusion.program import (
    Estimator,
    Prediction,
    Program,
    Query,
    Question,
    Returned,
)

MADE_OF = (
    "a loop takes timesteps as process.timesteps(20) gives them, and estimators as "
    "model.estimate(prompt) or estimator(f) gives them"
)


class Answering(Protocol):
    """A model that can be queried: the name that queries are addressed to, and its predictions."""

    @property
    def name(self) -> str:
        """The value of `Query.model` in queries to it."""

    def evaluate(self, queries: Sequence[Query]) -> Sequence[Prediction]:
        """The prediction for each query, in order."""


def answer(program: Program[Returned], *models: Answering) -> Returned:
    """Run a program to its end and return its result; `models` answer its queries.

    Queries that are made at once are answered at once: `answer(together(*programs), model)` draws
    several images in shared batches. A program that uses only `estimator(f)` needs no model.

    Raises LookupError for a query that is addressed to none of the models, ValueError for a program
    that has already run, TypeError for an object that is no program or was created with wrong
    arguments, and whatever the program raises.
    """
    if not isinstance(program, Generator):
        raise TypeError(f"answer() takes a loop, such as denoise(…) makes, not {program!r}")
    if getgeneratorstate(program) != GEN_CREATED:
        raise ValueError("this loop has been driven already; make a new one")
    by_name = {model.name: model for model in models}
    answers: tuple[Any, ...] | None = None
    while True:
        try:
            questions = program.send(answers)  # type: ignore[arg-type]
        except StopIteration as done:
            result: Returned = done.value
            return result
        except TypeError as error:
            if answers is None and _is_of_the_mathematics(error):
                raise TypeError(f"{error}: {MADE_OF}") from error
            raise
        answers = _answered(questions, by_name)


def estimator(f: Callable[[Tensor, float], Tensor | Prediction]) -> Estimator:
    """An estimator that calls f(x, t), any function or network of one image.

    x: (C, H, W); t: the process's own time. f returns what the models of the process predict, in
    the shape of x: ε for `DDPM`, the velocity v for `Flow`; or a `Prediction`, which may have a
    variance.
    """

    def estimate(x: Tensor, t: float) -> Program[Prediction]:
        value = f(x, t)
        yield from ()
        return value if isinstance(value, Prediction) else Prediction(value)

    return estimate


def _is_of_the_mathematics(error: TypeError) -> bool:
    """Whether the error was raised by the package's own formulas and not by a user's function."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    file = "" if trace is None else trace.tb_frame.f_code.co_filename
    return file != __file__ and Path(file).parent == Path(__file__).parent


def _answered(questions: Sequence[Question], models: dict[str, Answering]) -> tuple[Any, ...]:
    """The answers in the order of the questions; each model is called once."""
    found: dict[int, Any] = {}
    rest = {place: one for place, one in enumerate(questions) if not isinstance(one, Query)}
    found.update(zip(rest, compute(list(rest.values())), strict=True))
    for answer in found.values():
        if isinstance(answer, Exception):
            raise answer
    queries = {place: one for place, one in enumerate(questions) if isinstance(one, Query)}
    for name in dict.fromkeys(query.model for query in queries.values()):
        if name not in models:
            given = ", ".join(models) or "none"
            raise LookupError(
                f"the program asks the model {name!r}, and answer() was given {given}"
            )
        places = [place for place, query in queries.items() if query.model == name]
        predictions = models[name].evaluate([queries[place] for place in places])
        found |= dict(zip(places, predictions, strict=True))
    return tuple(found[place] for place in range(len(questions)))
