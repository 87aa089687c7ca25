"""The rubric of a writeup that has some sections of an assignment: it asks for no others."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from fwd_report.spec.project import FOLDER
from fwd_report.spec.rubric import NONE, Rubric
from fwd_report.yaml_text import yaml_text

FILE = f"{FOLDER}/rubrics/part.yaml"
UNREAD = {"section", "question", "start", "after"}
"""What of an item is read only by `init --bare`, or only in a rubric that extends another."""


def write_part(folder: Path, rubric: Rubric, covered: Collection[str]) -> str:
    """Write the covered items of a rubric into a project; return how report.yaml names them.

    covered: ids of items. If all are covered that is the rubric itself; if none is, `none`.
    """
    items = [item for item in rubric.items if item.id in covered]
    if len(items) in (0, len(rubric.items)):
        return rubric.name if items else NONE
    asked = [item.model_dump(mode="json", exclude_defaults=True, exclude=UNREAD) for item in items]
    part = {"title": f"{rubric.title}, in part", "items": asked}
    path = folder / FILE
    path.parent.mkdir(exist_ok=True)
    text = (
        f"# What this writeup covers of {rubric.name}; name that in report.yaml for all of it.\n"
        f"# yaml-language-server: $schema=../../.fwd-report/schema/rubric.json\n{yaml_text(part)}\n"
    )
    path.write_text(text, encoding="utf-8")
    return FILE
