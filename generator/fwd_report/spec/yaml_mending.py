"""Hints for YAML that cannot be parsed: where quotes would help, with the corrected line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

LONGEST_LINE = 1_000
LARGEST = 200_000
"""Most characters of a line, and of a file, for which a corrected line is searched."""
MOST = 12
"""How many texts of a line are tried."""
NEAR = 200
"""How many lines above a place an unclosed quote is searched."""

_BLOCK = re.compile(r"(\s*(?:- +)*(?:[\w@.-]+: +|(?<=- )))(\S.*?)\s*$")
"""The last `key: ` or dash of a line, and the text after it."""
_FLOW = re.compile(r"([{,]\s*[\w@-]+: +)(?=[^\s{\[])([^{}\[\]]+?)(?=\s*(?:,\s*[\w@-]+: |[}\]]))")
"""`key: ` within braces, and the text up to the next key or the closing brace."""
_TREE = re.compile(r"\[[^\]]*\]?$|\{(?!\{)")
"""What is more likely a list or a mapping in brackets than a text that begins with one."""
_CLOSED = re.compile(r"(['\"].*['\"])(\s+#(?:\s.*)?)$")
"""A quoted text with a comment after it."""


def quoted(text: str) -> str:
    """The text in the quotes that need the least escaping."""
    if "'" in text and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def mended_line(lines: Sequence[str], number: int, works: Callable[[str], bool]) -> str | None:
    """The line of that number, counted from 1, with one of its texts quoted; None if that does not
    help.

    works(text): whether the file can be parsed beyond the place of the error.
    """
    if not 1 <= number <= len(lines) or sum(map(len, lines)) > LARGEST:
        return None
    line = lines[number - 1]
    for candidate in islice(_candidates(line), MOST) if len(line) <= LONGEST_LINE else ():
        if works("\n".join([*lines[: number - 1], candidate, *lines[number:], ""])):
            return candidate
    return None


def unclosed(lines: Sequence[str], last: int) -> Iterator[int]:
    """The lines up to that number whose text begins with a quote and has no second one.

    The parser stops further down, where such a text would end. The nearest comes first.
    """
    for number in range(last, max(0, last - NEAR), -1):
        block = _BLOCK.match(lines[number - 1]) if number <= len(lines) else None
        if block and block[2][0] in "'\"" and block[2].count(block[2][0]) == 1:
            yield number


def hint_for(around: Sequence[str], problem: str, mended: str | None) -> str | None:
    """A hint for one of the parser's errors; around: the lines up to where it stopped."""
    line = around[-1] if around else ""
    if "\t" in line[: len(line) - len(line.lstrip())] or "tab" in problem:
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in problem:
        hint = "put a text that contains ': ' in quotes"
        return with_line(hint, mended) if mended else f"{hint}, or on lines of its own after `>-`"
    if "cannot start any token" in problem:
        return with_line("put a text that begins with @, ` or % in quotes", mended)
    if mended is not None:
        return with_line("put the text in quotes", mended)
    if "quoted scalar" in problem or "end of stream" in problem:
        return "a quote or bracket is not closed"
    if len(around) > 1 and re.search(r"[^\s:] #", around[0]) and ": " not in line:
        return (
            "the text ends at ` #`, a comment: put it in quotes, or on lines of its own after `>-`"
        )
    if "expected '-' indicator" in problem or "expected <block end>" in problem:
        return "lines of one thing start in one column: this one is further left or right"
    return None


def with_line(hint: str, mended: str | None) -> str:
    """The hint, with the corrected line."""
    return hint if mended is None else f"{hint}, so: {mended.strip()}"


def _candidates(line: str) -> Iterator[str]:
    for flow in _FLOW.finditer(line):
        yield line[: flow.start(2)] + quoted(_unwrapped(flow[2])) + line[flow.end(2) :]
    if block := _BLOCK.match(line):
        text, comment = block[2], ""
        if closed := _CLOSED.match(text):
            text, comment = closed[1], closed[2]
        if not _TREE.match(text):
            yield block[1] + quoted(_unwrapped(text)) + comment


def _unwrapped(text: str) -> str:
    """A text without its surrounding quotes, if they surround it: `"A" or "B"` has none.

    An unclosed quote counts as surrounding.
    """
    mark, inner = text[0], text[1:-1]
    if mark not in "'\"":
        return text
    if text.count(mark) == 1:
        return text[1:]
    if text[-1] != mark:
        return text
    inner = inner.replace("''", "'") if mark == "'" else inner.replace('\\"', '"')
    if inner.count(mark) % 2 == 0 and re.search(rf"^[^{mark}]*[^\s{mark}]{mark}(\W|$)", inner):
        return text
    return inner
