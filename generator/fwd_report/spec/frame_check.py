"""What of pictures and masks is not used, or cannot be: said before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fwd_report.errors import Problem
from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.experiments import Draft
from fwd_report.spec.frames import MisfitError, frames_of, framing_fields
from fwd_report.spec.images import Images
from fwd_report.techniques.base import InputFile, Technique, marked_fields
from fwd_report.techniques.framing import Frame

SMALLEST = 64
"""Least pixels on a picture's short side: the size of the model's own images."""
LEAST_LOST = 0.01
"""Of an image, a share that is not worth a word."""
MOST_NEW = 2 / 3
"""More white than that may be a mask whose black was meant."""
PAINT = "paint white where new content goes, black elsewhere"


def check_frames(root: Path, document: Document, draft: Draft, images: Images) -> Iterator[Problem]:
    """Report pictures that cannot be taken as an experiment says; warn of what it leaves out."""
    if draft.spec is None:
        return
    done = set()
    for variant in draft.spec.variants:
        technique = variant.technique
        marks = marked_fields(type(technique), InputFile)
        named = {field: getattr(technique, field) for field in marks}
        fields = framing_fields(type(technique))
        taken = (*named.values(), *(getattr(technique, field) for field in fields.values()))
        files = {field: root / name for field, name in named.items() if isinstance(name, str)}
        if taken in done or not files:
            continue
        done.add(taken)
        try:
            frames = frames_of(technique, files, images)
        except MisfitError as error:
            where = _place(draft, error.field, getattr(technique, error.field))
            own = error.field in named
            message = str(error) if own else f"{error.field} {error}"
            document.report(message, where, error.hint)
            continue
        for field, frame in frames.items():
            where = _place(draft, field, named[field])
            if marks[field].kind == "mask":
                yield from _of_mask(document, draft, technique, field, frame, images, files[field])
            else:
                size = images.look(files[field])["size"]
                yield from _of_image(document, draft, technique, field, frame, size)


def _of_image(
    document: Document,
    draft: Draft,
    technique: Technique,
    field: str,
    frame: Frame,
    size: tuple[int, int],
) -> Iterator[Problem]:
    name, fields = getattr(technique, field), framing_fields(type(technique))
    left, top, right, bottom = frame.box
    if min(right - left, bottom - top) < SMALLEST:
        where = _place(draft, fields["crop"], getattr(technique, fields["crop"]))
        shown = f"{right - left:g}×{bottom - top:g}"
        hint = f"it needs at least {SMALLEST} on its short side"
        document.report(f"crop keeps too little of '{name}': {shown} pixels", where, hint)
        return
    crop = getattr(technique, fields["crop"]) if "crop" in fields else None
    what, where, (wide, high) = f"'{name}'", _place(draft, field, name), size
    if isinstance(crop, tuple):
        what, where = "crop", _place(draft, fields["crop"], crop)
        wide, high = crop[2] - crop[0], crop[3] - crop[1]
    lost = frame.lost(wide, high)
    meant = isinstance(crop, str) or fields.get("fit") in technique.model_fields_set
    if lost >= LEAST_LOST and not meant:
        yield document.problem(
            f"{what} is {wide}×{high} pixels, and {lost:.0%} of it lies outside of its centre "
            "square, which is what is used",
            where,
            "to mean that, write `fit: crop`; `fit: pad` keeps all, `crop` chooses the part"
            if "fit" in fields
            else "cut the picture to a square",
        )


def _of_mask(
    document: Document,
    draft: Draft,
    technique: Technique,
    field: str,
    frame: Frame,
    images: Images,
    path: Path,
) -> Iterator[Problem]:
    name, fields = getattr(technique, field), framing_fields(type(technique))
    where = _place(draft, field, name)
    covered = images.covered(path, frame)
    part = " in the part that is used" if covered["outside"] else ""
    new, old = ("black", "white") if frame.inverted else ("white", "black")
    if covered["drawn"]:
        message = f"the mask '{name}' is drawn by its transparency alone: which part is new?"
        document.report(message, where, PAINT)
    elif not covered["new"]:
        message = f"the mask '{name}' has no {new}{part}, so nothing would be drawn"
        document.report(message, where, PAINT)
    elif not covered["kept"]:
        message = f"the mask '{name}' has no {old}{part}, so nothing would be kept"
        document.report(message, where, PAINT)
    else:
        if covered["outside"]:
            yield document.problem(
                f"{_share(covered['outside'])} of the {new} of the mask '{name}' lies outside of "
                "the part that is used, and nothing is drawn there",
                where,
                "choose the part by `crop`, or keep all by `fit: pad`"
                if "crop" in fields
                else None,
            )
        unsaid = "inverted" in fields and fields["inverted"] not in technique.model_fields_set
        if covered["white"] > MOST_NEW and unsaid:
            yield document.problem(
                f"{covered['white']:.0%} of the mask '{name}' is white, and all of that is drawn "
                "anew",
                where,
                "`inverted: true` if black is where new content goes; `inverted: false` if not",
            )


def _share(share: float) -> str:
    return "less than 1%" if share < 0.01 else f"{share:.0%}"


def _place(draft: Draft, field: str, value: Any) -> ValuePath:
    """Where a variant's value of a field stands."""
    wanted = list(value) if isinstance(value, tuple) else value
    found = (path for path, written in draft.written(field) if written == wanted)
    return next(found, draft.path)
