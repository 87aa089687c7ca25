"""Checks the pictures and masks that specs name: inside the project, readable, large enough,
matching.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from fwd_report.errors import Problem, reason
from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.experiments import Draft
from fwd_report.spec.frame_check import SMALLEST, check_frames
from fwd_report.spec.images import FORMATS, Images
from fwd_report.spec.suggest import did_you_mean
from fwd_report.techniques.base import InputFile, marked_fields


def check_inputs(root: Path, document: Document, draft: Draft, images: Images) -> Iterator[Problem]:
    """Report what is wrong with an experiment's files; warn about what is not used of them."""
    if draft.technique is None:
        return
    sound = len(document.problems)
    for field in marked_fields(draft.technique, InputFile):
        for path, written in draft.written(field):
            for where, name in _each(path, written):
                _check_file(root, document, where, name, images)
    if len(document.problems) == sound:
        yield from check_frames(root, document, draft, images)


def _each(path: ValuePath, written: Any) -> list[tuple[ValuePath, str]]:
    values = enumerate(written) if isinstance(written, list) else ()
    found = [((*path, index), value) for index, value in values if isinstance(value, str)]
    return [(path, written)] if isinstance(written, str) else found


def _check_file(
    root: Path, document: Document, where: ValuePath, name: str, images: Images
) -> None:
    path = _inside(root, document, where, name)
    if path is None:
        return
    try:
        seen = images.look(path)
    except OSError as error:
        document.report(f"'{name}' cannot be read: {error.strerror}", where)
        return
    if "error" in seen:
        hint = seen.get("hint") or f"use one of: {', '.join(FORMATS)}"
        document.report(f"'{name}' {seen['error']}", where, hint)
        return
    width, height = seen["size"]
    if min(width, height) < SMALLEST:
        message = f"'{name}' is too small: {width}×{height} pixels"
        document.report(message, where, f"it needs at least {SMALLEST} on its short side")


def _inside(root: Path, document: Document, where: ValuePath, name: str) -> Path | None:
    """The file that `name` means; None, with a problem reported, if it is not one of the
    project's.
    """
    if not name.strip() or not name.isprintable():
        document.report("a file's path should not be blank or hold control characters", where)
        return None
    if re.match(r"\w+://", name):
        hint = "copy the file into the project and name it by its path"
        document.report(f"'{name}' is an address, not a file of the project", where, hint)
        return None
    if "\\" in name:
        hint = f"write '{name.replace(chr(92), '/')}'"
        document.report(f"'{name}': folders are separated by /", where, hint)
        return None
    if PurePosixPath(name).is_absolute() or ":" in name[:2] or name.startswith("~"):
        hint = f"copy the file into the project, and {_from_here(name)}"
        document.report(f"'{name}' is outside the project", where, hint)
        return None
    try:
        path = (root / name).resolve()
        inside = path.is_relative_to(root.resolve())
        exists, is_file = path.exists(), path.is_file()
    except (OSError, ValueError, RuntimeError) as error:
        document.report(f"'{name[:60]}' cannot be read: {reason(error)}", where)
        return None
    if not inside:
        hint = "copy the file into the project"
        document.report(f"'{name}' leads outside the project", where, hint)
        return None
    if not exists:
        document.report(f"there is no file '{name}'", where, _similar(root, name))
        return None
    if not is_file:
        document.report(f"'{name}' is a folder, not a picture", where)
        return None
    return root / name


def _similar(root: Path, name: str) -> str | None:
    """A file with a similar name in the same folder, or with the same name nearby."""
    folder = (root / name).parent
    here = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    close = did_you_mean(Path(name).name, here) if here else None
    if close and close.startswith("did you mean"):
        parent = PurePosixPath(name).parent
        return close.replace("'", f"'{parent}/" if str(parent) != "." else "'", 1)
    for place in ("experiments/images", "experiments", "images"):
        if (root / place / PurePosixPath(name).name).is_file():
            return f"did you mean '{place}/{PurePosixPath(name).name}'?"
    return _from_here(name)


def _from_here(name: str) -> str:
    """How to write the path of a file with that name."""
    example = f"experiments/images/{PurePosixPath(name).name}"
    return f"write its path from the folder that holds experiments/, such as {example}"
