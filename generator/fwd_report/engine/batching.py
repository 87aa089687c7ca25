"""Answering many programs' queries together, in batches as large as memory allows."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from fwd_report.diffusion.program import Prediction, Query
from fwd_report.models.handle import Evaluator


class Batcher:
    """One evaluator with the largest batch known to fit; halves it on out-of-memory and goes on."""

    def __init__(self, evaluator: Evaluator, limit: int) -> None:
        self.evaluator = evaluator
        self.limit = limit

    def answer(self, queries: Sequence[Query]) -> list[Prediction | Exception]:
        """The answer to each query, in order; an exception stands where a query fails alone.

        A batch that fails is asked again in halves, so that one bad query does not take the
        others with it.
        """
        if len(queries) > self.limit:
            return self._in_halves(queries)
        try:
            return list(self.evaluator.evaluate(queries))
        except Exception as error:
            if len(queries) == 1:
                return [error]
            if is_out_of_memory(error):
                self.limit = max(1, len(queries) // 2)
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()
        return self._in_halves(queries)

    def _in_halves(self, queries: Sequence[Query]) -> list[Prediction | Exception]:
        middle = (len(queries) + 1) // 2
        return self.answer(queries[:middle]) + self.answer(queries[middle:])


def is_out_of_memory(error: Exception) -> bool:
    """Whether the device, or the host's allocator, had no memory left."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError)
        and any(sign in str(error) for sign in ("out of memory", "DefaultCPUAllocator"))
    )
