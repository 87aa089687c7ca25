"""What to do about YAML that cannot be read: where quotes would help, the line with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

LONGEST_LINE = 1_000
LARGEST = 200_000
"""Characters of a line, and of a file, up to which a mended line is looked for."""

_BLOCK = re.compile(r"(\s*(?:- +)*(?:[\w@.-]+: +|(?<=- )))(\S.*?)\s*$")
"""The last of a line's own `key: ` or dash, and the text after it."""
_FLOW = re.compile(r"([{,]\s*[\w@-]+: +)(?=[^\s{\[])([^{}\[\]]+?)(?=\s*(?:,\s*[\w@-]+: |[}\]]))")
"""`key: ` within braces, and the text up to the next key or the closing brace."""
_CLOSED = re.compile(r"(['\"].*['\"])(\s+#(?:\s.*)?)$")
"""A text in quotes with a comment after it."""


def quoted(text: str) -> str:
    """The text in the quotes that need least of it to be written otherwise."""
    if "'" in text and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def mended_line(lines: Sequence[str], number: int, works: Callable[[str, int], bool]) -> str | None:
    """The line of that number, counted from 1, with a text of it in quotes; None if none helps.

    works(text, number): whether the file can be read past that line.
    """
    if not 1 <= number <= len(lines) or sum(map(len, lines)) > LARGEST:
        return None
    line = lines[number - 1]
    for candidate in _candidates(line) if len(line) <= LONGEST_LINE else ():
        if works("\n".join([*lines[: number - 1], candidate, *lines[number:], ""]), number):
            return candidate
    return None


def hint_for(line: str, problem: str, mended: str | None) -> str | None:
    """What to do about one of the parser's complaints; line: the one it stops at."""
    if "\t" in line[: len(line) - len(line.lstrip())] or "tab" in problem:
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in problem:
        return with_line("put a text that contains ': ' in quotes", mended)
    if "cannot start any token" in problem:
        return with_line("put a text that begins with @, ` or % in quotes", mended)
    if mended is not None:
        return with_line("put the text in quotes", mended)
    if "expected '-' indicator" in problem or "expected <block end>" in problem:
        return "lines of one thing start in one column: this one is further left or right"
    if "quoted scalar" in problem or "end of stream" in problem:
        return "a quote or bracket is not closed"
    return None


def with_line(hint: str, mended: str | None) -> str:
    """The hint, and the line as it says."""
    return hint if mended is None else f"{hint}, so: {mended.strip()}"


def _candidates(line: str) -> Iterator[str]:
    if block := _BLOCK.match(line):
        text, comment = block[2], ""
        if closed := _CLOSED.match(text):
            text, comment = closed[1], closed[2]
        yield block[1] + quoted(_unwrapped(text)) + comment
    for flow in _FLOW.finditer(line):
        yield line[: flow.start(2)] + quoted(_unwrapped(flow[2])) + line[flow.end(2) :]


def _unwrapped(text: str) -> str:
    """A text without the quotes around it, if they are around it: `"A" or "B"` has none."""
    mark = text[0]
    inner = text[1:-1]
    if mark not in "'\"" or len(text) < 2 or text[-1] != mark:
        return text
    if mark == "'":
        inner = inner.replace("''", "'")
    else:
        inner = inner.replace('\\"', '"')
    if inner.count(mark) % 2 == 0 and re.search(rf"^[^{mark}]*[^\s{mark}]{mark}(\W|$)", inner):
        return text
    return inner
