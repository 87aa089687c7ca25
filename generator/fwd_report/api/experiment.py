"""One experiment of a report: the sequence of its runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, SupportsIndex, overload

from fwd_report.api.exceptions import no_attribute, unknown
from fwd_report.api.rich import Rich
from fwd_report.api.snapshot import Snapshot
from fwd_report.api.stored_run import Run
from fwd_report.errors import counted
from fwd_report.plan.run import Run as PlannedRun
from fwd_report.spec.project import ExperimentSpec, SectionSpec
from fwd_report.spec.suggest import did_you_mean


class Experiment(Rich, Sequence[Run]):
    """An experiment: the sequence of its runs, in the order of its sweep.

    `experiment[0]` is a run by its position, `experiment[{"sigma": 2}]` the one run with these
    swept values, `experiment[:3]` and `experiment.filter(…)` an experiment of fewer runs.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        section: SectionSpec,
        spec: ExperimentSpec,
        runs: Sequence[PlannedRun],
    ) -> None:
        self._snapshot = snapshot
        self._section = section
        self._spec = spec
        self._runs = tuple(runs)

    @property
    def name(self) -> str:
        """`section.experiment`."""
        return f"{self._section.name}.{self._spec.id}"

    @property
    def whole(self) -> bool:
        """Whether these are all runs of the experiment: a slice or a filter may have fewer."""
        return len(self) == len(self._snapshot.plan.experiments[self._section.name, self._spec.id])

    @property
    def technique(self) -> str:
        """The technique's name in the spec."""
        return self._spec.technique.name

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The swept axes in order, each with its distinct values."""
        found: dict[str, list[Any]] = {}
        for run in self._runs:
            for axis, value in run.axes.items():
                values = found.setdefault(axis, [])
                if value not in values:
                    values.append(value)
        return found

    @overload
    def __getitem__(self, index: SupportsIndex | Mapping[str, Any]) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> Experiment: ...
    def __getitem__(self, index: SupportsIndex | slice | Mapping[str, Any]) -> Run | Experiment:
        if isinstance(index, Mapping):
            return self._single(index)
        if isinstance(index, slice):
            return self._some(self._runs[index])
        if not isinstance(index, SupportsIndex):
            raise TypeError(
                f"runs of {self.name} are found by position, as [0] or [:3], or by swept values, "
                f"as [{{{next(iter(self.axes), 'seed')!r}: …}}], not by {index!r}"
            )
        place = index.__index__()
        if not -len(self) <= place < len(self):
            raise IndexError(f"{self.name} has {len(self)} runs, counted from 0, and no [{index}]")
        return self._wrapped(self._runs[place])

    def __len__(self) -> int:
        return len(self._runs)

    if not TYPE_CHECKING:  # a type checker knows the names of a sequence

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name, {"[0]": Run})

    def filter(
        self, condition: Callable[[Run], bool] | Mapping[str, Any] | None = None, **values: Any
    ) -> Experiment:
        """The runs for which `condition` holds and which have these values, as an experiment.

        condition: a function of a run, or a mapping of values, for names that are no identifiers.
        values: of swept fields, of other fields of the technique, or of the seed. Raises
        UnknownNameError for a field that the runs do not have.
        """
        if not (condition is None or isinstance(condition, Mapping) or callable(condition)):
            raise TypeError(f"filter takes a function of a run or values, not {condition!r}")
        wanted = dict(condition) if isinstance(condition, Mapping) else {}
        chosen = [run for run in self if _has(run, wanted | values, self.name)]
        if callable(condition):
            chosen = [run for run in chosen if condition(run)]
        return self._some([run._run for run in chosen])

    def _single(self, values: Mapping[str, Any]) -> Run:
        found = self.filter(values)
        if len(found) == 1:
            return found[0]
        swept = "; ".join(f"{axis}: {', '.join(map(str, v))}" for axis, v in self.axes.items())
        have = f"{len(found)} runs have" if len(found) else "no run has"
        raise unknown(f"of {self.name}, {have} {dict(values)}", f"swept are {swept or 'no fields'}")

    def _wrapped(self, run: PlannedRun) -> Run:
        return Run(self._snapshot, self._section, self._spec, run)

    def _some(self, runs: Sequence[PlannedRun]) -> Experiment:
        return Experiment(self._snapshot, self._section, self._spec, runs)

    def __repr__(self) -> str:
        of = f"{sum(run.status == 'fresh' for run in self)} of {counted(len(self), 'run')}"
        return f"<Experiment {self.name}: {self.technique}, {of} fresh>"

    def _figure(self) -> str:
        return self._snapshot.figure(self._section, self._spec, self._runs)

    def _html(self) -> str:
        return self._snapshot.embedded([self._figure()])


def _has(run: Run, wanted: Mapping[str, Any], experiment: str) -> bool:
    """Whether a run has these values; numbers and texts compare equal if they are written alike."""
    known = {**run.params, "seed": run.seed, **run.axes}
    for field, value in wanted.items():
        if field not in known:
            message = f"the runs of {experiment} have no field {field!r}"
            raise unknown(message, did_you_mean(field, known))
        if known[field] != value and str(known[field]) != str(value):
            return False
    return True
