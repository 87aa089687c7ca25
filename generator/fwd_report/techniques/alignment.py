"""Whether pictures match their prompts: the measures of the papers on anagrams and hybrids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan, nan
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from fwd_report.techniques.base import AllRuns, Result, ScorerName, Technique

if TYPE_CHECKING:
    from torch import Tensor

    from fwd_report.models.scorer import Scorer
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class Alignment(Technique):
    """Cosines between a picture, in each way it is viewed, and its prompts.

    For a picture with n readings, S_ij is the cosine of reading i and prompt j. The alignment is A
    = min_i S_ii, its worst reading; the concealment C = tr(softmax(S / τ)) / n, averaged over both
    directions of the softmax, is 1 if no reading shows another's prompt, and 1/n if all look alike
    (Geng, Park and Owens 2024, *Visual Anagrams*, section 4.3). τ is the scorer's temperature.
    """

    name: ClassVar[str] = "alignment"
    kind: ClassVar[Literal["job"]] = "job"
    stage: ClassVar[None] = None

    of: list[AllRuns] = Field(min_length=1, max_length=12)
    """Experiments whose pictures have prompts."""
    scorer: ScorerName | None = None
    """None: the report's."""

    def describe(self) -> str:
        """What is measured, for alt texts."""
        return f"how well {', '.join(self.of)} read as asked"

    def objection(self, field: str, target: Technique) -> str | None:
        """It needs pictures that were generated from a prompt."""
        if not target.readings(dict(target)):
            return f"whose pictures answer no prompt of their own: its technique is {target.name}"
        return None

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {
            "metrics": ("pictures", "alignment", "concealment", "right"),
            "series": ("own", "other", "concealment"),
        }

    def job(self, run: RunContext) -> Result:
        """Score every picture.

        Metrics, over the pictures: pictures, their number; alignment, the mean A; and, if all have
        several readings, concealment, the mean C, and right, the fraction of pictures whose every
        reading is closest to its own prompt. Series: own and other, one number per reading, in
        order: S_ii and the largest other S_ij; concealment, one per picture. What is undefined for
        a single reading is nan.
        """
        import torch

        entries = run.needs["of"]
        series: dict[str, list[float]] = {"own": [], "other": [], "concealment": []}
        alignments, rights = [], []
        with torch.inference_mode():
            for entry in entries:
                cosines = cosines_of(entry, run.judge)
                own, other = cosines.diagonal(), _largest_elsewhere(cosines)
                series["own"] += own.tolist()
                series["other"] += other.tolist()
                series["concealment"].append(concealment(cosines, run.judge.temperature))
                alignments.append(own.min().item())
                rights.append(bool((own > other).all()))
        metrics = {"pictures": float(len(entries)), "alignment": sum(alignments) / len(entries)}
        if not any(map(isnan, series["concealment"])):
            metrics["concealment"] = sum(series["concealment"]) / len(entries)
            metrics["right"] = sum(rights) / len(entries)
        return Result(metrics=metrics, series=series)

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        """One table for each set of readings, one row for each picture."""
        from fwd_report.techniques.labels import Labels, experiment_names, signed
        from fwd_report.techniques.parts import Table
        from fwd_report.techniques.registry import readings_of

        def header(ways: Sequence[str]) -> tuple[str, ...]:
            """For each way of viewing, the cosine with its own prompt, then with the other."""
            if len(ways) == 1:
                return ("picture", *ways)
            cosines = (f"{way}: {prompt}" for way in ways for prompt in ("its prompt", "the other"))
            return ("picture", *cosines, "concealment", "reads as asked")

        own_names = Labels(entries)
        every_judged = [judged for entry in entries for judged in entry.needs["of"]]
        names, labels = experiment_names(every_judged, most=80), Labels(every_judged)
        tables: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for entry in entries:
            own, other = iter(entry.series["own"]), iter(entry.series["other"])
            for judged, hidden in zip(entry.needs["of"], entry.series["concealment"], strict=True):
                ways = tuple(reading.label for reading in readings_of(judged))
                pairs = [(next(own), next(other)) for _ in ways]
                cells = [signed(value) for pair in pairs for value in pair if not isnan(value)]
                if len(ways) > 1:
                    right = [way for way, (a, b) in zip(ways, pairs, strict=True) if a > b]
                    every = "every way" if len(right) == len(ways) else " and ".join(right)
                    cells += [signed(hidden), every or "neither way"]
                which = names[judged.section, judged.experiment]
                name = ", ".join(filter(None, (which, labels.run(judged), own_names.run(entry))))
                tables.setdefault(ways, []).append((name, *cells))
        return [Table(header(ways), tuple(rows)) for ways, rows in tables.items()]


def cosines_of(entry: Entry, judge: Scorer) -> Tensor:
    """S of a picture with n readings: (n, n), a row for each reading, a column for each prompt.

    On the CPU, wherever the scorer answers.
    """
    import torch

    from fwd_report.models.stored import tensors_of
    from fwd_report.techniques.registry import readings_of

    pictures, readings = tensors_of(entry), readings_of(entry)
    seen = torch.stack([pictures[reading.picture] for reading in readings])
    texts = judge.texts([reading.prompt for reading in readings])
    return judge.images(seen.clamp(-1, 1)).cpu() @ texts.cpu().T


def concealment(cosines: Tensor, temperature: float) -> float:
    """C = tr(softmax(S / τ)) / n of an (n, n) matrix S, over rows and columns; nan for n = 1."""
    if len(cosines) == 1:
        return nan
    scaled = cosines / temperature
    return float((scaled.softmax(0) + scaled.softmax(1)).diagonal().mean() / 2)


def _largest_elsewhere(cosines: Tensor) -> Tensor:
    """(n,): the largest of each row of (n, n) off the diagonal; nan for n = 1."""
    import torch

    if len(cosines) == 1:
        return torch.full((1,), nan)
    diagonal = torch.eye(len(cosines), dtype=torch.bool)
    return cosines.masked_fill(diagonal, -torch.inf).amax(1)
