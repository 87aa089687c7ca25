"""Parts of a figure as the templates lay them out: files, sizes, labels; no HTML here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fwd_report.figures.curve import curve_svg, line_style
from fwd_report.figures.gallery import Drawn, Gallery
from fwd_report.site.titles import plain_label
from fwd_report.techniques.parts import (
    Animations,
    Curve,
    Distance,
    Drawing,
    Flip,
    Grid,
    Part,
    Picture,
    Slider,
    Table,
    Trajectory,
)
from fwd_report.techniques.words import shown_length

COLUMN = 720
"""The width of the text column on a wide screen, in CSS pixels, which grids try to fit."""
GAP = 8
SCALES = (6.0, 5.0, 4.0, 3.0, 2.0, 1.5, 1.0)
"""Enlargements that keep a small picture's pixels even (1.5: on screens with two dots per
pixel)."""
FAR = 4
"""How many times smaller a hybrid is shown to simulate distance."""
SMALL = 100
"""Narrower pictures are enlarged with visible pixels."""
LEAST = 56
"""The least width of a picture; a wider grid scrolls."""
MOST = 256
SIDE_LABEL = 22
"""Row labels up to this length stand beside their row, longer ones above it."""


@dataclass(frozen=True)
class Image:
    """An `<img>`: src is its file's name in the gallery; shown is its width in CSS pixels.

    head: the labels of its row and column.
    """

    src: str
    width: int
    height: int
    shown: int
    alt: str
    label: str = ""
    note: str = ""
    head: str = ""

    @property
    def title(self) -> str:
        """The caption under the enlarged picture."""
        return " · ".join(filter(None, (self.head, self.label, self.note))) or self.alt

    @property
    def pixelated(self) -> bool:
        return self.width < self.shown


Block = dict[str, Any]


def blocks(parts: Iterable[Part], gallery: Gallery, metrics: bool = True) -> list[Block]:
    """Each part as data for its template; `kind` names the template's macro.

    metrics: whether numbers stand beneath the pictures of grids.
    """
    return [_block(part if metrics else _without_notes(part), gallery) for part in parts]


def _without_notes(part: Part) -> Part:
    if not isinstance(part, Grid):
        return part
    rows = tuple(tuple(p and replace(p, note="") for p in row) for row in part.rows)
    return replace(part, rows=rows, notes="")


def shown_width(natural: int, columns: int, available: int = COLUMN) -> int:
    """The width in CSS pixels for pictures of `natural` pixels in that many columns.

    Small ones are enlarged by an even factor, large ones never.
    """
    room = (available - GAP * (columns - 1)) / columns
    if natural >= SMALL:
        return round(max(LEAST, min(natural, room, MOST)))
    fitting = (natural * s for s in SCALES if natural * s <= min(room, MOST))
    return round(max(LEAST, next(fitting, natural)))


def _block(part: Part, gallery: Gallery) -> Block:
    if isinstance(part, Grid):
        return _grid(part, gallery)
    if isinstance(part, Trajectory):
        return _trajectory(part, gallery)
    if isinstance(part, Flip):
        pictures = [
            replace(part.picture, alt=f"{part.picture.alt}, read as {reading}", view=view)
            for reading, view in zip(part.readings, (part.picture.view, part.view), strict=True)
        ]
        images = _images(pictures, gallery, columns=2)
        return {
            "kind": "flip",
            "images": images,
            "view": part.view,
            "readings": part.readings,
            "label": part.label,
        }
    if isinstance(part, Distance):
        (image,) = _images((part.picture,), gallery, columns=2)
        return {
            "kind": "distance",
            "image": image,
            "far_width": image.shown // FAR,
            "near": part.near,
            "far": part.far,
            "label": part.label,
        }
    if isinstance(part, Slider):
        return {"kind": "slider", "images": _images((part.before, part.after), gallery, columns=2)}
    if isinstance(part, Curve):
        legend = [(label, *line_style(i)) for i, (label, _) in enumerate(part.lines)]
        return {
            "kind": "curve",
            "svg": curve_svg(_read_out(part)),
            "legend": legend if legend[1:] else [],
        }
    if isinstance(part, Animations):
        return _animations(part, gallery)
    if isinstance(part, Table):
        return {"kind": "table", "header": part.header, "rows": part.rows}
    if isinstance(part, Drawing):
        drawn = gallery.drawing(part.source)
        image = Image(drawn.name, drawn.width, drawn.height, min(drawn.width, COLUMN), part.alt)
        return {"kind": "drawing", "image": image, "label": part.label}
    raise TypeError(f"not a part: {part!r}")


def _read_out(curve: Curve) -> Curve:
    """The chart, with labels as plain text for its SVG."""
    return replace(
        curve,
        alt=plain_label(curve.alt),
        x_label=plain_label(curve.x_label),
        y_label=plain_label(curve.y_label),
    )


def _grid(grid: Grid, gallery: Gallery) -> Block:
    columns = max(len(row) for row in grid.rows)
    labels = grid.row_labels if any(grid.row_labels) else ()
    beside = bool(labels) and max(map(shown_length, labels)) <= SIDE_LABEL
    wraps = len(grid.rows) == 1
    available = COLUMN - (130 if beside and not wraps else 0)
    pictures = [picture for row in grid.rows for picture in row if picture is not None]
    images = iter(_images(pictures, gallery, columns, available))
    rows = [[next(images) if picture else None for picture in row] for row in grid.rows]
    above = ""
    for number, row in enumerate(rows):
        above = (labels[number] if labels else "") or above
        heads = (*grid.column_labels, *("",) * columns)
        rows[number] = [
            image and replace(image, head=", ".join(filter(None, (above, head))))
            for image, head in zip(row, heads, strict=False)
        ]
    return {
        "kind": "strip" if wraps else "grid",
        "rows": rows,
        "shown": max((image.shown for row in rows for image in row if image), default=LEAST),
        "row_labels": labels,
        "column_labels": grid.column_labels,
        "beside": beside,
        "columns": columns,
        "notes": grid.notes,
    }


def _trajectory(part: Trajectory, gallery: Gallery) -> Block:
    film = gallery.film([[part.entry]], part.frames, f"{part.entry.experiment}-film", sprite=True)
    assert film.sprite is not None
    labels = part.labels
    every = len(labels) == film.count
    picked = [labels[pick] if every else label for pick, label in _pick_labels(part)]
    drawn = [gallery.frame(part.entry, part.frames, pick) for pick in part.picks]
    width = shown_width(film.poster.width, max(len(drawn), 1))
    strip = [
        Image(
            frame.name,
            frame.width,
            frame.height,
            width,
            f"{part.alt}, {label}",
            label,
            head=part.label,
        )
        for frame, label in zip(drawn, picked, strict=True)
    ]
    return {
        "kind": "trajectory",
        "strip": strip,
        "film": _film(film.gif, film.poster, part.alt, columns=3),
        "sprite": film.sprite.name,
        "count": film.count,
        "labels": labels if every else [f"frame {i + 1}" for i in range(film.count)],
        "label": part.label,
    }


def _pick_labels(part: Trajectory) -> Iterable[tuple[int, str]]:
    return (
        (pick, part.labels[i] if i < len(part.labels) else "") for i, pick in enumerate(part.picks)
    )


def _animations(part: Animations, gallery: Gallery) -> Block:
    films = []
    for number, (label, rows) in enumerate(part.clips, start=1):
        experiment = next(entry.experiment for row in rows for entry in row if entry is not None)
        stem = f"{experiment}-clip{number}"
        film = gallery.film(rows, part.frames, stem)
        alt = f"{part.alt}, {label}" if label else part.alt
        films.append({**_film(film.gif, film.poster, alt, columns=2), "label": label})
    return {"kind": "animations", "films": films}


def _film(gif: Drawn, poster: Drawn, alt: str, columns: int) -> Block:
    shown = shown_width(gif.width, columns)
    if gif.width > MOST:
        shown = min(gif.width, COLUMN)
    image = Image(poster.name, poster.width, poster.height, shown, alt)
    return {"gif": gif.name, "image": image}


def _images(
    pictures: Sequence[Picture], gallery: Gallery, columns: int, available: int = COLUMN
) -> list[Image]:
    """The pictures of one group, all with the same width."""
    drawn = [gallery.picture(picture) for picture in pictures]
    width = shown_width(max((d.width for d in drawn), default=SMALL), columns, available)
    return [
        Image(
            file.name,
            file.width,
            file.height,
            width,
            picture.alt,
            picture.label,
            picture.note,
        )
        for file, picture in zip(drawn, pictures, strict=True)
    ]


def still_pictures(parts: Iterable[Part]) -> list[Picture]:
    """Every still picture of the parts."""
    found: list[Picture] = []
    for part in parts:
        if isinstance(part, Grid):
            found += [picture for row in part.rows for picture in row if picture is not None]
        elif isinstance(part, Flip | Distance):
            found.append(part.picture)
        elif isinstance(part, Slider):
            found += [part.before, part.after]
    return found


def missing_files(parts: Iterable[Part]) -> list[Path]:
    """The files of the parts that are not there."""
    parts = list(parts)
    found = [picture.source for picture in still_pictures(parts)]
    for part in parts:
        if isinstance(part, Trajectory):
            found.append(part.entry.frames(part.frames))
        elif isinstance(part, Animations):
            found += [
                entry.frames(part.frames)
                for _, rows in part.clips
                for row in rows
                for entry in row
                if entry is not None
            ]
        elif isinstance(part, Drawing):
            found.append(part.source)
    return [path for path in found if not path.is_file()]
