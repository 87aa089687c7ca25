"""docs/guide/api.md: every public name, from its signature and docstring.

`python -m tests.helpers.reference_page` writes the page anew; a test compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guide" / "api.md"
INTRO = """\
# Python API

Everything here is imported from `fwd_report`. [From Python](python.md) shows how it is used.

<!-- Written from the docstrings by `python -m tests.helpers.reference_page`; edit those. -->
"""
GROUPS = {
    "Reports": (
        "open_report", "Report", "Section", "Experiment", "Run", "Outcome", "FailedRun",
    ),
    "Errors and warnings": (
        "UserError", "UnknownNameError", "RunError", "NotRunError", "RunsFailedError",
        "RestartNeededError", "ReportWarning",
    ),
    "Models by hand": ("load_model", "LoadedModel", "answer", "estimator", "to_image"),
    "The loop and what it asks": (
        "denoise", "step", "guided", "seen", "mean", "factorised", "applied", "together", "Query",
        "Prediction",
    ),
    "Processes and noise": ("DDPM", "DDIM", "Threshold", "Flow", "Noise"),
    "Views and filters": ("View", "VIEWS", "gaussian_blur", "high_pass", "grey", "colour"),
}  # fmt: skip
"""The public names, in the order of the page."""


def page() -> str:
    """The page's Markdown."""
    package = griffe.load(
        "fwd_report",
        search_paths=[ROOT / "generator"],
        resolve_aliases=True,
        allow_inspection=False,
    )
    parts = [INTRO]
    for group, names in GROUPS.items():
        parts.append(f"## {group}\n")
        parts += [_object(package[name]) for name in names]
    return "\n".join(parts)


def _object(item: Any) -> str:
    """A heading, the signature, the docstring; a class's public members beneath."""
    target = item.final_target if item.is_alias else item
    lines = [f"### `{target.name}`\n", _code(_signature(target)), _text(target)]
    if target.is_class:
        lines += [_member(member) for member in target.members.values() if _public(member)]
    return "\n".join(lines)


def _member(member: Any) -> str:
    if member.is_attribute and "property" not in member.labels:
        return f"**`{_signature(member)}`**: {_text(member)}"
    return f"{_code(_signature(member))}\n{_text(member)}"


def _signature(item: Any) -> str:
    if item.is_class:
        bases = ", ".join(str(base) for base in item.bases)
        return f"class {item.name}({bases})" if bases else f"class {item.name}"
    if item.is_function:
        return str(item.signature(name=item.name))
    return f"{item.name}: {item.annotation}"


def _code(text: str) -> str:
    return f"```py\n{text}\n```\n"


def _text(item: Any) -> str:
    return f"{item.docstring.value}\n" if item.docstring else ""


def _public(member: Any) -> bool:
    if member.is_alias or not member.docstring:
        return False
    return not member.name.startswith("_") or member.name == "__getitem__"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
