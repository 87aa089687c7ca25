"""Whether sections show what they claim to cover: a rubric's items against experiments and runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fwd_report.errors import counted
from fwd_report.site.authored import CONTENT, AuthoredText, texts_of
from fwd_report.site.findings import Finding
from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.spec.expansion import parse_reference
from fwd_report.spec.project import FOLDER, REPORT, ExperimentSpec, Project, Variant
from fwd_report.spec.rubric import Item, Requirement, Rubric, shipped
from fwd_report.techniques.base import Reference, asked_field, marked_fields
from fwd_report.techniques.registry import figure_parts

REPORT_FILE = f"{FOLDER}/{REPORT}.yaml"
BOTH = {"flip": "both orientations", "distance": "near and far", "trajectory": "the way there"}
"""What a part of a figure shows, for messages."""


@dataclass(frozen=True)
class Claim:
    """One item of the rubric, as the report answers it.

    lacks: what is missing, in words. sections: the names of those that cover it. figures: (section,
    experiment) of those that count. unrun: why needed results are missing, in words; empty if the
    stored ones suffice.
    """

    item: Item
    sections: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    lacks: tuple[str, ...]
    unrun: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the specs have all that it asks for, whether or not it has run."""
        return bool(self.sections) and not self.lacks

    @property
    def shown(self) -> bool:
        """Whether all that it asks for can be seen."""
        return self.holds and not self.unrun


@dataclass(frozen=True)
class _Candidate:
    """One run's fields, with the experiment it belongs to and how often it runs."""

    section: str
    result: ExperimentResult
    fields: Mapping[str, Any]
    training: Mapping[str, Any]
    epoch: int | None
    times: int


def claims(report: ReportResult, rubric: Rubric) -> list[Claim]:
    """Every item of the rubric, in order."""
    return [_claim(report, item) for item in rubric.items]


def claim_findings(report: ReportResult) -> Iterator[Finding]:
    """Claims that do not hold, then items that no section covers, for each part that is begun.

    Without a rubric nothing is required.
    """
    rubric = report.project.rubric
    if rubric is None:
        claiming = [section.spec.name for section in report.sections if section.spec.covers]
        if claiming and (REPORT, "rubric") not in report.project.positions:
            message = (
                f"{', '.join(claiming)}: `covers` is held to nothing, since the report names no "
                f"rubric: write `rubric:` with one of {', '.join(shipped())}, or `rubric: none`"
            )
            yield Finding("deliverable", message, REPORT_FILE, severity="warning")
        return
    judged = claims(report, rubric)
    begun = {claim.item.part for claim in judged if claim.sections}
    if not begun:
        message = f"no section covers anything of the rubric {rubric.name}"
        yield Finding("deliverable", message, REPORT_FILE)
    for claim in judged:
        if claim.lacks and claim.sections:
            place = report.project.problem("", claim.sections[0], "covers")
            message = f"covers {claim.item.id}, but {'; '.join(claim.lacks)}"
            yield Finding("deliverable", message, str(place.file), place.line)
        elif not claim.sections and claim.item.part in begun:
            message = f"no section covers {claim.item.id} ({claim.item.text.rstrip('. ')})"
            yield Finding("deliverable", message, REPORT_FILE)


def _claim(report: ReportResult, item: Item) -> Claim:
    covering = [section for section in report.sections if item.id in section.spec.covers]
    if not covering:
        return Claim(item, (), (), ())
    candidates = [run for section in covering for run in _candidates(report.project, section)]
    figures: dict[tuple[str, str], None] = {}
    lacks: list[str] = []
    unrun: dict[str, None] = {}
    for shown in item.show:
        found = [run for run in candidates if _counts(run, shown)]
        figures |= dict.fromkeys((run.section, run.result.spec.id) for run in found)
        lacks += _lacks(shown, found)
        if any(_lacks(shown, [run for run in found if run.result.absence is None])):
            unrun |= dict.fromkeys(run.result.absence for run in found if run.result.absence)
    lacks += _lacks_text(item, covering)
    names = tuple(section.spec.name for section in covering)
    return Claim(item, names, tuple(figures), tuple(lacks), tuple(unrun))


def _candidates(project: Project, section: SectionResult) -> Iterator[_Candidate]:
    """The runs that a section's page shows."""
    shown = _shown(section)
    for result in section.experiments:
        if result.spec.id not in shown:
            continue
        for variant in result.spec.variants:
            fields = variant.technique.model_dump(mode="json")
            asked = fields.get(asked_field(result.spec.technique) or "")
            training, epoch = _training(project, section.spec.name, asked)
            times = _times(project, section.spec.name, result.spec, variant)
            yield _Candidate(section.spec.name, result, fields, training, epoch, times)


def _shown(section: SectionResult) -> set[str]:
    """The experiments with a figure, and those whose results such a figure shows."""
    shown = {result.spec.id for result in section.experiments if result.spec.show}
    for result in section.experiments:
        technique = result.spec.technique
        if result.spec.show and technique.kind == "figure":
            for field in marked_fields(technique, Reference):
                for variant in result.spec.variants:
                    named = getattr(variant.technique, field, None) or ()
                    for name in (named,) if isinstance(named, str) else named:
                        owner, experiment = parse_reference(name, section.spec.name)[0]
                        if owner == section.spec.name:
                            shown.add(experiment)
    return shown


def _experiment(project: Project, name: tuple[str, str]) -> ExperimentSpec | None:
    for section in project.sections:
        for experiment in section.experiments:
            if (section.name, experiment.id) == name:
                return experiment
    return None


