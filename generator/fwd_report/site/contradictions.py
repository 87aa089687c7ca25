"""Numbers in prose that none of a figure's runs has: "t = 700" below pictures at 750.

Prose also states what holds in general: "t = 0 is a clean image", "γ = 0 ignores the prompt",
"trained at σ = 0.5". So a sentence is an error only if its form leaves no doubt that it is about
the figure: a caption that names the value as a label does ("The tower at t = 700."), or a sentence
that points ("Here t = 700."). Others get a warning, unless they are clearly general.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fwd_report.site.authored import AuthoredText
from fwd_report.site.findings import Severity
from fwd_report.site.statements import Statement, statements
from fwd_report.store.entry import Entry
from fwd_report.techniques.registry import technique_of
from fwd_report.techniques.sampling import LOOP, TIMESTEPS

STRIDE = TIMESTEPS // LOOP
"""The distance between the timesteps 990, 960, … of the default loop."""
ENDS: Mapping[str, tuple[float, ...]] = {
    "t": (0, 1, TIMESTEPS - 1, TIMESTEPS),
    "i_start": (0,),
    "guidance": (0, 1),
    "sigma": (0, 1),
}
"""The ends of each parameter's range, which prose often mentions in general."""
GENERAL = re.compile(
    r"\b(?:if|unless|unlike|than|compar\w*|instead|rather|would|could|should|might|may|usual\w*|"
    r"typical\w*|default\w*|recommend\w*|suggest\w*|encourag\w*|paper|papers|assignment|course|"
    r"for example|e\.g|for instance|originally|not|never|ranges?|expects?|whenever|earlier|"
    r"previous|next|other|others|another|et al)\b",
    re.I,
)
"""Words in sentences that are not about the figure."""
BOUND = re.compile(r"\b(?:beyond|above|below|up to|until|between|every|any)\s*$", re.I)
"""Words that make a bound of the value that follows."""
TRAINED = re.compile(r"\b(?:train|trained|training|trains)\b", re.I)
POINTS = re.compile(
    r"\b(?:here|shown|these (?:pictures|images|samples|results|figures|are)|this (?:picture|image|"
    r"figure|report|writeup|post)|(?:pictures?|images?|figures?|results?|samples?|outputs?) "
    r"(?:above|below)|I(?:'m| am| have)? (?:use|used|using|chose|choose|set)|"
    r"we (?:use|used|chose|choose|set)|was set|were set|throughout)\b",
    re.I,
)
VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|can|will|must|gives?|makes?|shows?|looks?|"
    r"becomes?|gets?|means?|starts?|ends?|loses?|keeps?|ignores?|turns?|remains?|stays?|works?|"
    r"fails?|needs?|takes?|leaves?|comes?|goes|yields?|produces?|improves?|begins?|seems?|"
    r"appears?|wins?|performs?|provides?|removes?|adds?|draws?|sees?|tells?|knows?|learns?|"
    r"learned|learnt|happens?|collapses?|vanish(?:es)?|survives?|disappears?|changes?)\b",
    re.I,
)
CLAUSE_END = re.compile(
    r"[\])}\"”'’\s]*(?:$|[.,;:)\]|–—(!?…]|(?:and|or|with|from|for|at|in|on|left|right|after|"
    r"here|shown|used)\b)",
    re.I,
)


@dataclass(frozen=True)
class Contradiction:
    """severity: "error" if the sentence is certainly about the figure."""

    message: str
    severity: Severity
    start: int


