"""The author's own words in labels, where `$…$` is math, as opposed to values, where it is not."""

from __future__ import annotations

import re

OUTSIDE_KEYS = "words for readers, in no result"

OPEN, CLOSE = "\ue004", "\ue005"
"""Mark the author's words within a label that contains values too."""
MARKS = re.compile(f"[{OPEN}{CLOSE}]")
COMMAND = re.compile(r"\\[A-Za-z]+|[{}$_^\\]")
"""What a formula's source has but its rendering has not."""


class Words(str):
    """A text written by the author for readers, such as a case's `label`."""

    __slots__ = ()


def marked(words: str) -> str:
    """The author's words as part of a label, in which pages render formulas."""
    plain = unmarked(words)
    return f"{OPEN}{plain}{CLOSE}" if "$" in plain else plain


def unmarked(text: str) -> str:
    """A value as part of a label: whatever it contains, it is not math."""
    return MARKS.sub("", text)


def prompt_in_words(prompt: str) -> str:
    """A prompt as readers are told it: the empty one, which has no words, is named."""
    return prompt or "no prompt"


def shown_length(label: str) -> int:
    """The approximate width of a label in characters, with its formulas rendered."""
    if OPEN not in label:
        return len(label)
    return len(MARKS.sub("", COMMAND.sub(lambda m: "x" if len(m[0]) > 1 else "", label)))
