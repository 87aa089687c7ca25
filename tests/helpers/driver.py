"""Runs programs, and opens models, without the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch

from fwd_report.diffusion.driver import answer
from fwd_report.diffusion.program import Program, Query, Question, together
from fwd_report.models.cascade import STAGE_NAMES, Cascade
from fwd_report.models.digest import digest_of_parts, digests_in
from fwd_report.models.folder_layout import STAGE_PARTS
from fwd_report.models.handle import Evaluator
from fwd_report.models.opening import open_model
from fwd_report.models.prompts import PromptEncoder
from fwd_report.store.store import Store

T = TypeVar("T")


def run_alone(program: Program[T], evaluators: Mapping[str, Evaluator]) -> tuple[T, int]:
    """The program's result and how many queries it made; each question is answered alone."""
    answers: tuple[Any, ...] | None = None
    calls = 0

    def answered(question: Question) -> Any:
        if isinstance(question, Query):
            return evaluators[question.model].evaluate([question])[0]
        return question.alone()

    while True:
        try:
            questions = program.send(answers)  # type: ignore[arg-type]
        except StopIteration as done:
            return done.value, calls
        answers = tuple(answered(question) for question in questions)
        calls += sum(isinstance(question, Query) for question in questions)


def run_together(programs: Sequence[Program[T]], evaluator: Evaluator) -> list[T]:
    """The results of programs that ask stage I, each round's questions answered in one batch."""

    class Asked:
        name = STAGE_NAMES[1]
        evaluate = staticmethod(evaluator.evaluate)

    return list(answer(together(*programs), Asked()))


def cascade_of(stages: Mapping[int, Path], cache: Path) -> Cascade:
    """The model whose stages lie in these folders, on the CPU in float32.

    cache: what is remembered of it lies there.
    """
    memory = Store(cache).memory
    opened = {n: partial(open_model, path, memory, STAGE_PARTS[n]) for n, path in stages.items()}
    digest = digest_of_parts(digests_in(stages[1], memory, STAGE_PARTS[1]))
    encoder = partial(PromptEncoder, opened[1], digest, memory, "cpu", torch.float32)
    return Cascade(opened, encoder, "cpu", torch.float32)