def contradictions(
    text: AuthoredText, of: str, entries: Sequence[Entry], seeds: Iterable[int] = ()
) -> Iterator[Contradiction]:
    """Numbers in a text that no run has.

    of: whose runs they are, for messages. seeds: further valid seeds. Only fields that the runs
    have, or well-known names of them, are checked.
    """
    said = list(statements(text.source)) if entries else []
    if not said:
        return
    known = _known(entries)
    known.setdefault("seed", set()).update(map(float, seeds))
    training = any("epochs" in entry.params for entry in _with_needs(entries))
    for stated in said:
        values = known.get(stated.field, set())
        if not values or text.is_meant(stated.start, stated.excerpt):
            continue
        for number, value in zip(stated.written, stated.values, strict=True):
            if any(abs(value - there) <= 1e-9 + 1e-6 * abs(there) for there in values):
                continue
            severity = _severity(text, stated, value, values, training)
            if severity is not None:
                message = f"{text.what} says {stated.name} = {number}, but {of} {_listed(values)}"
                yield Contradiction(message, severity, stated.start)


def _severity(
    text: AuthoredText, stated: Statement, value: float, values: set[float], training: bool
) -> Severity | None:
    """How certain it is that a number is wrong; None: the sentence is about something else."""
    sentence = f"{stated.before} {stated.excerpt} {stated.after}"
    general = (
        GENERAL.search(sentence)
        or BOUND.search(stated.before)
        or (TRAINED.search(sentence) and not training)
    )
    points = POINTS.search(sentence)
    label = CLAUSE_END.match(stated.after)
    listed = any(other in values for other in stated.values)
    if general:
        return None
    end = value in ENDS.get(stated.field, ())
    if end and stated.field == "t":
        return None
    if listed or (label and points):
        return "error"
    if text.field in ("caption", "title") and label and not VERB.search(sentence):
        return "error"
    return None if end or text.field == "intro" else "warning"


def _listed(values: set[float]) -> str:
    """The values that runs have, at most a dozen."""
    ordered = [f"{value:g}" for value in sorted(values)]
    if len(ordered) > 12:
        return f"{', '.join(ordered[:5])}, … {ordered[-1]}"
    return ", ".join(ordered)


def _with_needs(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, and all that they refer to, recursively."""
    seen: set[int] = set()
    waiting = list(entries)
    while waiting:
        entry = waiting.pop()
        if id(entry) not in seen:
            seen.add(id(entry))
            waiting += [need for group in entry.needs.values() for need in group]
            yield entry


def _known(entries: Sequence[Entry]) -> dict[str, set[float]]:
    """The values of every field and axis, over all runs and the runs they refer to."""
    known: dict[str, set[float]] = {}

    def learn(name: str, value: Any) -> None:
        known.setdefault(name, set()).update(_numbers(value))

    for entry in _with_needs(entries):
        for name, value in (*entry.params.items(), *entry.axes.items()):
            learn("seed" if name.endswith("_seed") else name, value)
        learn("seed", entry.seed)
        learn("t", entry.series.get("t", ()))
        learn("t", entry.metrics.get("t"))
        usual = not (entry.params.get("steps") or entry.params.get("timesteps"))
        if isinstance(entry.params.get("i_start"), int) and usual:
            learn("t", [STRIDE * (LOOP - i) for i in range(entry.params["i_start"], LOOP + 1)])
    for epochs in _epochs(entries):
        learn("epoch", epochs)
    for name in ("t", "i_start", "sigma", "noise_level"):
        learn("noise level", sorted(known.get(name, ())))
    return known


def _epochs(entries: Sequence[Entry]) -> Iterator[list[float]]:
    """The epochs that a figure may mention: those in its references, and the last of each training.

    A figure of the trainings themselves shows every epoch.
    """
    for entry in entries:
        picks = [
            float(found[1])
            for name in entry.needs
            if (found := re.search(r"@(\d+)$", str(entry.params.get(name, ""))))
        ]
        yield picks
        for run in _with_needs([entry]):
            total = run.params.get("epochs")
            if isinstance(total, int):
                shown = run is entry or technique_of(entry).shows_all_epochs()
                yield [float(n) for n in range(1, total + 1)] if shown else [float(total)]


def _numbers(value: Any) -> list[float]:
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [float(value)]
    if isinstance(value, list | tuple):
        return [number for item in value for number in _numbers(item)]
    return []
