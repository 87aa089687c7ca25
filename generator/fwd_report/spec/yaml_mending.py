"""What to do about YAML that cannot be read: where quotes would help, the line with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

LONGEST_LINE = 1_000
LARGEST = 200_000
"""Characters of a line, and of a file, up to which a mended line is looked for."""
MOST = 12
"""How many texts of a line are tried."""
NEAR = 200
"""How many lines above a place a quote may stand that was not closed."""

_BLOCK = re.compile(r"(\s*(?:- +)*(?:[\w@.-]+: +|(?<=- )))(\S.*?)\s*$")
"""The last of a line's own `key: ` or dash, and the text after it."""
_FLOW = re.compile(r"([{,]\s*[\w@-]+: +)(?=[^\s{\[])([^{}\[\]]+?)(?=\s*(?:,\s*[\w@-]+: |[}\]]))")
"""`key: ` within braces, and the text up to the next key or the closing brace."""
_TREE = re.compile(r"\[[^\]]*\]?$|\{(?!\{)")
"""What is rather a list or a mapping in brackets than a text that begins with one."""
_CLOSED = re.compile(r"(['\"].*['\"])(\s+#(?:\s.*)?)$")
"""A text in quotes with a comment after it."""


def quoted(text: str) -> str:
    """The text in the quotes that need least of it to be written otherwise."""
    if "'" in text and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def mended_line(lines: Sequence[str], number: int, works: Callable[[str], bool]) -> str | None:
    """The line of that number, counted from 1, with a text of it in quotes; None if none helps.

    works(text): whether the file can be read past the place where it could not.
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

    What such a text swallows is where the parser stops, further down. The nearest comes first.
    """
    for number in range(last, max(0, last - NEAR), -1):
        block = _BLOCK.match(lines[number - 1]) if number <= len(lines) else None
        if block and block[2][0] in "'\"" and block[2].count(block[2][0]) == 1:
            yield number


def hint_for(around: Sequence[str], problem: str, mended: str | None) -> str | None:
    """What to do about one of the parser's complaints; around: up to the line it stops at."""
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
    """The hint, and the line as it says."""
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
    """A text without the quotes around it, if they are around it: `"A" or "B"` has none.

    A quote that is not closed is taken for one around the text.
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
