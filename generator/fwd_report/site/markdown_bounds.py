"""Limits on Markdown: some nestings take its parser minutes, or crash it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fwd_report.errors import Problem
from fwd_report.site.authored import AuthoredText, hand_written_pages

MOST_LINES = 20_000
MOST_CHARACTERS = 1_000_000
"""Of a hand-written page."""
MOST_BRACKETS = 200
"""Square brackets, and addresses of links, that are open at once in one paragraph."""
MOST_QUOTES = 20
"""Nested block quotes."""
NESTING = re.compile(r"[ >]*")
MOST_LISTS = 30
"""Nested lists, of four columns each."""
DEEP_ITEM = re.compile(rf" {{{4 * MOST_LISTS},}}(?:[-*+]|\d+[.)]) ")
BRACKET = re.compile(r"\]\(|[\[\])]")


class TooLongError(ValueError):
    """A text is too long for a page, or too deeply nested. at: its line, counted from 1."""

    def __init__(self, message: str, at: int | None = None) -> None:
        super().__init__(message if at is None else f"{message}, in line {at:,} of the text")
        self.what = message
        self.at = at or 1


def check_nesting(text: str) -> None:
    """Raise TooLongError for deep quotes and lists and many open brackets: parsing time explodes
    there.
    """
    squares = links = 0
    for line, words in enumerate(text.splitlines(), 1):
        if not words.strip():
            squares = links = 0
        if len(NESTING.match(words)[0].replace(" ", "")) > MOST_QUOTES:  # type: ignore[index]
            raise TooLongError(f"quotes within quotes, more than {MOST_QUOTES}", line)
        if DEEP_ITEM.match(words.expandtabs(4)):
            raise TooLongError(f"lists within lists, more than {MOST_LISTS}", line)
        for found in BRACKET.finditer(words):
            if found[0] == "[":
                squares += 1
            elif found[0] == ")":
                links = max(0, links - 1)
            else:
                squares = max(0, squares - 1)
                links += found[0] == "]("
            if max(squares, links) > MOST_BRACKETS:
                raise TooLongError(
                    f"more than {MOST_BRACKETS} brackets are open in one paragraph", line
                )


def page_objection(text: AuthoredText) -> TooLongError | None:
    """Which limit a hand-written page exceeds, if any."""
    lines, characters = text.source.count("\n"), len(text.source)
    if characters > MOST_CHARACTERS:
        return TooLongError(f"the page has {characters:,} characters; {MOST_CHARACTERS:,} are read")
    if lines > MOST_LINES:
        return TooLongError(f"the page has {lines:,} lines; {MOST_LINES:,} are read")
    try:
        check_nesting(text.source)
    except TooLongError as error:
        return error
    return None


def page_problems(docs: Path) -> Iterator[Problem]:
    """Each hand-written page below docs/ that MkDocs cannot be given."""
    for page, text, first in hand_written_pages(docs):
        if (error := page_objection(text)) is not None:
            line = first + error.at - 1
            excerpt = text.source.split("\n", error.at)[error.at - 1][:200]
            name = page.relative_to(docs.parent)
            yield Problem(error.what, name, line, excerpt=excerpt, hint="make two pages of it")
