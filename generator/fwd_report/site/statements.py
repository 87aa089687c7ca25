"""Statements about parameters in prose: "t = 700", "γ of 7", "seeds 180 and 181", "the 5th
epoch".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fwd_report.site.authored import CONTENT, JINJA

NAMES: Mapping[str, str] = {
    "t": r"t|(?:noise |time )?time[ -]?steps?",
    "guidance": r"γ|gamma|(?:cfg|guidance)[ _]scale|cfg|guidance",
    "sigma": r"σ|sigma",
    "seed": r"(?:random )?seeds?",
    "i_start": r"i_start|starting index|i",
    "epoch": r"epochs?",
    "steps": r"(?:num_)?inference[ _]steps|num_steps|steps",
    "kernel_size": r"kernel[ _]size|kernel",
    "hidden": r"D|num_hidden|hidden",
    "timesteps": r"T",
    "batch": r"batch[ _]size|batch",
    "lr": r"lr|learning[ _]rate",
    "noise level": r"noise[ _]levels?",
}
"""What prose calls a field, by the field's own name; other fields go by their own names."""
CASED = ("t", "i", "D", "T")
"""One-letter names, which mean something else in the other case."""
WORDS = ("guidance", "seed", "epoch", "t", "kernel_size", "lr", "noise level")
"""Fields with names in words, which a value may follow without a sign between."""
NUMBER = r"[-−]?\d+(?:\.\d+)?(?:[eE][-−+]?\d+)?|[-−]?\.\d+"
_UNITS = "s|ms|sec|seconds?|min|minutes?|h|hours?|dB|px|pixels|GB|MB"
_ONE = rf"(?:{NUMBER})(?![\w%]|\.\d|\s*(?:\^|/|×|\*|\+|(?:{_UNITS})\b))"
_MANY = rf"{_ONE}(?:\s*(?:,\s*and\b|,\s*or\b|,|\band\b|\bor\b|\bto\b|\bthrough\b|–|…)\s*{_ONE})*"
_KNOWN = "|".join(f"(?P<{field.replace(' ', '_')}>{names})" for field, names in NAMES.items())
STATED = re.compile(
    rf"(?<![\w.'’-])(?:{_KNOWN}|(?P<other>[A-Za-z][a-z]*(?:_[a-z]+)+))(?![\w'’])"
    rf"(?P<link>\s*(?:=|:|≈|∈|\bin\b|\bof\b|\bis\b(?:\s+always)?|\bset to\b|\bat\b)?\s*)"
    rf"(?P<open>[\[({{]\s*)?(?P<values>{_MANY})",
    re.I,
)
COUNTED = re.compile(
    rf"(?P<values>{NUMBER})\s*(?:(?P<epoch>(?:st|nd|rd|th)?\s+epochs?)"
    r"|(?P<steps>\s+(?:inference|denoising|sampling|Euler)[ -]steps))\b"
)
SEED_IS = re.compile(
    rf"\b(?P<seed>(?:random )?seeds?)\b[^.;\n=\d]{{0,40}}?\b(?:is|are|was|were)\b"
    rf"(?:\s+(?:always|set to))*\s+(?P<values>{_MANY})",
    re.I,
)
SENTENCE = re.compile(r"(?<=[.!?;])[\"”')\s]+(?=\S)|\n\s*\n|\||\n(?=\s*(?:[-*#]|\d+\.)\s)")
PATTERNS = (STATED, COUNTED, SEED_IS)


@dataclass(frozen=True)
class Statement:
    """name: as written. field: the run's field that it may mean. before, after: the rest of its
    sentence.
    """

    name: str
    field: str
    values: tuple[float, ...]
    written: tuple[str, ...]
    before: str
    after: str
    start: int
    excerpt: str


def statements(source: str) -> Iterator[Statement]:
    """Every number that prose gives a parameter; printed values are right, and left out."""
    text = _plain(source)
    taken: list[tuple[int, int]] = []
    found = [match for pattern in PATTERNS for match in pattern.finditer(text)]
    for match in found:
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        groups = match.groupdict()
        field = next((name for name in NAMES if groups.get(name.replace(" ", "_"))), None)
        name = (groups[field.replace(" ", "_")] if field else groups["other"]).strip()
        if field and name.lower() in map(str.lower, CASED) and name not in CASED:
            continue
        link = (groups.get("link") or "").strip().lower()
        signed = link in ("=", ":", "≈", "∈") or match.re is not STATED
        if not signed and (field not in WORDS or name in CASED or link == "at"):
            continue
        if field == "epoch" and link == "of":
            continue
        taken.append(match.span())
        if "…" in text[match.start() : match.end() + 3]:
            continue
        written = tuple(re.findall(NUMBER, groups["values"]))
        begin, end = _sentence(text, *match.span())
        yield Statement(
            name=re.sub(r"^(?:st|nd|rd|th)\s+", "", name),
            field=field or name,
            values=tuple(float(value.replace("−", "-")) for value in written),
            written=written,
            before=text[begin : match.start()].strip(),
            after=text[match.end() : end].strip(),
            start=match.start(),
            excerpt=" ".join(text[match.start() : match.end()].split()),
        )


def _plain(source: str) -> str:
    """The source, character for character, without templates, dollars, backticks, backslashes."""
    text = JINJA.sub(_without_template, source)
    return re.sub(r"[$`*\\]", " ", text)


def _without_template(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", CONTENT if found[0].startswith("{{") else " ", found[0])


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence around a stretch begins and ends."""
    begin, stop = 0, len(text)
    for gap in SENTENCE.finditer(text):
        if gap.end() <= start:
            begin = gap.end()
        elif gap.start() >= end:
            stop = gap.start()
            break
    return begin, stop
