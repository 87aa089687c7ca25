"""Markdown taken apart just far enough to know what is code, what is math and what is prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "code", "inline", "display"]

FENCE = re.compile(r"[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*(?:\n|$)")
RAW = re.compile(r"<!--.*?-->|<(pre|code|script|style|math|svg)\b.*?</\1\s*>", re.S | re.I)
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.S)
INLINE = re.compile(r"\$(?=[^\s$])((?:\\.|[^$\\\n]|\n(?!\s*\n))+?)(?<=\S)\$(?!\d)")
CONTAINER = re.compile(r"\s*(?:[-*+]|\d+[.)])\s|!!!|\?\?\?|===|\[\^")


@dataclass(frozen=True)
class Piece:
    """A stretch of Markdown; of math, `text` is the formula without its dollars."""

    kind: Kind
    text: str
    start: int


def pieces(source: str) -> Iterator[Piece]:
    """The source in pieces, in order: joined, with the dollars put back, they are the source.

    Code is fenced blocks, indented blocks, code spans, raw `<pre>` and `<code>`, comments. Math
    is `$…$` (pandoc's rule: no space inside the dollars, no digit after) and `$$…$$`.
    """
    position = start = 0
    while position < len(source):
        found = _special(source, position)
        if found is None:
            position += 2 if source.startswith("\\", position) else 1
            continue
        kind, text, end = found
        if start < position:
            yield Piece("text", source[start:position], start)
        yield Piece(kind, text, position)
        position = start = end
    if start < len(source):
        yield Piece("text", source[start:], start)


def _special(source: str, position: int) -> tuple[Kind, str, int] | None:
    """The code or math that begins at `position`, and where it ends."""
    if position == 0 or source[position - 1] == "\n":
        end = _block_code(source, position)
        if end is not None:
            return "code", source[position:end], end
    character = source[position]
    if character == "`":
        return _code_span(source, position)
    if character == "<" and (raw := RAW.match(source, position)):
        return "code", raw[0], raw.end()
    if character == "$":
        if display := DISPLAY.match(source, position):
            return "display", display[1], display.end()
        if inline := INLINE.match(source, position):
            return "inline", inline[1], inline.end()
    return None


def _block_code(source: str, position: int) -> int | None:
    opening = FENCE.match(source, position)
    if opening:
        closing = re.compile(
            rf"^[ \t]*{re.escape(opening['fence'][0])}{{{len(opening['fence'])},}}[ \t]*(?:\n|$)",
            re.M,
        ).search(source, opening.end())
        return closing.end() if closing else len(source)
    if not source.startswith(("    ", "\t"), position) or not _indented_code(source, position):
        return None
    end = source.find("\n", position)
    return len(source) if end < 0 else end + 1


def _indented_code(source: str, position: int) -> bool:
    """Whether an indented line is code rather than the continuation of a list or paragraph."""
    blank = False
    for line in reversed(source[:position].splitlines()):
        if not line.strip():
            blank = True
        elif line.startswith(("    ", "\t")):
            blank = False
        else:
            return blank and not CONTAINER.match(line)
    return True


def _code_span(source: str, position: int) -> tuple[Kind, str, int]:
    run = re.compile("`+").match(source, position)
    assert run is not None
    closing = re.compile(rf"(?<!`){run[0]}(?!`)").search(source, run.end())
    end = closing.end() if closing else run.end()
    return ("code" if closing else "text"), source[position:end], end
