"""The author's own words in labels, where `$…$` is math, told from values, where it is not."""

from __future__ import annotations

import re

OPEN, CLOSE = "\ue004", "\ue005"
"""Around the author's words within a label that has values in it too."""
MARKS = re.compile(f"[{OPEN}{CLOSE}]")
COMMAND = re.compile(r"\\[A-Za-z]+|[{}$_^\\]")
"""What a formula's source has and its picture has not."""


class Words(str):
    """A text that the author wrote to be read, such as a case's `label`."""

    __slots__ = ()


def marked(words: str) -> str:
    """The author's words as a part of a label: pages show their formulas as math."""
    plain = unmarked(words)
    return f"{OPEN}{plain}{CLOSE}" if "$" in plain else plain


def unmarked(text: str) -> str:
    """A value as a part of a label: whatever it holds, it is no math."""
    return MARKS.sub("", text)


def shown_length(label: str) -> int:
    """About how many characters a label is wide, its formulas as they are drawn."""
    if OPEN not in label:
        return len(label)
    return len(MARKS.sub("", COMMAND.sub(lambda m: "x" if len(m[0]) > 1 else "", label)))
