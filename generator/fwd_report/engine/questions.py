"""What the live programs ask, sorted by what can be answered together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from fwd_report.diffusion.program import Query
from fwd_report.engine.live import Live

Kind = tuple[str, Hashable]
"""The model that is asked, and the signature of the query."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, who asks it, and its place among those that this program asks at once."""

    live: Live
    place: int
    question: Any


class Questions:
    """The open questions. kind_of: says of a query which others may share its batch."""

    def __init__(self, kind_of: Callable[[Query], Kind]) -> None:
        self._kind_of = kind_of
        self._queries: dict[Kind, list[Asked]] = {}
        self._computations: list[Asked] = []
        self.waiting = 0
        """How many queries are open."""

    def ask(self, live: Live) -> None:
        """Take in all that a program asks now. Raises what `kind_of` raises."""
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
        """All open computations, which are then taken to be answered."""
        taken, self._computations = self._computations, []
        return taken

    def batch(self, most: Callable[[Kind], int]) -> tuple[Kind, list[Asked]]:
        """The next queries to answer, which are then taken to be answered.

        They are of the kind that is asked most; of these the oldest runs', as many as `most` says.
        There must be queries.
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
        """Nobody waits for that program's answers any more."""
        for kind, queries in list(self._queries.items()):
            kept = [asked for asked in queries if asked.live is not live]
            self.waiting -= len(queries) - len(kept)
            if kept:
                self._queries[kind] = kept
            else:
                del self._queries[kind]


def lives_of(batch: Sequence[Asked]) -> list[Live]:
    """Whose questions these are, each once."""
    return list({asked.live.order: asked.live for asked in batch}.values())
