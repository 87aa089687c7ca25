"""The open questions of the live programs, sorted by what can be answered together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from fwd_report.diffusion.program import Query
from fwd_report.engine.live import Live

Kind = tuple[str, Hashable]
"""The model that is queried, and the signature of the query."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the program that asks it, and its place among those that the program asks at
    once.
    """

    live: Live
    place: int
    question: Any


class Questions:
    """The open questions. kind_of: the kind of a query; queries of one kind may share a batch."""

    def __init__(self, kind_of: Callable[[Query], Kind]) -> None:
        self._kind_of = kind_of
        self._queries: dict[Kind, list[Asked]] = {}
        self._computations: list[Asked] = []
        self.waiting = 0
        """The number of open queries."""

    def ask(self, live: Live) -> None:
        """Add all questions that a program asks now. Raises what `kind_of` raises."""
        kinds = [
            self._kind_of(question) if isinstance(question, Query) else None
            for question in live.exchange.asked
        ]
        for place, (question, kind) in enumerate(zip(live.exchange.asked, kinds, strict=True)):
            asked = Asked(live, place, question)
            if kind is None:
                self._computations.append(asked)
            else:
                self._queries.setdefault(kind, []).append(asked)
                self.waiting += 1

    def computations(self) -> list[Asked]:
        """Remove and return all open computations."""
        taken, self._computations = self._computations, []
        return taken

    def batch(self, most: Callable[[Kind], int]) -> tuple[Kind, list[Asked]]:
        """Remove and return the next queries to answer.

        They are of the most frequent kind, and of these the oldest runs', up to `most`. There must
        be open queries.
        """
        kind, queries = max(self._queries.items(), key=lambda item: len(item[1]))
        queries.sort(key=lambda asked: asked.live.order)
        count = most(kind)
        batch, rest = queries[:count], queries[count:]
        if rest:
            self._queries[kind] = rest
        else:
            del self._queries[kind]
        self.waiting -= len(batch)
        return kind, batch

    def forget(self, live: Live) -> None:
        """Remove the questions of a program whose answers are no longer needed."""
        for kind, queries in list(self._queries.items()):
            kept = [asked for asked in queries if asked.live is not live]
            self.waiting -= len(queries) - len(kept)
            if kept:
                self._queries[kind] = kept
            else:
                del self._queries[kind]


def lives_of(batch: Sequence[Asked]) -> list[Live]:
    """The programs that ask these questions, each once."""
    return list({asked.live.order: asked.live for asked in batch}.values())
