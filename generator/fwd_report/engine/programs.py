"""The programs in progress: their queries are answered in shared batches until each has a
result.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from fwd_report.diffusion.program import Query
from fwd_report.engine.ahead import NoiseAhead
from fwd_report.engine.batching import Batcher
from fwd_report.engine.environment import peak_memory
from fwd_report.engine.follower import Follower
from fwd_report.engine.live import Live
from fwd_report.engine.own_programs import Watch
from fwd_report.engine.program_mistakes import check_asked, known_mistake, unanswered
from fwd_report.engine.questions import Asked, Kind, Questions, lives_of
from fwd_report.engine.workbench import Workbench
from fwd_report.plan.rates import cost_class
from fwd_report.plugins.problems import as_exception
from fwd_report.recording.exchange import computed


class Programs:
    """Advances live programs. ended: is told of each with a result; failed: of each without.

    The images of a program stay on the device; nothing here waits for it.
    """

    def __init__(
        self,
        workbench: Workbench,
        progress: Follower,
        ended: Callable[[Live], None],
        failed: Callable[[Live, Exception], None],
    ) -> None:
        self._workbench = workbench
        self._progress = progress
        self._watch = Watch(workbench.recorder.defined, workbench.recorder.draws, progress.note)
        self._ended = ended
        self._failed = failed
        self._live: dict[int, Live] = {}
        self._questions = Questions(self._kind_of)
        self._ahead = NoiseAhead()
        self._batchers: dict[str, Batcher] = {}
        self._broken: dict[str, Exception] = {}
        self._since: float | None = None
        """When the last batch was counted: a rate includes the time between batches."""

    def __bool__(self) -> bool:
        """Whether any program is in progress."""
        return bool(self._live)

    @property
    def waiting(self) -> int:
        """The number of queries that wait for an answer."""
        return self._questions.waiting

    def start(self, live: Live) -> None:
        """Advance a program to its first queries."""
        self._live[live.order] = live
        self._advance(live, live.exchange.start)
        self._compute()

    def pause(self) -> None:
        """Exclude the time that follows from the rate: it is spent on something other than
        batches.
        """
        self._since = None

    def answer_a_batch(self) -> None:
        """Answer some queries, and advance the programs that have all their answers."""
        since = self._since or time.monotonic()
        (model, _), batch = self._questions.batch(self._most)
        first, lives = batch[0].live.run, lives_of(batch)
        self._progress.working_on(first.name)
        self._ahead.begin([live.noise for live in lives])
        answers = self._batcher(model).answer([asked.question for asked in batch])
        self._ahead.wait()
        self._since = time.monotonic()
        for asked in batch:
            asked.live.network_steps += 1
            asked.live.seconds += (self._since - since) / len(batch)
        self._progress.held(peak_memory(self._workbench.machine.device))
        self._progress.advance(cost_class(first), len(batch), self._since - since)
        for asked, answer in zip(batch, answers, strict=True):
            self._give(asked, answer)
        self._compute()

    def close(self) -> list[Live]:
        """Give up the programs in progress, and return them."""
        self._ahead.close()
        given_up = list(self._live.values())
        self._live.clear()
        return given_up

    def _compute(self) -> None:
        """Do the computations that programs wait for, and those that follow, until only queries are
        open.
        """
        while asked := self._questions.computations():
            answers = computed([each.question for each in asked])
            for each, answer in zip(asked, answers, strict=True):
                self._give(each, answer)

    def _give(self, asked: Asked, answer: object) -> None:
        live = asked.live
        if live.over:
            return
        if isinstance(answer, Exception):
            plugged = live.run.plugged
            self._drop(live, unanswered(live, asked.question, answer) if plugged else answer)
        elif live.exchange.answer(asked.place, answer):
            self._advance(live, live.exchange.go_on)

    def _advance(self, live: Live, step: Callable[[], None]) -> None:
        """Advance a program with that step to its next questions or its result."""
        try:
            live.draws |= self._watch.step(live.run, step)
            if live.run.plugged:
                check_asked(live)
            self._questions.ask(live)
        except BaseException as raised:
            error = as_exception(raised)
            self._drop(live, known_mistake(live, error) if live.run.plugged else error)
            return
        if live.exchange.done:
            self._remove(live)
            self._watch.finished(live.run, live.network_steps)
            self._ended(live)

    def _drop(self, live: Live, error: Exception) -> None:
        self._remove(live)
        self._questions.forget(live)
        self._failed(live, error)

    def _remove(self, live: Live) -> None:
        live.over = True
        del self._live[live.order]

    def _kind_of(self, query: Query) -> Kind:
        return query.model, self._batcher(query.model).evaluator.signature(query)

    def _most(self, kind: Kind) -> int:
        model, signature = kind
        return self._batcher(model).limit(signature)

    def _batcher(self, model: str) -> Batcher:
        """The batcher of a model, which is loaded at first use. Raises what loading raised, every
        time.
        """
        if model in self._broken:
            raise self._broken[model]
        if model not in self._batchers:
            self._progress.working_on("loading a model")
            self.pause()
            try:
                evaluator = self._workbench.models.evaluator(model)
            except BaseException as error:
                self._broken[model] = as_exception(error)
                raise self._broken[model]  # noqa: B904
            batch = self._workbench.machine.batch
            batch = min(batch, getattr(evaluator, "foreseen", None) or batch)
            self._batchers[model] = Batcher(evaluator, batch, self._progress.note)
        return self._batchers[model]
