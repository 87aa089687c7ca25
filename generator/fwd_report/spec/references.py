"""References between experiments: they exist, fit, name existing epochs, and form no cycle."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.expansion import ExperimentName, as_list, count, parse_reference
from fwd_report.spec.experiments import Draft
from fwd_report.spec.extent import MOST_RUNS
from fwd_report.spec.suggest import did_you_mean
from fwd_report.techniques.base import Reference, marked_fields

LONGEST = 100
"""Most experiments in a chain of references."""


@dataclass(frozen=True)
class Mention:
    """One place in a spec that names another experiment."""

    source: ExperimentName
    written: str
    target: ExperimentName
    epoch: int | None
    reference: Reference
    field: str
    path: ValuePath


class References:
    """The references of all sections under one profile.

    documents and drafts by section name; problems are added to the documents. unread: sections
    whose files are not valid YAML, so that their content is unknown.
    """

    def __init__(
        self,
        documents: Mapping[str, Document],
        drafts: Mapping[str, tuple[Draft, ...]],
        unread: Collection[str] = (),
    ) -> None:
        self._documents = documents
        self._unread = unread
        self._drafts = {
            (section, draft.id): draft for section, group in drafts.items() for draft in group
        }
        self._counts: dict[ExperimentName, int] = {}

    def check(self) -> None:
        """Report every reference that cannot be followed, then sections with too many runs."""
        mentions = [mention for name in self._drafts for mention in self._mentions(name)]
        found = [mention for mention in mentions if self._exists(mention)]
        faulty = self._report_loops(found)
        for mention in found:
            if not {mention.source, mention.target} & faulty:
                self._check_epoch(mention)
                self._check_use(mention)
        if not faulty:
            for mention in found:
                self._check_fan(mention)
            self._check_totals()

    def _mentions(self, name: ExperimentName) -> Iterator[Mention]:
        draft = self._drafts[name]
        if draft.technique is None:
            return
        document = self._documents[name[0]]
        for field, reference in marked_fields(draft.technique, Reference).items():
            for path, value in draft.written(field):
                single = not isinstance(value, list)
                for index, written in enumerate([value] if single else value):
                    where = path if single else (*path, index)
                    if not isinstance(written, str):
                        continue
                    try:
                        target, epoch = parse_reference(written, name[0])
                    except ValueError:
                        document.report(
                            f"'{written}' names no epoch after the @",
                            where,
                            "write `id@5` for the fifth epoch",
                        )
                        continue
                    yield Mention(name, written, target, epoch, reference, field, where)

    def _report(self, mention: Mention, message: str, hint: str | None = None) -> None:
        self._documents[mention.source[0]].report(message, mention.path, hint)

    def _exists(self, mention: Mention) -> bool:
        if mention.target in self._drafts:
            return True
        section, experiment = mention.target
        if section in self._unread:
            return False
        if section not in self._documents:
            message = f"there is no section '{section}'"
            self._report(mention, message, did_you_mean(section, self._documents))
            return False
        here = [name for other, name in self._drafts if other == section]
        hint = did_you_mean(experiment, here)
        elsewhere = [other for other, name in self._drafts if name == experiment]
        if elsewhere:
            hint = f"did you mean '{elsewhere[0]}.{experiment}'?"
        where = f" in section '{section}'"
        self._report(mention, f"there is no experiment '{experiment}'{where}", hint)
        return False

    def _report_loops(self, mentions: list[Mention]) -> set[ExperimentName]:
        """Report each cycle, at its first reference, and chains that are too long.

        Returns the names on any of them. Walks depth first without recursion.
        """
        outgoing: dict[ExperimentName, list[Mention]] = {name: [] for name in self._drafts}
        for mention in mentions:
            outgoing[mention.source].append(mention)
        lengths: dict[ExperimentName, int] = {}
        faulty: set[ExperimentName] = set()
        for start in outgoing:
            trail: list[Mention] = []
            current = [start]
            pending = [iter(outgoing[start] if start not in lengths else ())]
            while pending:
                step = next(pending[-1], None)
                if step is None:
                    pending.pop()
                    name = current.pop()
                    following = [lengths.get(item.target, 0) for item in outgoing[name]]
                    lengths.setdefault(name, 1 + max(following, default=0))
                    if lengths[name] == LONGEST and following:
                        message = f"a chain of {LONGEST} experiments that wait for each other"
                        self._report(outgoing[name][0], message)
                        faulty.add(name)
                    trail = trail[:-1]
                elif step.target in current:
                    first = current.index(step.target)
                    names = [*current[first:], step.target]
                    shown = " → ".join(f"{section}.{name}" for section, name in names)
                    message = f"experiments wait for each other: {shown}"
                    self._report([*trail, step][first], message)
                    faulty |= set(names)
                elif step.target not in lengths:
                    trail.append(step)
                    current.append(step.target)
                    pending.append(iter(outgoing[step.target]))
        return faulty

    def _check_epoch(self, mention: Mention) -> None:
        target = self._drafts[mention.target]
        if mention.epoch is None or target.spec is None:
            return
        if mention.reference.fan == "all":
            message = f"{mention.field} takes whole experiments, without @{mention.epoch}"
            self._report(mention, message)
            return
        kept = min(variant.technique.epochs_kept() for variant in target.spec.variants)
        name = f"{mention.target[0]}.{mention.target[1]}"
        if kept == 0:
            message = f"{name} is no training, so it has no epoch {mention.epoch}"
            self._report(mention, message, "leave the @ away")
        elif not 1 <= mention.epoch <= kept:
            message = f"{name} has no epoch {mention.epoch}: it trains for {kept}"
            self._report(mention, message, f"name an epoch from 1 to {kept}")

    def _check_use(self, mention: Mention) -> None:
        """Report references that the technique cannot use, once for each reason."""
        source, target = self._drafts[mention.source], self._drafts[mention.target]
        if source.spec is None or target.spec is None:
            return
        objections = {
            variant.technique.objection(mention.field, referred.technique)
            for variant in source.spec.variants
            if mention.written in as_list(getattr(variant.technique, mention.field))
            for referred in target.spec.variants
        }
        for objection in sorted(filter(None, objections)):
            self._report(mention, f"{mention.field} refers to '{target.id}', {objection}")

    def _check_fan(self, mention: Mention) -> None:
        target = self._drafts[mention.target]
        if mention.reference.fan != "one" or target.spec is None:
            return
        shown = self._count(mention.target)
        if shown != 1:
            message = f"{mention.field} takes one run, and '{target.id}' has {shown:,}"
            self._report(
                mention, message, "refer to an experiment without sweep, cases, samples or seeds"
            )

    def _check_totals(self) -> None:
        shown = 0
        for (section, _), draft in self._drafts.items():
            figure = draft.technique is not None and draft.technique.kind == "figure"
            own = self._count((section, draft.id)) if figure else 0
            shown += own
            if shown > MOST_RUNS:
                message = f"'{draft.id}' shows more than {MOST_RUNS:,} runs"
                if own <= MOST_RUNS:
                    message = f"the report's figures show more than {MOST_RUNS:,} runs"
                self._documents[section].report(message, draft.path, "refer to fewer experiments")
                return
        total = 0
        for section, document in self._documents.items():
            for name, draft in self._drafts.items():
                if name[0] == section and draft.technique and draft.technique.kind != "figure":
                    total += self._count(name) + self._candidates(name)
                    if total > MOST_RUNS:
                        message = f"more than {MOST_RUNS:,} runs in the report"
                        document.report(message, draft.path, "sweep over less")
                        return

    def _candidates(self, name: ExperimentName) -> int:
        """How many runs an experiment has that it does not show: it chooses among them."""
        spec = self._drafts[name].spec
        return self._count(name) // spec.samples * spec.best_of if spec and spec.best_of else 0

    def _count(self, name: ExperimentName) -> int:
        """How many runs an experiment shows, including those of what it refers to."""
        if name not in self._counts:
            draft = self._drafts.get(name)
            self._counts[name] = 1
            if draft is not None and draft.spec is not None:
                self._counts[name] = count(draft.spec, name[0], self._count)
        return self._counts[name]
