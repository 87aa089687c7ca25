"""What prose can use of the results: plain, read-only values, no files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from fwd_report.errors import counted
from fwd_report.site.mathml import markdown_inert
from fwd_report.site.not_run import NotRun, UnknownInProseError, UnrunView, check_name
from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.site.tainted_text import Span, TaintedText
from fwd_report.site.titles import plain_title, stretches
from fwd_report.store.entry import Entry


class _ByAttribute:
    """Items are also attributes, except for private names."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]  # type: ignore[index]


class Values(_ByAttribute, Mapping[str, Any]):
    """A run's values by name, as attributes or items; an unknown name is an error with a
    suggestion.
    """

    def __init__(self, kind: str, found: Mapping[str, Any]) -> None:
        self._kind = kind
        self._found = dict(found)

    def __getitem__(self, name: str) -> Any:
        check_name(f"the run has no {self._kind} {name!r}", name, self._found)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def get(self, name: str, default: Any = None) -> Any:
        return self._found.get(name, default)

    def __str__(self) -> str:
        return str(self._found)


@dataclass(frozen=True, eq=False)
class RunView:
    """One run: `.params.NAME`, `.metrics.NAME`, `.series.NAME`, `.axes.NAME`, `.seed`, `.key`…"""

    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    series: Mapping[str, Any]
    axes: Mapping[str, Any]
    provenance: Mapping[str, Any]
    seed: int
    key: str
    technique: str
    label: str

    @classmethod
    def of(cls, entry: Entry) -> RunView:
        return cls(
            params=Values("field", entry.params),
            metrics=Values("metric", entry.metrics),
            series=Values("series", {name: tuple(v) for name, v in entry.series.items()}),
            axes=Values("swept field", entry.axes),
            provenance=Values("recorded", entry.provenance),
            seed=entry.seed,
            key=entry.key,
            technique=entry.technique,
            label=_words(entry.label),
        )


class ExperimentView:
    """An experiment: a list of its runs that also answers as the first of them.

    If some have not run, an UnrunView follows the others.

    `runs.skull.params` is `runs.skull[0].params`; `.figure` is a link to its figure.
    """

    def __init__(self, result: ExperimentResult, figure: TaintedText) -> None:
        self.id = result.spec.id
        self.title = _words(result.spec.title)
        self.figure = figure
        self._missing = result.absence is not None
        self._result = result
        self._unrun = UnrunView(result.spec)

    @cached_property
    def _runs(self) -> tuple[RunView, ...]:
        return tuple(RunView.of(entry) for entry in self._result.entries)

    def __len__(self) -> int:
        return len(self._runs)

    def __bool__(self) -> bool:
        return bool(self._runs) or self._missing

    def __iter__(self) -> Iterator[RunView | NotRun]:
        yield from self._runs
        if self._missing:
            yield self._unrun

    def __getitem__(self, index: int | slice) -> Any:
        if not isinstance(index, int | slice):
            raise TypeError(index)
        try:
            return self._runs[index]
        except IndexError:
            planned = self._result.planned
            count = len(self) if planned is None else planned
            if self._missing and (planned is None or index in range(-count, count)):
                return self._unrun
            raise UnknownInProseError(
                f"experiment {self.id!r} has {counted(count, 'run')}, counted from 0, "
                f"and no [{index}]"
            ) from None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        first = self[0]
        if isinstance(first, RunView) and not hasattr(first, name):
            there = ", ".join(field.name for field in fields(first))
            raise UnknownInProseError(f"a run has no {name!r}; it has: {there}")
        return getattr(first, name)


class Names(_ByAttribute):
    """Things by name, as attributes or items; an unknown name is an error that suggests one."""

    def __init__(self, kind: str, found: Mapping[str, Any]) -> None:
        self._kind = kind
        self._found = found

    def __getitem__(self, name: str) -> Any:
        try:
            return self._found[name]
        except (KeyError, TypeError):
            close = get_close_matches(str(name), self._found, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else ""
            raise UnknownInProseError(f"there is no {self._kind} {name!r}{meant}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)


def _words(title: str) -> str:
    """The author's own words: formulas in them stay formulas, the rest is printed as it is."""
    if "$" not in title:
        return title
    return TaintedText(Span(text, "author" if math else "value") for text, math in stretches(title))


def figure_numbers(section: SectionResult) -> dict[str, int]:
    """The number of each shown experiment's figure on its page, counted from 1."""
    shown = [result.spec.id for result in section.experiments if result.spec.show]
    return {name: number for number, name in enumerate(shown, start=1)}


def experiment_views(section: SectionResult, page: str = "") -> Names:
    """The section's experiments by id; their figures link within `page` ("" the page itself)."""
    numbers = figure_numbers(section)
    found = {}
    for result in section.experiments:
        name = result.spec.id
        number = numbers.get(name)
        where = f" of {markdown_inert(plain_title(section.spec.title))}" if page else ""
        link = f"[Figure {number}{where}]({page}#fig-{name})" if number else markdown_inert(name)
        found[name] = ExperimentView(result, TaintedText.author(link))
    return Names("experiment", found)


def report_views(report: ReportResult) -> Names:
    """All sections by name, each with its experiments: `report.SECTION.ID`."""
    return Names(
        "section",
        {
            section.spec.name: experiment_views(section, f"{section.spec.name}.md")
            for section in report.sections
        },
    )
