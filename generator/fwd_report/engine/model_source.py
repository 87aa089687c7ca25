"""The models that runs query, as the engine sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from fwd_report.plan.run import Run

if TYPE_CHECKING:
    from fwd_report.models.handle import Evaluator, ModelHandle
    from fwd_report.models.scorer import Scorer
    from fwd_report.store.entry import Entry


class Models(Protocol):
    """Opens models at first use; `Networks` is the source of a project."""

    def prepare(self, runs: Iterable[Run]) -> None:
        """Announce what the coming runs will query, so that the text encoder is loaded once."""

    def model(self, run: Run, needs: Mapping[str, tuple[Entry, ...]]) -> ModelHandle | None:
        """The network that a run queries, or None. needs: the results it refers to, by field."""

    def scorer(self, run: Run) -> Scorer | None:
        """The scorer that a run uses, or None."""

    def evaluator(self, name: str) -> Evaluator:
        """The evaluator of queries that are addressed to `name`."""
