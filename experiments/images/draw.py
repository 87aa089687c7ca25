"""Draw every picture of the report: `python experiments/images/draw.py` writes the PNGs again.

The clean drawings and the masks are SVG files in `svg/`. The two scribbles are strokes of a pen
that trembles by a seeded random walk, over patches of colour that miss their outlines.
Needs resvg-py (`pip install "fwd-report[recipe]"`).
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import resvg_py
from PIL import Image

FOLDER = Path(__file__).parent
SIZE = 512

Point = tuple[float, float]


class Scribble:
    """A drawing by an unsteady hand on paper, as SVG; coordinates are pixels of 512."""

    def __init__(self, seed: int, paper: str) -> None:
        self._random = random.Random(seed)
        self._shapes = [f'<rect width="{SIZE}" height="{SIZE}" fill="{paper}"/>']

    def patch(self, colour: str, points: Sequence[Point]) -> None:
        """A closed patch of flat colour, its corners off by up to a crayon's width."""
        path = self._tremble([*points, points[0]], 7)
        self._shapes.append(f'<path d="{path}Z" fill="{colour}"/>')

    def line(self, points: Sequence[Point], width: float = 9, colour: str = "#2b2430") -> None:
        """A pen stroke through the points, drawn twice as one does when sketching."""
        for share in (1.0, 0.45):
            self._shapes.append(
                f'<path d="{self._tremble(points, 4)}" fill="none" stroke="{colour}" '
                f'stroke-width="{width * share:.1f}" stroke-linecap="round" '
                'stroke-linejoin="round"/>'
            )

    def svg(self) -> str:
        """The whole drawing."""
        shapes = "".join(self._shapes)
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">{shapes}</svg>'

    def _tremble(self, points: Sequence[Point], by: float) -> str:
        """A path through the points that wanders off by about `by` pixels between them."""
        wandering: list[Point] = []
        for (x0, y0), (x1, y1) in pairwise(points):
            pieces = max(1, round(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 / 34))
            for piece in range(pieces):
                x = x0 + (x1 - x0) * piece / pieces + self._random.uniform(-by, by)
                y = y0 + (y1 - y0) * piece / pieces + self._random.uniform(-by, by)
                wandering.append((x, y))
        wandering.append(points[-1])
        start, *rest = wandering
        path = f"M{start[0]:.1f} {start[1]:.1f}"
        for (x, y), (x_next, y_next) in pairwise(rest):
            path += f"Q{x:.1f} {y:.1f} {(x + x_next) / 2:.1f} {(y + y_next) / 2:.1f}"
        return path + f"L{rest[-1][0]:.1f} {rest[-1][1]:.1f}"


def rocket_scribble() -> Scribble:
    """A rocket over its flames, with crayon stars."""
    pen = Scribble(seed=7, paper="#fbf7ec")
    pen.patch("#f6b53a", [(206, 398), (256, 500), (306, 398)])
    pen.patch("#e8553f", [(228, 398), (256, 462), (284, 398)])
    pen.patch("#d8433f", [(180, 290), (104, 392), (112, 424), (186, 392)])
    pen.patch("#d8433f", [(332, 290), (408, 392), (400, 424), (326, 392)])
    hull: list[Point] = [(256, 24), (204, 104), (180, 204), (184, 320), (200, 398)]
    hull += _mirrored(hull)
    pen.patch("#cfd8e6", hull)
    pen.patch("#d8433f", [(256, 22), (206, 108), (306, 108)])
    window: list[Point] = [(256, 172), (290, 188), (300, 220), (286, 250), (256, 262)]
    window += _mirrored(window[:-1])
    pen.patch("#6fc3ee", window)
    pen.line([*hull, hull[0]])
    pen.line([(206, 108), (256, 114), (306, 108)])
    pen.line(window)
    pen.line([(182, 292), (104, 392), (112, 426), (190, 390)])
    pen.line([(330, 292), (408, 392), (400, 426), (322, 390)])
    pen.line([(206, 404), (228, 452), (240, 440), (256, 498), (272, 440), (286, 452), (306, 404)])
    for x, y in ((70, 90), (438, 76), (446, 240), (66, 250)):
        pen.line([(x - 18, y), (x + 18, y)], 7, "#e0a021")
        pen.line([(x, y - 18), (x, y + 18)], 7, "#e0a021")
    return pen


def cat_scribble() -> Scribble:
    """The face of an orange cat on a blue afternoon."""
    pen = Scribble(seed=23, paper="#cfe8f3")
    head: list[Point]
    head = [(256, 128), (156, 150), (84, 230), (74, 318), (126, 408), (210, 446), (256, 450)]
    head += _mirrored(head)
    ear = [(98, 222), (72, 48), (206, 134)]
    inner_ear = [(112, 176), (96, 92), (160, 134)]
    cheek = [(256, 324), (206, 344), (176, 388), (202, 430), (256, 440)]
    pen.patch("#f3a033", ear)
    pen.patch("#f3a033", _mirrored(ear))
    pen.patch("#f3a033", head)
    pen.patch("#f2a2a0", inner_ear)
    pen.patch("#f2a2a0", _mirrored(inner_ear))
    pen.patch("#fff1dc", cheek + _mirrored(cheek))
    pen.patch("#e98196", [(228, 322), (284, 322), (256, 352)])
    for x in (170, 342):
        pen.patch("#ffffff", _ring(x, 268, 34))
        pen.line(_ring(x, 268, 34), 7)
        pen.line([(x, 262), (x + 2, 268), (x, 276)], 26)
    pen.line([*head, head[0]])
    pen.line([(90, 232), *ear[1:], (214, 140)])
    pen.line(_mirrored([(90, 232), *ear[1:], (214, 140)]))
    pen.line([(228, 322), (284, 322), (256, 352), (228, 322)], 7)
    pen.line([(256, 354), (254, 378), (226, 396), (198, 382)], 8)
    pen.line([(256, 378), (284, 398), (314, 380)], 8)
    for y, tip in ((346, 330), (370, 378)):
        pen.line([(160, y), (92, (y + tip) / 2), (30, tip)], 6)
        pen.line(_mirrored([(160, y), (92, (y + tip) / 2), (30, tip)]), 6)
    for x in (216, 256, 296):
        pen.line([(x, 146), (x, 200 - abs(x - 256) / 4)], 10, "#b9651b")
    return pen


def _mirrored(points: Sequence[Point]) -> list[Point]:
    """The points reflected left to right, in reverse order."""
    return [(SIZE - x, y) for x, y in reversed(points)]


def _ring(x: float, y: float, radius: float) -> list[Point]:
    """A circle drawn a little past its beginning."""
    turns = [math.tau * turn / 8 for turn in range(10)]
    return [(x + radius * math.sin(a), y - radius * math.cos(a)) for a in turns]


def pictures() -> dict[str, bytes]:
    """Every PNG of this folder by file name."""
    sources = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("svg/*.svg"))}
    sources["rocket-scribble"] = rocket_scribble().svg()
    sources["cat-scribble"] = cat_scribble().svg()
    return {f"{name}.png": _png(svg, name.endswith("-mask")) for name, svg in sources.items()}


def _png(svg: str, mask: bool) -> bytes:
    """The SVG at 512 x 512: RGB, or black and white for a mask."""
    drawn = resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE, skip_system_fonts=True)
    picture = Image.open(io.BytesIO(drawn)).convert("L" if mask else "RGB")
    if mask:
        picture = picture.point(lambda value: 255 * (value > 127)).convert("1")
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


if __name__ == "__main__":
    for name, content in pictures().items():
        (FOLDER / name).write_bytes(content)
