"""Labels in figures: of swept values, files, models and experiments.

A label is short, and unique within its figure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from fwd_report.store.entry import Entry
from fwd_report.techniques.words import Words, marked, shown_length, unmarked

SYMBOLS = {"guidance": "γ", "sigma": "σ"}
"""Fields for which papers, and the prose around a figure, use a symbol."""
SHORT = 24
"""Titles up to this length head a column; for longer ones the id does."""
MINUS = "\N{MINUS SIGN}"


class Labels:
    """Labels of the swept values of the results in one figure."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        texts: dict[str, dict[str, Any]] = {}
        files: set[str] = set()
        models: set[str] = set()
        entries = list(entries)
        asked = _asked_fields(entries)
        for entry in entries:
            fields = file_fields(entry.technique)
            files |= {str(entry.params[name]) for name in fields if entry.params.get(name)}
            models |= {str(entry.params[name]) for name in asked if entry.params.get(name)}
            for axis, value in entry.axes.items():
                texts.setdefault(axis, {})[_key(value)] = value
                files |= {str(value)} if axis in fields else set()
                models |= {str(value)} if axis in asked else set()
        short = short_names(files) | model_labels(models)
        self._texts = {
            axis: {key: _text(axis, value, short) for key, value in values.items()}
            for axis, values in texts.items()
        }
        self._tell_apart()

    def _tell_apart(self) -> None:
        """Prefix the field to a text that two axes share, and write similar values in full."""
        axes_of: dict[str, set[str]] = {}
        for axis, texts in self._texts.items():
            for text in texts.values():
                axes_of.setdefault(text, set()).add(axis)
        for axis, texts in self._texts.items():
            for key, text in texts.items():
                if len(axes_of[text]) > 1:
                    texts[key] = f"{axis}: {text}"
            if len(set(texts.values())) < len(texts):
                self._texts[axis] = {key: f"{axis} = {key}" for key in texts}

    def value(self, axis: str, value: Any) -> str:
        """The label of an axis's value."""
        return self._texts[axis][_key(value)]

    def run(self, entry: Entry, axes: Collection[str] | None = None) -> str:
        """What tells a run from the others of its experiment: its swept values, of `axes` if
        given.
        """
        return ", ".join(
            self.value(axis, value)
            for axis, value in entry.axes.items()
            if axes is None or axis in axes
        )


def place(entry: Entry, axes: Collection[str] | None = None) -> Hashable:
    """A run's swept values as a hashable value, of `axes` if given."""
    return tuple(
        (axis, _key(value)) for axis, value in entry.axes.items() if axes is None or axis in axes
    )


def model_labels(models: Collection[str]) -> dict[str, str]:
    """The label of each reference to a training: `unet@5` is "epoch 5" if all are of `unet`."""
    several = len({model.partition("@")[0] for model in models}) > 1

    def title(model: str) -> str:
        name, _, epoch = model.partition("@")
        named = [name] if several or not epoch else []
        return ", ".join([*named, f"epoch {epoch}"] if epoch else named)

    return {model: title(model) for model in models}


def experiment_names(entries: Iterable[Entry], most: int = SHORT) -> dict[tuple[str, str], str]:
    """(section, experiment) → its label, or its id if the label has more than `most` characters.

    Equal names are qualified by their sections, and within a section replaced by ids.
    """
    labels = {(entry.section, entry.experiment): marked(entry.label) for entry in entries}
    names = {
        which: label if shown_length(label) <= most else which[1].replace("-", " ")
        for which, label in labels.items()
    }
    names = _apart(names, lambda which: f"{which[0].replace('-', ' ')}: {names[which]}")
    return _apart(names, ".".join)


def _apart(
    names: dict[tuple[str, str], str], longer: Callable[[tuple[str, str]], str]
) -> dict[tuple[str, str], str]:
    taken = list(names.values())
    return {
        which: longer(which) if taken.count(name) > 1 else name for which, name in names.items()
    }


def short_names(paths: Collection[str]) -> dict[str, str]:
    """The label of each picture file: its stem in words; its path if two have the same stem."""
    stems = {path: _in_words(PurePosixPath(path).stem) for path in paths}
    found = list(stems.values())
    return {
        path: stem if found.count(stem) == 1 else path.removeprefix("experiments/images/")
        for path, stem in stems.items()
    }


def signed(number: float, digits: int = 2) -> str:
    """A number for a table: with a minus sign, not a hyphen, and without one before zeros."""
    text = f"{number:.{digits}f}"
    if not text.startswith("-"):
        return text
    return text[1:] if float(text) == 0 else MINUS + text[1:]


def _in_words(stem: str) -> str:
    return stem.replace("-", " ").replace("_", " ")


def _text(axis: str, value: Any, short: Mapping[str, str]) -> str:
    """The label of a value. short: the labels of files and models, which a case may consist of."""
    if isinstance(value, Words) and "$" in value:
        return marked(value)
    if isinstance(value, str):
        named = ", ".join(short.get(word, word) for word in value.split(", "))
        return unmarked(named) or f"no {axis}"
    if isinstance(value, bool):
        return f"{axis.replace('_', ' ')}: {'yes' if value else 'no'}"
    if value is None:
        return f"no {axis}"
    if axis in ("sample", "seed"):
        return f"{axis} {value}"
    shown = unmarked(", ".join(map(str, value)) if isinstance(value, list) else str(value))
    return f"{SYMBOLS.get(axis, axis)} = {shown.replace('-', MINUS) if _number(value) else shown}"


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)


def _asked_fields(entries: Sequence[Entry]) -> frozenset[str]:
    from fwd_report.techniques.registry import training_fields

    return training_fields(entries)


def file_fields(technique: str) -> set[str]:
    """The fields of a technique that name picture files; none for an unknown one."""
    from fwd_report.techniques.base import InputFile, marked_fields
    from fwd_report.techniques.registry import all_techniques

    known = all_techniques().get(technique)
    return set(marked_fields(known, InputFile)) if known else set()


def labels_of(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Each run's label; empty if none has one."""
    labels = Labels(entries)
    names = tuple(labels.run(entry) for entry in entries)
    return names if any(names) else ()
