"""Answers the queries of many programs together, in batches as large as memory allows."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Hashable, Sequence

import torch

from fwd_report.diffusion.program import Prediction, Query
from fwd_report.engine.failures import is_out_of_memory
from fwd_report.engine.limit import Limit
from fwd_report.models.handle import Evaluator
from fwd_report.plugins.problems import as_exception


class Batcher:
    """An evaluator, with the largest batch of each shape that is known to fit.

    limit: the largest number of queries in a batch, whatever the memory. said: is told whenever
    memory is short.
    """

    def __init__(
        self, evaluator: Evaluator, limit: int, said: Callable[[str], None] = lambda message: None
    ) -> None:
        self.evaluator = evaluator
        self._most = limit
        self._limits: dict[Hashable, Limit] = {}
        self._said = said

    def limit(self, signature: Hashable) -> int:
        """How many queries of that signature are answered at once, as far as is known."""
        return self._limit(signature).size

    def answer(self, queries: Sequence[Query]) -> list[Prediction | Exception]:
        """The answer to each query of one signature, in order, or the exception of one that fails
        alone.

        A batch that fails is tried again in halves, so that one bad query does not fail the others.
        If memory runs out, the memory of the failed attempt is freed first.
        """
        limit = self._limit(self.evaluator.signature(queries[0]))
        answers: list[Prediction | Exception] = []
        rest = [queries]
        while rest:
            part = rest.pop()
            if len(part) > limit.size:
                rest += [part[limit.size :], part[: limit.size]]
                continue
            predictions = self._tried(part)
            if not isinstance(predictions, Exception):
                limit.fitted(len(part))
                answers += predictions
                continue
            lacked = is_out_of_memory(predictions)
            if lacked:
                _give_back(predictions)
            if len(part) == 1:
                answers.append(predictions)
                continue
            if lacked:
                limit.lacked(len(part))
                self._said(f"out of memory with batches of {len(part)}; now {limit.size} at once")
            middle = (len(part) + 1) // 2
            rest += [part[middle:], part[:middle]]
        return answers

    def _tried(self, queries: Sequence[Query]) -> Sequence[Prediction] | Exception:
        """The answers, or the exception: returned, so that no retry happens within `except`."""
        try:
            return self.evaluator.evaluate(queries)
        except BaseException as error:
            return as_exception(error)

    def _limit(self, signature: Hashable) -> Limit:
        return self._limits.setdefault(signature, Limit(self._most))


def _give_back(error: BaseException) -> None:
    """Free the tensors that the frames of an error still hold, on the device too.

    The error keeps its message and its line numbers.
    """
    chain: BaseException | None = error
    while chain is not None:
        traceback.clear_frames(chain.__traceback__)
        chain = chain.__cause__ or chain.__context__
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
