"""The scenes that no single emoji shows, by name, painted from SVG shapes and pasted drawings.

Every function takes a random generator and the drawings of one icon set and returns a full picture,
`size` pixels square. No two pictures of a scene are laid out alike: a model that knows one layout
of it cannot bend that towards what else a visual anagram shows.
"""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator
from PIL import Image

from emoji_if.backdrops import BACKDROPS
from emoji_if.campfires import campfire
from emoji_if.canvas import Drawings, svg
from emoji_if.coasts import coast
from emoji_if.falling_water import waterfalls
from emoji_if.hats import man_with_hat
from emoji_if.lighthouses import lighthouse
from emoji_if.subjects import SUBJECTS
from emoji_if.sunsets import desert_sunset
from emoji_if.viewfinder import TINTED, Box, Frame, tinted
from emoji_if.villages import village

Painter = Callable[[Generator, Drawings, int], Image.Image]

ESSENTIAL: dict[str, Box] = {
    "desert": (30, 30, 70, 84),
    "beach": (10, 20, 90, 84),
    "sea": (20, 30, 80, 90),
    "lake": (20, 34, 80, 88),
    "bar": (14, 14, 86, 82),
    "concert": (12, 6, 88, 94),
}
"""What must be seen of a backdrop for it to be known; `ESSENTIAL_ELSEWHERE` if not listed."""

ESSENTIAL_ELSEWHERE: Box = (20, 24, 80, 86)


def _backdrop(name: str) -> Painter:
    """A place with nothing in it, a part of it filling the picture."""

    def painted(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
        frame = Frame.around(rng, ESSENTIAL.get(name, ESSENTIAL_ELSEWHERE))
        return svg(frame.shapes(BACKDROPS[name](rng)), size)

    return painted


def _either_way(painter: Painter) -> Painter:
    """What is painted, or its mirror image; at times in the shades of one palette."""

    def painted(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
        picture = painter(rng, drawings, size)
        if rng.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return tinted(picture, rng) if rng.random() < TINTED else picture

    return painted


LANDSCAPES: tuple[Painter, ...] = (
    man_with_hat,
    village,
    campfire,
    waterfalls,
    coast,
    desert_sunset,
    lighthouse,
)

SCENES: dict[str, Painter] = {
    name: _either_way(painter)
    for name, painter in (
        *((name, _backdrop(name)) for name in BACKDROPS),
        *SUBJECTS.items(),
        *((scene.__name__, scene) for scene in LANDSCAPES),
    )
}
