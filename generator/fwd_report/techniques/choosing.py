"""The best of many samples, by the scorer: the runs that an experiment with `best_of` shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import isnan
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, create_model

from fwd_report.outside import outside_keys
from fwd_report.techniques.base import Result, ScorerName, Technique

if TYPE_CHECKING:
    from fwd_report.techniques.context import RunContext

BEST_OF = "best_of"
"""The need under which a chosen run has its candidates; no technique has a field of this name."""
SCORES = ("alignment", "concealment")
"""The series of a chosen run by which candidates are ranked; the second may be missing."""
CANDIDATE = "candidate"
"""The metric of a chosen run that says which candidate it is, counted from 0."""


class Chosen(Technique):
    """A run that is one of its candidates: that with the chosen place in the scorer's order.

    Candidates are ranked by alignment, the worst cosine between a reading and its prompt, and,
    where they have several readings, by concealment too (see `alignment`): the smaller sum of both
    ranks is better, and of equal sums the larger alignment.
    """

    kind: ClassVar[Literal["job"]] = "job"
    stage: ClassVar[None] = None

    chosen_place: int = Field(default=0, ge=0)
    """0 is the best."""
    chosen_by: ScorerName | None = None
    """None: the report's."""

    @outside_keys
    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        """None: its candidates made them."""
        return 0

    def job(self, run: RunContext) -> Result:
        """Take over the candidate's files, metrics and series as they are.

        Metrics besides: candidate, which one it is. Series: alignment and, where there are several
        readings, concealment of every candidate.
        """
        import torch

        from fwd_report.techniques.alignment import concealment, cosines_of

        candidates = run.needs[BEST_OF]
        with torch.inference_mode():
            cosines = [cosines_of(candidate, run.judge) for candidate in candidates]
        series = {
            "alignment": [each.diagonal().min().item() for each in cosines],
            "concealment": [concealment(each, run.judge.temperature) for each in cosines],
        }
        if any(map(isnan, series["concealment"])):
            del series["concealment"]
        which = in_order(series)[self.chosen_place]
        chosen = candidates[which]
        assert run.folder is not None
        assert chosen.files is not None
        for name in chosen.files:
            (run.folder / name).write_bytes(chosen.content(name))
        metrics = {**chosen.metrics, CANDIDATE: float(which)}
        return Result(metrics=metrics, series={**chosen.series, **series})


@cache
def chosen_from(technique: type[Technique]) -> type[Chosen]:
    """The technique whose runs choose among runs of `technique`, and look like them."""
    bases: Any = (Chosen, technique)
    made: type[Chosen] = create_model(technique.__name__, __base__=bases, __module__=__name__)
    return made


def in_order(series: Mapping[str, Sequence[float]]) -> list[int]:
    """The candidates of a chosen run, the best first, by the series that it has."""
    return ranked(*(series[name] for name in SCORES if name in series))


def ranked(*scores: Sequence[float]) -> list[int]:
    """Candidates, the best first, by the sum of their ranks in each list of scores.

    Larger scores are better. Of equal sums the one larger in the first list comes first, then the
    earlier candidate.
    """
    count = len(scores[0])
    sums = [0] * count
    for each in scores:
        for index, score in enumerate(each):
            sums[index] += sum(other > score for other in each)
    return sorted(range(count), key=lambda index: (sums[index], -scores[0][index], index))
