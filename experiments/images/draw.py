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
    hull = [(256, 24), (204, 104), (180, 204), (184, 320), (200, 398)]
    hull += [(512 - x, y) for x, y in reversed(hull)]
    pen.patch("#cfd8e6", hull)
    pen.patch("#d8433f", [(256, 22), (206, 108), (306, 108)])
    window = [(256, 172), (290, 188), (300, 220), (286, 250), (256, 262)]
    window += [(512 - x, y) for x, y in reversed(window[:-1])]
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


def fish_scribble() -> Scribble:
    """An orange fish in blue water, with bubbles."""
    pen = Scribble(seed=23, paper="#bfe3f2")
    pen.patch("#8fcbe6", [(0, 372), (170, 400), (340, 366), (512, 396), (512, 512), (0, 512)])
    body = [(60, 256), (112, 176), (204, 136), (296, 158), (366, 226)]
    belly = [(366, 292), (300, 356), (206, 380), (112, 338)]
    pen.patch("#f28a2e", [*body, *belly])
    pen.patch("#e0641f", [(356, 258), (468, 152), (446, 258), (470, 366)])
    pen.patch("#e0641f", [(170, 150), (232, 72), (300, 164)])
    pen.patch("#fbd04a", [(200, 262), (270, 232), (262, 300)])
    pen.line([*body, (366, 258), *belly, body[0]])
    pen.line([(366, 240), (468, 152), (446, 258), (470, 366), (366, 280)])
    pen.line([(168, 150), (232, 72), (300, 162)])
    pen.line([(182, 146), (206, 210), (204, 300), (178, 370)], 7)
    pen.line([(214, 262), (274, 230), (262, 302), (214, 262)], 7)
    pen.line([(66, 276), (96, 290), (124, 282)], 8)
    pen.patch("#ffffff", [(128, 208), (152, 216), (156, 240), (136, 254), (114, 244), (110, 220)])
    pen.line([(133, 232), (137, 233), (133, 235)], 22)
    for x, y, r in ((48, 184, 12), (70, 124, 17), (42, 62, 23)):
        turns = [math.tau * turn / 8 for turn in range(10)]
        pen.line([(x + r * math.sin(a), y - r * math.cos(a)) for a in turns], 5, "#ffffff")
    return pen


def pictures() -> dict[str, bytes]:
    """Every PNG of this folder by file name."""
    sources = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("svg/*.svg"))}
    sources["rocket-scribble"] = rocket_scribble().svg()
    sources["fish-scribble"] = fish_scribble().svg()
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
