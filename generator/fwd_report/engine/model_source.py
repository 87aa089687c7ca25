"""The models that runs ask, as the engine knows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from fwd_report.plan.run import Run

if TYPE_CHECKING:
    from fwd_report.models.handle import Evaluator, ModelHandle
    from fwd_report.models.scorer import Scorer
    from fwd_report.store.entry import Entry


class Models(Protocol):
    """Opens models when they are first asked for; `Networks` is the one of a project."""

    def prepare(self, runs: Iterable[Run]) -> None:
        """Note what the runs to come ask, so that the text encoder is loaded once."""

    def model(self, run: Run, needs: Mapping[str, tuple[Entry, ...]]) -> ModelHandle | None:
        """The network that a run asks, or none. needs: the results it refers to, by field."""

    def scorer(self, run: Run) -> Scorer | None:
        """The scorer that a run asks, or none."""

    def evaluator(self, name: str) -> Evaluator:
        """Who answers the queries addressed to `name`."""
