"""Runs programs, and opens models, without the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch

from fwd_report.diffusion.program import Prediction, Program
from fwd_report.models.cascade import Cascade
from fwd_report.models.digest import digest_of_parts, digests_in
from fwd_report.models.folder_layout import STAGE_PARTS
from fwd_report.models.handle import Evaluator
from fwd_report.models.opening import open_model
from fwd_report.models.prompts import PromptEncoder
from fwd_report.store.store import Store

T = TypeVar("T")


def run_alone(program: Program[T], evaluators: Mapping[str, Evaluator]) -> tuple[T, int]:
    """The program's result and how many queries it made, each answered in a batch of one."""
    answers: tuple[Prediction, ...] | None = None
    calls = 0
    while True:
        try:
            queries = program.send(answers)  # type: ignore[arg-type]
        except StopIteration as done:
            return done.value, calls
        answers = tuple(evaluators[query.model].evaluate([query])[0] for query in queries)
        calls += len(queries)


def run_together(programs: Sequence[Program[T]], evaluator: Evaluator) -> list[T]:
    """The programs' results, each round's queries of all of them answered in one batch."""
    results: dict[int, T] = {}
    answers: dict[int, tuple[Prediction, ...] | None] = dict.fromkeys(range(len(programs)))
    while answers:
        asked = {}
        for number, given in answers.items():
            try:
                asked[number] = programs[number].send(given)  # type: ignore[arg-type]
            except StopIteration as done:
                results[number] = done.value
        batch = [query for queries in asked.values() for query in queries]
        predictions = iter(evaluator.evaluate(batch) if batch else [])
        answers = {
            number: tuple(next(predictions) for _ in queries) for number, queries in asked.items()
        }
    return [results[number] for number in range(len(programs))]


def cascade_of(stages: Mapping[int, Path], cache: Path) -> Cascade:
    """The model whose stages lie in these folders, on the CPU in float32.

    cache: what is remembered of it lies there.
    """
    memory = Store(cache).memory
    opened = {n: partial(open_model, path, memory, STAGE_PARTS[n]) for n, path in stages.items()}
    digest = digest_of_parts(digests_in(stages[1], memory, STAGE_PARTS[1]))
    encoder = partial(PromptEncoder, opened[1], digest, memory, "cpu", torch.float32)
    return Cascade(opened, encoder, "cpu", torch.float32)
