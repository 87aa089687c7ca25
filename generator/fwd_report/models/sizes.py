"""Sizes in a model's configuration: a wrong number ends in an error, not in a hang."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fwd_report.errors import Problem, UserError
from fwd_report.models.folder_layout import CONFIG, RESTORE
from fwd_report.store.files import read_json

TIMESTEPS = "num_train_timesteps"
LARGEST = 1_000_000
"""The limit of any whole number: the largest in known models are vocabularies of a few hundred
thousand."""
MOST_TIMESTEPS = 10_000
MOST_LAYERS = 1_000
"""The limit of numbers whose names mention layers, and of the length of a list."""


def check_sizes(config: Mapping[str, Any], file: Path, text: str) -> None:
    """Raise UserError at the line of a number that no model has. text: the content of `file`."""
    for name, value, least, most in _sizes(config):
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and least <= value <= most:
            continue
        found = re.search(rf'"{re.escape(name)}"\s*:', text)
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        message = f"the model's {name} is {value!r:.60}, and should be {least:,} to {most:,}"
        excerpt = text.splitlines()[line - 1]
        raise UserError(Problem(message, file, line, excerpt=excerpt, hint=RESTORE))


def config_in(folder: Path, part: str, name: str = CONFIG) -> dict[str, Any]:
    """A part's configuration, as `ModelFolder.config` reads it, without torch.

    {} if the file is missing or damaged. Raises UserError for a size that no model has.
    """
    file = folder / part / name
    config = read_json(file)
    if config:
        check_sizes(config, file, file.read_text(encoding="utf-8"))
    return config


def _sizes(config: Mapping[str, Any]) -> Iterator[tuple[str, Any, int, int]]:
    """Every number that is a size: its name, its value, and its bounds."""
    waiting: list[tuple[str, Any]] = list(config.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(str(key), below) for key, below in value.items()]
        elif isinstance(value, list):
            yield name, len(value), 0, MOST_LAYERS
            waiting += [(name, below) for below in value[:MOST_LAYERS]]
        elif name == TIMESTEPS:
            yield name, value, 1, MOST_TIMESTEPS
        elif isinstance(value, int) and not isinstance(value, bool):
            yield name, value, -LARGEST, MOST_LAYERS if "layers" in name else LARGEST