def _training(project: Project, section: str, model: Any) -> tuple[Mapping[str, Any], int | None]:
    """The fields of the training that a run's `model` names, and the epoch, by default its last."""
    if not isinstance(model, str):
        return {}, None
    name, epoch = parse_reference(model, section)
    experiment = _experiment(project, name)
    if experiment is None or not experiment.variants:
        return {}, None
    technique = experiment.variants[0].technique
    return technique.model_dump(mode="json"), epoch or technique.epochs_kept() or None


def _times(
    project: Project, section: str, spec: ExperimentSpec, variant: Variant, depth: int = 0
) -> int:
    """How often a variant runs: its samples, times the runs that it refers to."""
    times = spec.samples_of(variant)
    fields = variant.technique.model_dump()
    for field, reference in marked_fields(spec.technique, Reference).items():
        if reference.fan == "each" and isinstance(fields.get(field), str) and depth < 20:
            target, _ = parse_reference(fields[field], section)
            other = _experiment(project, target)
            if other is not None:
                times *= sum(
                    _times(project, target[0], other, item, depth + 1) for item in other.variants
                )
    return times


def _counts(run: _Candidate, shown: Requirement) -> bool:
    """Whether a run meets a requirement's conditions."""
    return (
        run.result.spec.technique.name in shown.technique
        and all(_is(run.fields.get(name), value) for name, value in shown.where.items())
        and not any(_is(run.fields.get(name), value) for name, value in shown.unlike.items())
        and all((run.fields.get(name) or 0) > least for name, least in shown.above.items())
        and all(_is(run.training.get(name), value) for name, value in shown.trained.items())
        and _samples(run.result.spec) >= shown.samples
    )


def _samples(spec: ExperimentSpec) -> int:
    """How many pictures of one kind an experiment has, however its seeds are given."""
    swept = {variant.axes["seed"] for variant in spec.variants if "seed" in variant.axes}
    return max([len(swept), *(spec.samples_of(variant) for variant in spec.variants)])


def _is(value: Any, wanted: Any) -> bool:
    """Whether a value is the one wanted, or one of several; numbers compare as numbers."""
    if isinstance(wanted, list | tuple):
        return any(_is(value, item) for item in wanted)
    return (type(value) is type(wanted) and value == wanted) or (
        not isinstance(value, bool | str) and not isinstance(wanted, bool | str) and value == wanted
    )


def _lacks(shown: Requirement, found: Sequence[_Candidate]) -> Iterator[str]:
    """What the runs of a requirement lack."""
    what = _described(shown)
    if not found:
        yield f"shows no {what}"
        return
    total = sum(run.times for run in found)
    if total < shown.runs:
        yield f"shows {counted(total, 'run')} of {what} where {shown.runs} are asked for"
    for field, least in shown.distinct.items():
        count = len({repr(run.fields.get(field)) for run in found})
        if count < least:
            yield f"{what} has {count} of {least} different values of {field}"
    yield from _lacks_values(shown, found, what)
    epochs = {run.epoch for run in found}
    absent = [epoch for epoch in shown.epochs if epoch not in epochs]
    if absent:
        yield f"{what} lacks epoch {', '.join(map(str, absent))}"
    if shown.parts and not any(_has_part(run.result, shown.parts) for run in found):
        yield f"{what} does not show {' or '.join(BOTH.get(part, part) for part in shown.parts)}"


def _lacks_values(shown: Requirement, found: Sequence[_Candidate], what: str) -> Iterator[str]:
    """The missing values; with `each`, of as many groups as must be complete."""
    groups: dict[str, list[_Candidate]] = {}
    for run in found:
        groups.setdefault(str(run.fields.get(shown.each)) if shown.each else "", []).append(run)
    for field, values in shown.values.items():
        absent = {
            name: [
                value
                for value in values
                if not any(_is(run.fields.get(field), value) for run in runs)
            ]
            for name, runs in groups.items()
        }
        complete = sum(not missing for missing in absent.values())
        if complete < (shown.distinct.get(shown.each, 1) if shown.each else 1):
            incomplete = [name for name in absent if absent[name]]
            if not incomplete:
                return
            name = min(incomplete, key=lambda n: len(absent[n]))
            listed = ", ".join(map(str, absent[name]))
            yield f"{what} lacks {field} = {listed}" + (f" for {name}" if name else "")


def _described(shown: Requirement) -> str:
    """A requirement's runs in words: `sample with guidance above 1`."""
    marks = []
    for name, value in (*shown.where.items(), *shown.trained.items()):
        wanted = value if isinstance(value, list | tuple) else [value]
        marks.append(f"{name} {' or '.join(str(item) for item in wanted if item is not None)}")
    marks += [f"{name} above {least:g}" for name, least in shown.above.items()]
    marks += [f"{name} other than {value}" for name, value in shown.unlike.items()]
    if shown.samples > 1:
        marks.append(f"{shown.samples} samples")
    return " or ".join(shown.technique) + (f" with {', '.join(marks)}" if marks else "")


def _has_part(result: ExperimentResult, kinds: Sequence[str]) -> bool:
    """Whether a figure has a part of one of these kinds; a figure without all results might."""
    if not result.entries or result.absence:
        return True
    parts = figure_parts(result.spec.technique, result.entries)
    return any(type(part).__name__.lower() in kinds for part in parts)


def _lacks_text(item: Item, covering: Sequence[SectionResult]) -> Iterator[str]:
    if not item.says and not item.words:
        return
    texts = [
        text for section in covering for text in texts_of(section.spec) if text.field != "title"
    ]
    whole = " ".join(text.source for text in texts).lower()
    for word in item.says:
        if word.lower() not in whole:
            yield f"its text does not say “{word}”"
    count = sum(map(_word_count, texts)) if item.words else 0
    if count < item.words:
        yield f"its text has {counted(count, 'word')} of {item.words}"


def _word_count(text: AuthoredText) -> int:
    return len([word for word in text.words.split() if word.strip(CONTENT)])
