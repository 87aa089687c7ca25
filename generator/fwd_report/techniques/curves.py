"""The losses of several trainings in one chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from fwd_report.techniques.base import AllRuns, Technique

if TYPE_CHECKING:
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.parts import Part


class Curves(Technique):
    """Shows the training losses of other experiments together, on a log axis; runs nothing."""

    name: ClassVar[str] = "curves"
    kind: ClassVar[Literal["figure"]] = "figure"
    stage: ClassVar[None] = None

    of: list[AllRuns] = Field(min_length=1)
    """The trainings."""

    @classmethod
    def shows_all_epochs(cls) -> bool:
        return True

    def objection(self, field: str, target: Technique) -> str | None:
        """Only a training has a loss."""
        if target.epochs_kept() == 0:
            return f"which is no training: its technique is {target.name}"
        return None

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        """One line for each training, named after its experiment or its swept values."""
        from fwd_report.techniques.loss_curves import loss_curve

        return [loss_curve(entries)]
