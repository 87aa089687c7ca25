"""Text that was not meant to stay: notes to oneself, blanks, gaps, markup that readers would
see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5

from fwd_report.site.authored import CONTENT, AuthoredText
from fwd_report.site.findings import Severity

NOTES = "explain|insert|fill[ -]in|elaborate|describe|visuali[sz]e|your (?:text|name|answer)|todo"
EDITS = (
    "make(?! sure)|fix|change|add|remove|redo|rewrite|replace|update|write|insert|put|move|finish|"
    "fill|delete|don't forget|explain|describe"
)
"""How notes to oneself begin."""
CAPITALS = "MAKE|FIX|CHANGE|ADD|REMOVE|REDO|REWRITE|REPLACE|WRITE|INSERT|PUT|FINISH|DELETE"
THINGS = (
    "figure|figures|image|images|picture|pictures|photo|photos|pic|pics|gif|gifs|video|plot|graph|"
    "diagram|screenshot|table|caption|link|url|citation|cite|ref|reference|teaser|placeholder|"
    "name|title|text|answer|todo|tbd"
)
SIMPLE = (
    re.compile(r"\bTODO:[^?]{3,200}\?"),
    re.compile(r"\b(?:TODO|FIXME|XXX|TBD|PLACEHOLDER|[A-Z]+_HERE)\b"),
    re.compile(r"\blorem ipsum\b|\bblah(?:[ ,]+blah)+\b", re.I),
    re.compile(rf"\((?:{NOTES})\b[^()]*\)", re.I),
    re.compile(
        rf"^[ \t]*\((?:{EDITS}|show|mention|discuss|check|see if)\b[^()]*\)[ \t]*$", re.I | re.M
    ),
    re.compile(
        rf"[(*_](?:add|insert|put)(?: an?| the| some| more)? (?:{THINGS})\b[^()*_]*[)*_]", re.I
    ),
    re.compile(rf"\byour (?:{THINGS}) (?:goes )?here\b", re.I),
    re.compile(rf"(?:(?<=[.!?:]\s)|^[ \t]*)(?:{EDITS})\b(?:[^.,:!?\n]|\.(?=\d))*!!+", re.I | re.M),
    re.compile(rf"\b(?:{CAPITALS})(?:\s+[A-Z]+\b){{2,}}"),
    re.compile(r"\b(?:Figure|Fig\.|Table|Section|Equation|Eq\.|Part|page)\s*\(?\?\?+\)?", re.I),
    re.compile(r"\b(?:Figure|Fig\.|Table|Section|Equation|Eq\.) \?(?!\w)", re.I),
    re.compile(r"(?<!\S)\?{2,}(?=[\s.,;:)]|$)"),
    re.compile(r"(?<![\w?])\[\?+\](?!\()|\(\?\?+\)"),
    re.compile(r"(?<=[^\s_*-][ \t])_{2,}(?![\w_*])|(?<![\w_*\\])_{2,}(?=[ \t]+[^\s_*-])"),
)
"""Placeholders that are known by their words alone; five published writeups had most of them."""
AS_TAG = re.compile(rf"<(?:{NOTES}|add|put|write|placeholder)\b[^<>\n]*>", re.I)
"""A note in angle brackets, which a browser takes for a tag and hides."""
BRACKETS = re.compile(r"(?<![!\]\w\\])\[([^\[\]\n]{3,80})\](?![(\[:])")
IN_BRACKETS = re.compile(
    rf"(?:{NOTES}|{EDITS})\b.*|(?:[\w'-]+ ){{0,4}}(?:{THINGS})(?: (?:here|goes here|needed))?"
    rf"|(?:{THINGS}) of .*|.*\bhere",
    re.I,
)
ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]+);")
TEX = re.compile(r"\\(?:[a-zA-Z]{2,}|\(|\[)")
"""A LaTeX command or bracket in what will be plain text."""
SCRIPT = re.compile(r"(?<![\w\\{])\w{1,3}[_^]\{[^{}\n]*\}")
"""A letter or number with a subscript or superscript in braces."""
HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$", re.M)
NEVER_LAST = "the|a|an|and|or|which|whose|my|our|their|your|its|than|into|because|if|as"
SELDOM_LAST = "of|to|from|with|by|for|at|in|on|that|is|are|was|were|called"
BREAKS_OFF = re.compile(rf"(?:^|[\s(])(?:(?P<surely>{NEVER_LAST})|{SELDOM_LAST})[ \t]*\Z", re.I)
FEW_WORDS = re.compile(r"[^\W\d_]+(?:[ \t]+[^\W\d_]+)?")
LIST_OR_TABLE = re.compile(r"\s*(?:[-*+>|]|\d+[.)]|!\[|\[\^|\{)")


@dataclass(frozen=True)
class Leftover:
    """kind and message, and the stretch of the text that it is about."""

    kind: str
    message: str
    start: int
    excerpt: str
    severity: Severity = "error"


def leftovers(text: AuthoredText) -> Iterator[Leftover]:
    """What is wrong with one text, in order, each stretch once."""
    end = -1
    every = (*_placeholders(text), *_marks(text), *_gaps(text))
    for found in sorted(every, key=lambda leftover: leftover.start):
        if found.start >= end and not text.is_meant(found.start, found.excerpt):
            end = found.start + len(found.excerpt)
            yield found


def _placeholders(text: AuthoredText) -> Iterator[Leftover]:
    words = text.words
    for pattern in SIMPLE:
        for match in pattern.finditer(words):
            excerpt = match[0].strip()
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            if CONTENT not in excerpt:
                yield Leftover("placeholder", f"placeholder {excerpt!r}", start, excerpt)
    for match in AS_TAG.finditer(text.markdown):
        message = f"placeholder {match[0]!r}, which a browser hides"
        yield Leftover("placeholder", message, match.start(), match[0])
    for match in BRACKETS.finditer(words):
        if IN_BRACKETS.fullmatch(match[1].strip()) and not _defined(match[1], words):
            yield Leftover("placeholder", f"placeholder {match[0]!r}", match.start(), match[0])


def _defined(label: str, words: str) -> bool:
    """Whether a bracket is a reference link with a definition in the text."""
    return f"[{label.lower()}]:" in words.lower()


def _marks(text: AuthoredText) -> Iterator[Leftover]:
    """Markup that a reader would see as such."""
    for match in ENTITY.finditer(text.words):
        if f"{match[1]};" not in html5:
            message = f"'{match[0]}' is no entity of HTML and is shown as it stands"
            yield Leftover("placeholder", message, match.start(), match[0])
    for pattern in (TEX, SCRIPT):
        for match in pattern.finditer(text.words):
            if text.field != "title" or pattern is TEX:
                message = f"'{match[0]}' stands without $…$ (no spaces beside the dollars)"
                yield Leftover("math", message, match.start(), match[0])


def _gaps(text: AuthoredText) -> Iterator[Leftover]:
    """Headings with nothing below, bodies of a word or two, sentences that break off."""
    if text.field in ("title", "caption", "description"):
        if text.field == "caption":
            yield from _broken_off(text, 0, len(text.words))
        return
    headings = list(HEADING.finditer(text.words))
    starts = [0, *(heading.end() for heading in headings)]
    ends = [*(heading.start() for heading in headings), len(text.words)]
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        last = index == len(starts) - 1
        body = text.words[start:end]
        if not body.strip():
            if index and (
                not text.follows if last else not _deeper(*headings[index - 1 : index + 1])
            ):
                title = headings[index - 1][2].replace(CONTENT, "") or "#"
                message = f"nothing stands below the heading {title!r}"
                yield Leftover("empty-heading", message, headings[index - 1].start(), title)
            continue
        at = start + len(body) - len(body.lstrip())
        if FEW_WORDS.fullmatch(body.strip()):
            message = f"placeholder {body.strip()!r}: this is no sentence"
            yield Leftover("placeholder", message, at, body.strip())
        yield from _broken_off(text, start, end)


def _deeper(heading: re.Match[str], following: re.Match[str]) -> bool:
    """Whether a heading is followed by one of lower rank, and so by its content."""
    return len(following[1]) > len(heading[1])


def _broken_off(text: AuthoredText, start: int, end: int) -> Iterator[Leftover]:
    """The last paragraph of a stretch, if it ends in mid-sentence."""
    body = text.words[start:end].rstrip()
    paragraph = body[body.rfind("\n\n") + 1 :].lstrip("\n")
    if LIST_OR_TABLE.match(paragraph) or len(paragraph.split()) < 2:
        return
    if last := BREAKS_OFF.search(paragraph):
        at = start + max(body.rfind(" "), body.rfind("\n")) + 1
        shown = " ".join(paragraph.split())
        shown = f"…{shown[-50:]}" if len(shown) > 50 else shown
        sure: Severity = "error" if last["surely"] else "warning"
        yield Leftover("unfinished", f"{shown!r} breaks off", at, body[at - start :], sure)
