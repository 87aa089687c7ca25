"""A program's questions, and the answers to them: paired, and given back in the order asked."""

from __future__ import annotations

from fwd_report.diffusion.program import Prediction, Program, Query
from fwd_report.techniques.base import Result


class Exchange:
    """A program under way: it waits for answers to `asked`, or is done and has a `result`."""

    def __init__(self, program: Program[Result]) -> None:
        self.asked: tuple[Query, ...] = ()
        self.done = False
        self.result: Result
        self._program = program
        self._answers: dict[int, Prediction] = {}

    def start(self) -> bool:
        """Run the program to its first questions; True. Raises what it raises."""
        self._send(None)
        return True

    def unanswered(self) -> list[tuple[int, Query]]:
        """The questions that have no answer yet, each with its place among those asked."""
        return [item for item in enumerate(self.asked) if item[0] not in self._answers]

    def answer(self, place: int, prediction: Prediction) -> None:
        """Keep the answer to the question of that place."""
        self._answers[place] = prediction

    def go_on(self) -> bool:
        """Give the program its answers once all are there; whether they were."""
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
