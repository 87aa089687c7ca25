"""Single subjects no emoji shows, painted from SVG shapes and pasted drawings, as in `scenes`."""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator
from PIL import Image

from emoji_if.backdrops import BACKDROPS
from emoji_if.canvas import Drawings
from emoji_if.foods import karaage, muffin
from emoji_if.portraits import chihuahua, old_man
from emoji_if.viewfinder import Frame, Painting, pick

BARISTAS = ("man-beard", "man", "woman", "man-curly-hair", "blond-haired-woman")


def barista(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """Someone in an apron behind the counter of a bar, near or far, a cup of coffee before them."""
    head = float(rng.choice((rng.uniform(30, 40), rng.uniform(40, 54))))
    counter, x = rng.uniform(72, 84), 50 + rng.uniform(-1, 1) * (62 - head) * 0.55
    part, y = head / 48, rng.uniform(0.78, 0.95)
    y = counter - head * y
    seen = (max(x - head * 0.7, 6), max(y - head * 0.6, 2), min(x + head * 0.7, 94), 94)
    painting = Painting(size, Frame.around(rng, seen, 1.3))
    painting.draw(BACKDROPS["bar"](rng))
    shirt = pick(rng, ("#f2efe8", "#3f4b5c", "#8c3b3b", "#c9b48a", "#56735a", "#22262e"))
    apron = pick(rng, ("#5b3a24", "#2f4538", "#22262e", "#7a2f2a", "#31527a"))
    top = y + head * 0.42
    painting.draw(
        f'<path d="M{x - 30 * part} 101Q{x - 28 * part} {top} {x} {top}Q{x + 28 * part} {top} '
        f'{x + 30 * part} 101Z" fill="{shirt}"/><path d="M{x - 13 * part} 101V{top + 8 * part}'
        f"H{x + 13 * part}V101ZM{x - 12 * part} {top + 9 * part}L{x - 8 * part} {top}"
        f'M{x + 12 * part} {top + 9 * part}L{x + 8 * part} {top}" fill="{apron}" stroke="{apron}" '
        'stroke-width="2.4"/>'
    )
    able = [icon for icon in BARISTAS if icon in drawings]
    who = "man-beard" if "man-beard" in able and rng.random() < 0.5 else pick(rng, able)
    painting.paste(drawings[who], (x, y), head, rng.random() < 0.5)
    wood, edge = pick(rng, (("#6b4226", "#a9713f"), ("#4a3a34", "#8a7260"), ("#8a5a3c", "#c9935a")))
    painting.draw(
        f'<rect y="{counter}" width="100" height="5" fill="{edge}"/>'
        f'<rect y="{counter + 5}" width="100" height="30" fill="{wood}"/>'
    )
    side, cup = -1 if x > 50 else 1, rng.uniform(20, 32)
    at = x + side * rng.uniform(head * 0.55 + 4, head * 0.6 + 10)
    painting.paste(drawings["hot-beverage"], (at, counter + 2 - cup * 0.36), cup)
    return painting.finished()


SUBJECTS: dict[str, Callable[[Generator, Drawings, int], Image.Image]] = {
    subject.__name__: subject for subject in (old_man, chihuahua, muffin, karaage, barista)
}
