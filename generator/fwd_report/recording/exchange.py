"""A program's queries and their answers, paired, and returned in the order asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fwd_report.diffusion.computing import compute
from fwd_report.diffusion.program import Computation, Program, Question
from fwd_report.techniques.base import Result


class Exchange:
    """A running program: it waits for answers to `asked`, or is done and has a `result`."""

    def __init__(self, program: Program[Result]) -> None:
        self.asked: tuple[Question, ...] = ()
        self.done = False
        self.result: Result
        self._program = program
        self._answers: list[Any] = []
        self._missing = 0

    def start(self) -> None:
        """Run the program to its first queries. Raises what the program raises."""
        self._send(None)

    def answer(self, place: int, answer: Any) -> bool:
        """Keep the answer to the query at that position; returns whether all are there now."""
        self._answers[place] = answer
        self._missing -= 1
        return not self._missing

    def go_on(self) -> None:
        """Send the program its answers, once all are there. Raises what the program raises."""
        self._send(tuple(self._answers))

    def _send(self, answers: tuple[Any, ...] | None) -> None:
        try:
            self.asked = self._program.send(answers)  # type: ignore[arg-type]
            while not self.asked:
                self.asked = self._program.send(())
        except StopIteration as done:
            self.asked, self.result, self.done = (), done.value, True
        self._missing = len(self.asked)
        self._answers = [None] * self._missing


def computed(asked: Sequence[Computation]) -> list[Any]:
    """The answers to what programs ask no model; an exception stands where one fails."""
    return compute(asked)
