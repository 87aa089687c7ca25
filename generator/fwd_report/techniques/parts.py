"""The parts of a figure, described without drawing them: plain data, no torch, no HTML.

A technique's `figure` returns parts; the `figures` package makes the picture files that they name,
and the site's templates lay them out. A picture is always that of a stored result or an input.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from fwd_report.store.entry import Entry

Transform = Literal["flip", "rotate90", "rotate180", "negate"]
"""Views of a picture: upside down, turned or negated."""


@dataclass(frozen=True)
class Picture:
    """One picture: a stored PNG of a run (or a file of the project), possibly seen through a view.

    source: the PNG. alt: the alternative text, written from the spec. label: the short text beneath
    it. note: a value beneath that, such as "17.3 dB".
    """

    source: Path
    alt: str
    label: str = ""
    note: str = ""
    view: Transform | None = None
    entry: Entry | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Grid:
    """Pictures in rows and columns, with labels; a row may be shorter than the others.

    None stands for an absent run, so that its neighbours keep their places. notes: what the numbers
    beneath the pictures are, such as "PSNR".
    """

    rows: tuple[tuple[Picture | None, ...], ...]
    row_labels: tuple[str, ...] = ()
    column_labels: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True)
class Trajectory:
    """Frames of one run as a strip of `picks` (index, label), a GIF, and a scrubber over all."""

    entry: Entry
    frames: str
    labels: tuple[str, ...]
    picks: tuple[int, ...]
    alt: str
    label: str = ""
    """What tells it from its siblings."""


@dataclass(frozen=True)
class Flip:
    """A picture that shows one prompt as it is and another through `view`."""

    picture: Picture
    view: Transform
    readings: tuple[str, str]
    label: str = ""
    """What tells it from its siblings."""


@dataclass(frozen=True)
class Distance:
    """A picture that shows one prompt close by and another from afar."""

    picture: Picture
    near: str
    far: str
    label: str = ""
    """What tells it from its siblings."""


@dataclass(frozen=True)
class Slider:
    """Two pictures of the same thing under a slider."""

    before: Picture
    after: Picture


@dataclass(frozen=True)
class Curve:
    """A line chart of series of runs, one line each, as an SVG for light and dark pages."""

    lines: tuple[tuple[str, tuple[float, ...]], ...]
    x_label: str
    y_label: str
    alt: str
    log_y: bool = False
    smooth: bool = False


@dataclass(frozen=True)
class Animations:
    """GIFs side by side, each of a grid of frame sequences, with a poster frame and a label."""

    clips: tuple[tuple[str, tuple[tuple[Entry | None, ...], ...]], ...]
    """(label, rows of entries): one GIF shows all entries of its rows moving together.

    None stands where a run is absent.
    """
    frames: str
    alt: str


@dataclass(frozen=True)
class Table:
    """Numbers, with a header row."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Drawing:
    """A finished SVG or PNG file that a run stored (an architecture diagram, say).

    label: what tells it from the other runs' drawings.
    """

    source: Path
    alt: str
    label: str = ""


Part = Grid | Trajectory | Flip | Distance | Slider | Curve | Animations | Table | Drawing
