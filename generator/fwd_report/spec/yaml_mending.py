"""Hints for YAML that cannot be parsed: where quotes would help, with the corrected line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from fwd_report.spec.yaml_nodes import Place

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

_BLOCK_TEXT = re.compile(r"( *(?:- +)*)([\w@.-]+): +([|>])[-+\d]*\s*(?:#.*)?$")
"""A key whose text is on the lines below, which are indented further than the key."""
_KEY = re.compile(r" *(?:- +)*[\w@.-]+:(?: |$)")
FURTHER = (
    "this line is indented further than the line above: lines of one thing start in one column. "
    "A text that goes on there stands in quotes, or on lines of its own after `>-`"
)


def explained(
    error: Any, lines: Sequence[str], reads_past: Callable[[int, str], bool]
) -> tuple[str, Place | None, str | None]:
    """What is wrong, where, and a hint, for one of the parser's errors that have a place.

    reads_past(number, text): whether a text can be parsed beyond the line of that number.
    """
    marks = [mark for mark in (error.problem_mark, error.context_mark) if mark]
    places = [(mark.line + 1, mark.column + 1) for mark in marks]
    for place in sorted(places):
        if (head := _head_of_unindented(lines, place[0])) is not None:
            hint = f"indent the text below `{head}` by two spaces"
            return f"this text is not indented, so it does not belong to `{head}`", place, hint
    message = f"not valid YAML: {error.problem}"
    if error.context:
        message += f" {error.context}"
    last = max((number for number, _ in places), default=0)
    numbers = dict.fromkeys([*(number for number, _ in places), *islice(unclosed(lines, last), 3)])
    past = partial(reads_past, last)
    mended = next(filter(None, (mended_line(lines, n, past) for n in numbers)), None)
    above = lines[: places[0][0]] if places else ()
    return message, places[0] if places else None, hint_for(above, error.problem or "", mended)


def _head_of_unindented(lines: Sequence[str], number: int) -> str | None:
    """`key: |` above the line of that number, if that line should be indented as its text."""
    line = lines[number - 1] if number <= len(lines) else ""
    if not line.strip() or _KEY.match(line):
        return None
    indent = _indent(line)
    for above in reversed(lines[max(0, number - NEAR) : number - 1]):
        if above.strip() and _indent(above) <= indent:
            head = _BLOCK_TEXT.match(above)
            return f"{head[2]}: {head[3]}" if head and len(head[1]) >= indent else None
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _too_far_right(lines: Sequence[str]) -> bool:
    """Whether the last line begins further right than the one above, whose key has its text."""
    above = next((line for line in reversed(lines[:-1]) if line.strip(" -")), "")
    key, found = _KEY.match(above), _BLOCK.match(above)
    if not key or not found or found[2][0] in "|>&#'\"":
        return False
    dashes = re.match(r"[ -]*", above)
    return bool(_KEY.match(lines[-1])) and _indent(lines[-1]) > len(dashes[0] if dashes else "")


def yaml_scalar(text: str) -> str:
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


def hint_for(lines: Sequence[str], problem: str, mended: str | None) -> str | None:
    """A hint for one of the parser's errors; lines: those up to where it stopped."""
    line = lines[-1] if lines else ""
    if "\t" in line[: len(line) - len(line.lstrip())] or "tab" in problem:
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in problem:
        if _too_far_right(lines):
            return FURTHER
        hint = "put a text that contains ': ' in quotes"
        return with_line(hint, mended) if mended else f"{hint}, or on lines of its own after `>-`"
    if "cannot start any token" in problem:
        return with_line("put a text that begins with @, ` or % in quotes", mended)
    if mended is not None:
        return with_line("put the text in quotes", mended)
    if "quoted scalar" in problem or "end of stream" in problem:
        return "a quote or bracket is not closed"
    if len(lines) > 1 and re.search(r"[^\s:] #", lines[-2]) and ": " not in line:
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
        yield line[: flow.start(2)] + yaml_scalar(_unwrapped(flow[2])) + line[flow.end(2) :]
    if block := _BLOCK.match(line):
        text, comment = block[2], ""
        if closed := _CLOSED.match(text):
            text, comment = closed[1], closed[2]
        if not _TREE.match(text):
            yield block[1] + yaml_scalar(_unwrapped(text)) + comment


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
