"""Texts that are still the starter's, and pictures that are still `init`'s placeholders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from fwd_report.packaged import starter_folder
from fwd_report.site.authored import texts_of
from fwd_report.spec.project import FOLDER, Project
from fwd_report.techniques.base import InputFile, marked_fields

PLACEHOLDER = b"fwd-report:placeholder"
"""In the header of a placeholder picture that `init --bare` drew."""
HEAD = 512
LEAST = 8
"""Texts of fewer words may be identical by chance."""

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def borrowed_sections(project: Project) -> dict[str, list[str]]:
    """The sections with texts copied word for word from the starter, and which texts.

    The list is empty for a section all of whose texts are the starter's. The starter itself has
    none.
    """
    if project.root.resolve() == starter_folder().resolve():
        return {}
    found: dict[str, list[str]] = {}
    known = _starter_texts(starter_folder() / FOLDER)
    for section in project.sections:
        texts = [text for text in texts_of(section) if text.source.strip()]
        same = [text for text in texts if _words(text.source) in known]
        long = [text for text in same if len(text.source.split()) >= LEAST]
        if long:
            whole = len(same) == len(texts)
            found[section.name] = [] if whole else [text.what for text in long]
    return found


def placeholder_pictures(project: Project) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(file, where it is first named) of each placeholder picture that runs still read."""
    seen: set[str] = set()
    for section in project.sections:
        for experiment in section.experiments:
            for field in marked_fields(experiment.technique, InputFile):
                for variant in experiment.variants:
                    file = getattr(variant.technique, field, None)
                    if file and file not in seen:
                        seen.add(file)
                        if _is_placeholder(project.root / file):
                            yield file, (section.name, experiment.id, field)


def _is_placeholder(path: Path) -> bool:
    try:
        with path.open("rb") as picture:
            return PLACEHOLDER in picture.read(HEAD)
    except OSError:
        return False


@cache
def _starter_texts(folder: Path) -> frozenset[str]:
    texts: set[str] = set()
    for path in folder.glob("*.yaml"):
        data = yaml.load(path.read_text(encoding="utf-8"), Loader)
        for item in (data, *data.get("experiments", ())):
            for field in ("title", "intro", "outro", "caption", "discussion"):
                text = item.get(field)
                if isinstance(text, str):
                    texts.add(_words(text))
    return frozenset(texts)


def _words(text: str) -> str:
    return " ".join(text.split())
