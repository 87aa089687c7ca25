"""The prompts of a figure that nothing else in it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass

from fwd_report.site.titles import plain_label
from fwd_report.store.entry import Entry
from fwd_report.techniques.base import PromptText, marked_fields
from fwd_report.techniques.parts import Part
from fwd_report.techniques.registry import all_techniques

WITHOUT = "without:"
"""The name of a prompt that pictures are led away from."""
UNSEEN = ("alt", "entry", "entries", "source", "frames")
"""The fields of parts that readers of the page do not see as text."""


def unseen_prompts(
    entries: Sequence[Entry], parts: Sequence[Part], caption: str
) -> list[tuple[str, str]]:
    """(field, prompt) shared by all results of a figure, and shown by no label and no caption.

    caption: as rendered. A prompt that is its field's default is left out; the field's name is ""
    if there is only one. Those that pictures are led away from come last, as WITHOUT.
    """
    shown = [" ".join(text.split()).casefold() for text in (caption, *_texts(parts))]
    found = [
        (name.replace("_", " "), prompt, away)
        for name, prompt, away in _prompts(entries)
        if not any(" ".join(prompt.split()).casefold() in text for text in shown)
    ]
    asked = [(name, prompt) for name, prompt, away in found if not away]
    named = asked if len(asked) > 1 else [("", prompt) for _, prompt in asked]
    return named + [(WITHOUT, prompt) for _, prompt, away in found if away]


def _prompts(entries: Sequence[Entry]) -> Iterator[tuple[str, str, bool]]:
    """(field, prompt, whether pictures are led away from it) of each prompt that the specs set, if
    it is the same for all of these results.
    """
    names = {entry.technique for entry in entries}
    technique = all_techniques().get(next(iter(names))) if len(names) == 1 else None
    for name, mark in marked_fields(technique, PromptText).items() if technique else ():
        assert technique is not None
        values = {str(entry.params.get(name) or "") for entry in entries}
        if len(values) == 1 and values - {"", technique.model_fields[name].default}:
            yield name, values.pop(), mark.away


def _texts(value: object) -> Iterator[str]:
    """Every text that a part shows."""
    if isinstance(value, str):
        yield plain_label(value)
    elif is_dataclass(value) and not isinstance(value, Entry):
        for field in fields(value):
            if field.name not in UNSEEN:
                yield from _texts(getattr(value, field.name))
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for item in value:
            yield from _texts(item)
