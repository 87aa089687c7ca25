"""A program's queries and their answers, paired, and returned in the order asked."""

from __future__ import annotations

from fwd_report.diffusion.program import Prediction, Program, Query
from fwd_report.techniques.base import Result


class Exchange:
    """A running program: it waits for answers to `asked`, or is done and has a `result`."""

    def __init__(self, program: Program[Result]) -> None:
        self.asked: tuple[Query, ...] = ()
        self.done = False
        self.result: Result
        self._program = program
        self._answers: dict[int, Prediction] = {}

    def start(self) -> bool:
        """Run the program to its first queries; returns True. Raises what the program raises."""
        self._send(None)
        return True

    def unanswered(self) -> list[tuple[int, Query]]:
        """The queries without an answer, each with its position."""
        return [item for item in enumerate(self.asked) if item[0] not in self._answers]

    def answer(self, place: int, prediction: Prediction) -> None:
        """Keep the answer to the query at that position."""
        self._answers[place] = prediction

    def go_on(self) -> bool:
        """Send the program its answers once all are there; returns whether they were."""
        if len(self._answers) < len(self.asked):
            return False
        self._send(tuple(self._answers[place] for place in range(len(self.asked))))
        return True

    def _send(self, answers: tuple[Prediction, ...] | None) -> None:
        self._answers = {}
        try:
            self.asked = self._program.send(answers)  # type: ignore[arg-type]
            while not self.asked:
                self.asked = self._program.send(())
        except StopIteration as done:
            self.asked, self.result, self.done = (), done.value, True
