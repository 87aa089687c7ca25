"""The author's own texts: where each is, and which of its characters are plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from fwd_report.site.page_folders import OWNED
from fwd_report.spec.markdown import pieces
from fwd_report.spec.project import SectionSpec

Field = Literal["title", "intro", "outro", "caption", "discussion", "description", "page"]

ATTRIBUTES = r"\{#[^\s#{}][^\n{}#]*\}"
"""An attribute list, `{#id .class}`, which begins like a Jinja comment."""
JINJA = re.compile(rf"\{{%.*?%\}}|\{{\{{.*?\}}\}}|(?!{ATTRIBUTES})\{{#.*?#\}}", re.S)
MEANT = re.compile(r"\{#-?\s*meant\b:?(.*?)-?#\}|<!--\s*meant\b:?(.*?)-->", re.S)
COMMENT = re.compile(rf"(?!{ATTRIBUTES})\{{#.*?#\}}|<!--\s*meant\b.*?-->", re.S)
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
ADDRESS = re.compile(
    r"(?<=\]\()[^()\n]*(?:\([^()\n]*\)[^()\n]*)*(?=\))|\bhttps?://\S+|(?<=\]: )\S+"
)
"""Targets of links and definitions, and bare addresses."""
SHOWING = re.compile(r"<(?:img|video|svg|iframe|picture|table)\b", re.I)
PARAGRAPH = re.compile(r"\n[ \t]*\n")
FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*\n", re.S | re.M)
CONTENT = "\ufffc"
"""Stands for a character of code, math, a picture or a template: content that is not words."""


@dataclass(frozen=True)
class AuthoredText:
    """One text of the author's.

    what: its name in messages. path: the field's place in its file. follows: whether something
    comes below it on its page.
    """

    source: str
    what: str
    field: Field
    section: str = ""
    path: tuple[str, ...] = ()
    follows: bool = False

    @cached_property
    def markdown(self) -> str:
        """The source, character for character, with code, math and templates blanked out."""
        source = self.source
        if "{" in source:
            source = _kept(source, lambda kind: kind != "code")
            source = JINJA.sub(lambda found: _blot(found[0]), source)
        text = _kept(source, lambda kind: kind in ("text", "tag"))
        for comment in COMMENT.finditer(self.source):
            blank = _blank(comment[0])
            text = text[: comment.start()] + blank + text[comment.end() :]
        return text

    @cached_property
    def words(self) -> str:
        """The same, with HTML tags and addresses blanked out too: only words are left."""
        text = ADDRESS.sub(lambda found: _blot(found[0]), self.markdown)
        return TAG.sub(_without_tag, text)

    def is_meant(self, start: int, excerpt: str) -> bool:
        """Whether the paragraph around an offset marks `excerpt` as meant.

        A comment with words covers findings that contain those words; one without covers the whole
        paragraph.
        """
        begin, end = 0, len(self.source)
        for gap in PARAGRAPH.finditer(self.source):
            if gap.end() <= start:
                begin = gap.end()
            elif gap.start() >= start:
                end = gap.start()
                break
        for found in MEANT.finditer(self.source, begin, end):
            words = _plain(found[1] or found[2] or "")
            if not words or words in _plain(excerpt) or _plain(excerpt) in words:
                return True
        return False

    def line(self, lines: Sequence[str], place: tuple[int, int], offset: int) -> int:
        """The line of the file at an offset of the text, if its value begins at `place`.

        YAML may fold lines but keeps the words, so words are counted.
        """
        if self.field == "page":
            return place[0] + self.source.count("\n", 0, offset)
        before = self.source[:offset]
        wanted = len(before.split()) + (0 if before and not before[-1].isspace() else 1)
        number, column = place
        first = lines[number - 1][column - 1 :]
        if re.match(r"[|>][-+0-9]*\s*(?:#.*)?$", first):
            number, first = number + 1, lines[number] if number < len(lines) else ""
        for index in range(number, len(lines) + 1):
            wanted -= len((first if index == number else lines[index - 1]).split())
            if wanted <= 0:
                return index
        return place[0]


def texts_of(spec: SectionSpec) -> Iterator[AuthoredText]:
    """A section's texts in page order, blank ones included."""
    shown = [experiment.id for experiment in spec.experiments if experiment.show]
    outro = bool(spec.outro.strip())
    yield AuthoredText(spec.title, "the title", "title", spec.name, ("title",))
    yield AuthoredText(
        spec.intro, "the intro", "intro", spec.name, ("intro",), bool(shown) or outro
    )
    for experiment in spec.experiments:
        name = experiment.id
        last = name in shown[-1:]
        for field in ("title", "caption", "discussion"):
            follows = field == "discussion" and (outro or not last)
            yield AuthoredText(
                getattr(experiment, field),
                f"the {field} of {name}",
                field,
                spec.name,
                (name, field),
                follows,
            )
    yield AuthoredText(spec.outro, "the outro", "outro", spec.name, ("outro",))


def hand_written_pages(docs: Path) -> Iterator[tuple[Path, AuthoredText, int]]:
    """The hand-written pages of docs/: file, text without front matter, number of its first
    line.
    """
    for page in sorted(docs.rglob("*.md")):
        hidden = any(part.startswith(".") for part in page.relative_to(docs).parts)
        if not hidden and not page.is_relative_to(docs / OWNED) and page.is_file():
            source = page.read_text(encoding="utf-8-sig", errors="replace")
            front = FRONT_MATTER.match(source)
            start = front.end() if front else 0
            text = AuthoredText(source[start:], "the page", "page")
            yield page, text, 1 + source.count("\n", 0, start)


def _kept(source: str, keep: Callable[[str], bool]) -> str:
    """A source, character for character, with pieces of other kinds blanked out."""
    found = list(pieces(source))
    ends = [*(piece.start for piece in found[1:]), len(source)][: len(found)]
    stretches = [
        (piece.kind, source[piece.start : end]) for piece, end in zip(found, ends, strict=True)
    ]
    return "".join(text if keep(kind) else _blot(text) for kind, text in stretches)


def _blot(text: str) -> str:
    return "".join(c if c == "\n" else CONTENT for c in text)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _without_tag(found: re.Match[str]) -> str:
    return _blot(found[0]) if SHOWING.match(found[0]) else _blank(found[0])


def _plain(text: str) -> str:
    return re.sub(r"[\s$`*]+", " ", text).strip().lower()
