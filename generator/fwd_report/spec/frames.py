"""How a run's pictures are taken: a frame for each of its files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fwd_report.spec.images import Images
from fwd_report.techniques.base import InputFile, Technique, marked_fields
from fwd_report.techniques.framing import Frame, Framing, Role, centre_square, frame_of


class MisfitError(Exception):
    """A picture that cannot be taken as its technique's fields say. field: whose value that is."""

    def __init__(self, field: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.field = field
        self.hint = hint


def framing_fields(technique: type[Technique]) -> dict[Role, str]:
    """The fields of a technique that say how pictures are taken, by what they say."""
    return {mark.role: name for name, mark in marked_fields(technique, Framing).items()}


def frames_of(technique: Technique, files: Mapping[str, Path], images: Images) -> dict[str, Frame]:
    """A frame for each of these files, by field. Raises MisfitError.

    A mask is taken as its image is, whose shape it has; a square one is of the square itself.
    """
    fields = framing_fields(type(technique))
    said: dict[str, Any] = {role: getattr(technique, name) for role, name in fields.items()}
    marks = {f: m for f, m in marked_fields(type(technique), InputFile).items() if f in files}
    sizes: dict[str, tuple[int, int]] = {f: tuple(images.look(files[f])["size"]) for f in marks}
    frames: dict[str, Frame] = {}
    for field in (f for f, mark in marks.items() if mark.kind == "image"):
        entropy = images.most_entropy(files[field]) if said.get("crop") == "entropy" else (0, 0)
        crop, fit = said.get("crop"), said.get("fit", "crop")
        try:
            frames[field] = frame_of(*sizes[field], crop, fit, entropy)
        except ValueError as error:
            shown = "{}×{}".format(*sizes[field])
            message = f"{error}: '{getattr(technique, field)}' is {shown} pixels"
            hint = "a box is [left, top, right, bottom], in pixels of the upright picture"
            raise MisfitError(fields["crop"], message, hint) from error
    first = next(iter(frames), None)
    for field in (f for f, mark in marks.items() if mark.kind == "mask"):
        image = marks[field].of or first
        frame = centre_square(*sizes[field])
        if image in frames:
            frame = _of_mask(technique, image, field, frames[image], sizes)
        frames[field] = Frame(frame.box, frame.filled, bool(said.get("inverted")))
    return frames


def unusual(
    frames: Mapping[str, Frame], files: Mapping[str, Path], images: Images
) -> dict[str, Frame]:
    """Those of the frames that are not the centre square of their file."""
    return {
        field: frame
        for field, frame in frames.items()
        if frame != centre_square(*images.look(files[field])["size"])
    }


def _of_mask(
    technique: Technique, image: str, mask: str, frame: Frame, sizes: Mapping[str, tuple[int, int]]
) -> Frame:
    (width, height), (wide, high) = sizes[image], sizes[mask]
    if abs(wide * height - high * width) <= max(width, height):  # rounded to whole pixels
        return frame.on(width, height, (wide, high))
    if wide == high:
        return centre_square(wide, high)
    names = [getattr(technique, field) for field in (mask, image)]
    message = f"the mask '{names[0]}' is {wide}×{high} pixels, '{names[1]}' is {width}×{height}"
    hint = "a mask has the shape of its image, in any size, or is square and of the square kept"
    raise MisfitError(mask, message, hint)
