"""Heads no emoji shows, an old man's and a chihuahua's; scenes as in `scenes`."""

from __future__ import annotations

from numpy.random import Generator
from PIL import Image

from emoji_if.canvas import Drawings
from emoji_if.viewfinder import Frame, Painting, pick

SKINS = (("#f2cba4", "#d99f74"), ("#e6b488", "#c48a5d"), ("#c98f62", "#a06a42"))
"""Skin and its shade."""

FURS = (
    ("#dba873", "#b9824c", "#f7e8d2"),
    ("#c98e58", "#9c6636", "#f3dfc2"),
    ("#e8c49a", "#c49a68", "#fbf1e0"),
    ("#f0dcc0", "#cfae86", "#fffaf0"),
    ("#4a3a34", "#30241f", "#c98e58"),
    ("#8a5a3c", "#64402a", "#e8c49a"),
)
"""A coat, its shade, and the muzzle."""


def old_man(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A head with white hair, bald on top or not, thick eyebrows and a white beard or moustache."""
    scale = float(
        rng.choice((rng.uniform(0.55, 0.75), rng.uniform(0.75, 1.0), rng.uniform(1, 1.2)))
    )
    painting = Painting(size, Frame(degrees=float(rng.normal(0, 3)), zoom=1.12))
    painting.draw(_wall(rng, (24, 70)))
    x = 50 + rng.uniform(-1, 1) * max(4.0, 34 * (1 - scale))
    top = rng.uniform(8, 14) + rng.uniform(0, 0.8) * 60 * max(0.0, 1 - scale)
    painting.draw(
        f'<g transform="translate({x} {top}) scale({scale}) translate(0 -8)">{_elder(rng)}</g>'
    )
    return painting.finished()


def _elder(rng: Generator) -> str:
    """Head and shoulders around x = 0, the crown at y = 8, the beard's end at most at y = 110."""
    skin, shade = pick(rng, SKINS)
    white = pick(rng, ("#ffffff", "#f3f1ec", "#e4e4e4"))
    coat = pick(rng, ("#39424f", "#4a3426", "#2f4538", "#57324a", "#7a2f2a", "#31527a", "#b59a6a"))
    turn, long = rng.uniform(-5, 5), pick(rng, (86, 98, 110))
    hair = pick(rng, ("bald", "bald", "full", "full", "long"))
    half = rng.uniform(24, 27)
    shapes = f'<path d="M-54 190V112Q-46 76 0 72Q46 76 54 112V190Z" fill="{coat}"/>'
    if hair == "long":
        shapes += f'<path d="M-34 84Q-40 10 0 6Q40 10 34 84Z" fill="{white}"/>'
    else:
        shapes += (
            f'<ellipse cx="-{half}" cy="40" rx="9" ry="15" fill="{white}"/>'
            f'<ellipse cx="{half}" cy="40" rx="9" ry="15" fill="{white}"/>'
        )
    shapes += f'<ellipse cy="42" rx="{half}" ry="{rng.uniform(32, 36)}" fill="{skin}"/>'
    if hair == "full":
        shapes += (
            f'<path d="M-{half + 3} 34Q-{half + 4} 2 0 3Q{half + 4} 2 {half + 3} 34'
            f'Q{half - 4} 20 {turn} 19Q-{half - 4} 20 -{half + 3} 34Z" fill="{white}"/>'
        )
    elif hair == "bald":
        shapes += f'<path d="M-11 20H11M-13 26H13" stroke="{shade}" stroke-width="2"/>'
    if hair == "long" or rng.random() < 0.75:
        shapes += (
            f'<path d="M-{half} 46Q-34 {long - 16} 0 {long}Q34 {long - 16} {half} 46Q18 60 0 60'
            f'Q-18 60 -{half} 46Z" fill="{white}"/>'
        )
    shapes += (
        f'<g transform="translate({turn} 0)"><path d="M-18 36L-5 33M18 36L5 33" stroke="{white}" '
        'stroke-width="5" stroke-linecap="round"/><circle cx="-11" cy="42" r="3.2" fill="#3a2a20"/>'
        '<circle cx="11" cy="42" r="3.2" fill="#3a2a20"/>'
        f'<ellipse cy="50" rx="5" ry="7" fill="{shade}"/>'
        '<ellipse cy="67" rx="8" ry="4" fill="#8a3b32"/>'
        f'<path d="M0 56Q-12 52 -19 64Q-8 68 0 62Q8 68 19 64Q12 52 0 56Z" fill="{white}" '
        'stroke="#a9a9a9" stroke-width="1"/>'
    )
    if rng.random() < 0.3:
        shapes += (
            '<path d="M-26 40L-18 42M26 40L18 42M-4 42Q0 39 4 42" stroke="#3a3a3a" fill="none" '
            'stroke-width="1.6"/><circle cx="-11" cy="43" r="7.4" fill="none" stroke="#3a3a3a" '
            'stroke-width="1.6"/><circle cx="11" cy="43" r="7.4" fill="none" stroke="#3a3a3a" '
            'stroke-width="1.6"/>'
        )
    return shapes + "</g>"


def chihuahua(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A small head with huge ears and round dark eyes, at times the whole dog, sitting."""
    painting = Painting(size, Frame(degrees=float(rng.normal(0, 4)), zoom=1.14))
    painting.draw(_wall(rng, (45, 97)))
    fur = pick(rng, FURS)
    whole = rng.random() < 0.35
    scale = (
        rng.uniform(0.52, 0.66)
        if whole
        else float(rng.choice((rng.uniform(0.65, 0.85), rng.uniform(0.85, 1.1))))
    )
    x = 50 + rng.uniform(-1, 1) * max(3.0, 44 * (1 - scale))
    y = rng.uniform(30, 36) if whole else 54 + rng.uniform(-0.7, 0.7) * max(4.0, 50 * (1 - scale))
    if whole:
        floor = f"hsl({rng.uniform(0, 360)},25%,{rng.uniform(35, 75)}%)"
        painting.draw(f'<rect y="{rng.uniform(66, 84)}" width="100" height="60" fill="{floor}"/>')
        painting.draw(_sitting(fur, x, y + 18 * scale, 92))
    elif y < 58 or rng.random() < 0.6:
        painting.draw(
            f'<path d="M{x - 28 * scale} 101Q{x - 20 * scale} {y + 10 * scale} {x} '
            f'{y + 10 * scale}Q{x + 20 * scale} {y + 10 * scale} {x + 28 * scale} 101Z" '
            f'fill="{fur[1]}"/>'
        )
    face = _dog_face(rng, fur)
    painting.draw(f'<g transform="translate({x} {y}) scale({scale}) translate(0 -52)">{face}</g>')
    return painting.finished()


def _sitting(fur: tuple[str, str, str], x: float, top: float, foot: float) -> str:
    return (
        f'<path d="M{x - 9} {top}Q{x - 24} {foot - 20} {x - 20} {foot}H{x + 20}Q{x + 24} '
        f'{foot - 20} {x + 9} {top}Z" fill="{fur[1]}"/><path d="M{x - 8} {top + 6}Q{x - 11} '
        f'{foot - 20} {x - 9} {foot}H{x + 9}Q{x + 11} {foot - 20} {x + 8} {top + 6}Z" '
        f'fill="{fur[0]}"/><path d="M{x} {top + 26}V{foot}" stroke="{fur[1]}" stroke-width="1.6"/>'
        f'<ellipse cx="{x - 7}" cy="{foot}" rx="6" ry="3" fill="{fur[2]}"/>'
        f'<ellipse cx="{x + 7}" cy="{foot}" rx="6" ry="3" fill="{fur[2]}"/>'
    )


def _dog_face(rng: Generator, fur: tuple[str, str, str]) -> str:
    """A face around x = 0, from the tips of its ears at y = 8 to the chin at y = 81."""
    coat, shade, muzzle = fur
    wide, ear, eye = rng.uniform(23, 28), rng.uniform(33, 45), rng.uniform(6, 7.5)
    tip, turn = rng.uniform(4, 16), rng.uniform(-4, 4)
    inner = pick(rng, ("#e9a7a0", "#d98f86", "#f0bcb0"))
    shapes = "".join(
        f'<path d="M{s * 8} 38L{s * ear} {tip}Q{s * (ear + 3)} 40 {s * 20} 52Z" fill="{coat}" '
        f'stroke="{shade}" stroke-width=".8"/><path d="M{s * 14} 40L{s * (ear - 4)} {tip + 8}'
        f'Q{s * (ear - 3)} 38 {s * 21} 47Z" fill="{inner}"/>'
        for s in (-1, 1)
    )
    shapes += f'<ellipse cy="56" rx="{wide}" ry="25" fill="{coat}"/>'
    if rng.random() < 0.3:
        shapes += f'<path d="M-4 32Q0 30 4 32L{turn + 5} 62H{turn - 5}Z" fill="{muzzle}"/>'
    shapes += (
        f'<g transform="translate({turn} 0)"><ellipse cy="68" rx="12" ry="12" fill="{muzzle}"/>'
    )
    for s in (-1, 1):
        shapes += (
            f'<circle cx="{s * 13}" cy="52" r="{eye + 0.8}" fill="{shade}"/>'
            f'<circle cx="{s * 13}" cy="52" r="{eye}" fill="#1d1412"/>'
            f'<circle cx="{s * 13 + 2}" cy="49.5" r="2" fill="#fff"/>'
        )
    if rng.random() < 0.3:
        shapes += '<path d="M-4 73H4V79Q0 84 -4 79Z" fill="#e8707a"/>'
    return shapes + (
        '<ellipse cy="63" rx="4.5" ry="3.4" fill="#1d1412"/><path d="M0 66V71M-6 74Q0 77 0 71Q0 77 '
        '6 74" stroke="#1d1412" stroke-width="1.6" fill="none" stroke-linecap="round"/></g>'
    )


def _wall(rng: Generator, lights: tuple[float, float]) -> str:
    """A coloured ground, lighter somewhere."""
    hue, light, saturation = rng.uniform(0, 360), rng.uniform(*lights), rng.uniform(10, 55)
    return (
        f'<defs><radialGradient id="w" cx="{rng.uniform(0.1, 0.9)}" cy="{rng.uniform(0.1, 0.7)}" '
        f'r=".9"><stop stop-color="hsl({hue},{saturation}%,{min(98, light + 8)}%)"/>'
        f'<stop offset="1" stop-color="hsl({hue + rng.uniform(-40, 40)},{saturation}%,'
        f'{light - rng.uniform(2, 20)}%)"/></radialGradient></defs>'
        '<rect x="-10" y="-10" width="120" height="120" fill="url(#w)"/>'
    )
