"""Backdrops under an open sky; see `backdrops`."""

from __future__ import annotations

from numpy.random import Generator


def sky(top: str, bottom: str) -> str:
    return (
        '<defs><linearGradient id="sky" x2="0" y2="1">'
        f'<stop stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/></linearGradient>'
        f"</defs>"
        '<rect width="100" height="100" fill="url(#sky)"/>'
    )


def day(rng: Generator) -> str:
    """A sky by day or towards evening, at times with sun or clouds."""
    top, bottom = (
        ("#6db8ee", "#d5effb"),
        ("#8fc9f2", "#eaf6fb"),
        ("#4f9fe0", "#bfe3f7"),
        ("#f3a36b", "#fbe3b8"),
    )[rng.integers(4)]
    shapes = sky(top, bottom)
    if rng.random() < 0.4:
        shapes += (
            f'<circle cx="{rng.uniform(10, 90)}" cy="{rng.uniform(8, 22)}" r="7" fill="#ffd94a"/>'
        )
    for _ in range(rng.integers(0, 3)):
        x, y = rng.uniform(5, 95), rng.uniform(8, 28)
        shapes += (
            f'<ellipse cx="{x}" cy="{y}" rx="11" ry="4" fill="#fff" opacity=".85"/>'
            f'<ellipse cx="{x + 3}" cy="{y - 3}" rx="6" ry="4" fill="#fff" opacity=".85"/>'
        )
    return shapes


def stars(rng: Generator, below: float, count: int) -> str:
    return "".join(
        f'<circle cx="{rng.uniform(0, 100)}" cy="{rng.uniform(0, below)}" '
        f'r="{rng.uniform(0.4, 1.1)}" fill="#fff"/>'
        for _ in range(count)
    )


def moon(rng: Generator, x: float, y: float, r: float) -> str:
    """Full, or a crescent."""
    if rng.random() < 0.5:
        return f'<circle cx="{x}" cy="{y}" r="{r}" fill="#fdf3c0"/>'
    return (
        f'<path d="M{x} {y - r}A{r} {r} 0 0 1 {x} {y + r}A{1.4 * r} {1.4 * r} 0 0 0 {x} {y - r}Z" '
        'fill="#fdf3c0"/>'
    )


def ground(rng: Generator, top: float, colour: str) -> str:
    """Everything below a slightly wavy horizon."""
    a, b = rng.uniform(-4, 4, 2)
    return f'<path d="M0 {top}Q25 {top + a} 50 {top}T100 {top + b}V100H0Z" fill="{colour}"/>'


def desert(rng: Generator) -> str:
    above = sky(
        *(
            *(("#7ec3ee", "#fbe7c0"), ("#f7b267", "#fde8c0"), ("#5fb0e5", "#f7e3b5")),
            *(("#3f8fd8", "#bfe3f7"), ("#c98fa8", "#fde6c8")),
        )[rng.integers(5)]
    )
    sun = (
        f'<circle cx="{rng.uniform(12, 88)}" cy="{rng.uniform(8, 30)}" r="{rng.uniform(5, 11)}" '
        'fill="#fff0a0"/>'
    )
    top = rng.uniform(40, 66)
    far, middle, near = (
        ("#e6b566", "#dba24f", "#cf9040"),
        ("#f0cf94", "#e6bb74", "#d9a65a"),
        ("#d98f5a", "#c4753f", "#a85c2e"),
    )[rng.integers(3)]
    dunes = ground(rng, top, far) + ground(rng, top + rng.uniform(8, 16), middle)
    dunes += ground(rng, top + rng.uniform(20, 32), near)
    cacti = ""
    for _ in range(rng.integers(1, 5)):
        x, y, s = rng.uniform(6, 94), top + rng.uniform(2, 26), rng.uniform(0.7, 1.8)
        cacti += (
            f'<path d="M{x} {y}v{-18 * s}M{x} {y - 6 * s}h{-5 * s}v{-6 * s}M{x} {y - 8 * s}h{5 * s}'
            f'v{-5 * s}" stroke="#3f8a45" stroke-width="{3.4 * s}" fill="none" '
            'stroke-linecap="round" stroke-linejoin="round"/>'
        )
    return above + sun + dunes + cacti


def beach(rng: Generator) -> str:
    top = rng.uniform(34, 54)
    shore = top + rng.uniform(10, 24)
    palm, x = "", rng.choice((rng.uniform(5, 14), rng.uniform(86, 95)))
    if rng.random() < 0.6:
        leaves = "".join(
            f'<path d="M{x} 30q{dx} {dy} {2 * dx} {dy + 9}" stroke="#2f8f4e" stroke-width="4"'
            f' fill="none" '
            'stroke-linecap="round"/>'
            for dx, dy in ((-8, -6), (8, -6), (-6, 2), (6, 2), (0, -9))
        )
        palm = (
            f'<path d="M{x} {shore + 6}Q{x - 3} 48 {x} 30" stroke="#8a5a33" stroke-width="3.4"'
            f' fill="none"/>{leaves}'
        )
    return (
        day(rng)
        + f'<rect y="{top}" width="100" height="60" fill="#2e9bd6"/>'
        + f'<rect y="{top + 7}" width="100" height="3" fill="#6fc4ea"/>'
        + ground(rng, shore - 2, "#e9f7fb")
        + ground(rng, shore, "#f0d59a")
        + palm
    )


def sea(rng: Generator) -> str:
    top = rng.uniform(44, 58)
    waves = ""
    for i in range(5):
        y = top + 6 + i * 8
        x = rng.uniform(-12, 0)
        waves += (
            f'<path d="M{x} {y}'
            + "q6 -5 12 0" * 10
            + '" stroke="#8fd2f0" stroke-width="1.6" fill="none"/>'
        )
    blue = ("#1e88d2", "#1b76b8", "#2a9fc4")[rng.integers(3)]
    return day(rng) + f'<rect y="{top}" width="100" height="60" fill="{blue}"/>' + waves


def forest(rng: Generator) -> str:
    shapes = sky("#bfe3c9", "#e8f4d8") + ground(rng, 66, "#4f8a3d")
    for x in sorted(rng.uniform(0, 100, 9), key=lambda _: rng.random()):
        y, h = rng.uniform(62, 78), rng.uniform(44, 66)
        green = ("#2f6f3a", "#3b8347", "#27613a", "#4a9150")[rng.integers(4)]
        shapes += f'<rect x="{x - 1.6}" y="{y - 6}" width="3.2" height="8" fill="#6b4a2f"/>'
        if rng.random() < 0.6:
            shapes += f'<path d="M{x} {y - h}L{x + 10} {y - 4}H{x - 10}Z" fill="{green}"/>'
        else:
            shapes += f'<ellipse cx="{x}" cy="{y - h / 2}" rx="10" ry="{h / 2.4}" fill="{green}"/>'
    return shapes + ground(rng, 80, "#5d9a46")


def night(rng: Generator) -> str:
    top, bottom = (
        *(("#0b1233", "#27356e"), ("#120f36", "#3b2f6b"), ("#081a30", "#1f4a6b")),
        *(("#05060f", "#14284a"), ("#1a1440", "#8a4a7a"), ("#0d2038", "#3f8f8a")),
    )[rng.integers(6)]
    shapes = sky(top, bottom) + stars(rng, 75, int(rng.integers(16, 44)))
    if rng.random() < 0.6:
        shapes += moon(rng, rng.uniform(15, 85), rng.uniform(14, 44), rng.uniform(6, 15))
    horizon = rng.uniform(70, 86)
    for x in rng.uniform(0, 100, int(rng.integers(0, 8))):
        h = rng.uniform(8, 26)
        shapes += (
            f'<path d="M{x} {horizon - h}L{x + h / 3} {horizon + 4}H{x - h / 3}Z" fill="#0c1524"/>'
        )
    return shapes + ground(rng, horizon, "#101a2c")


def meadow(rng: Generator) -> str:
    top, flowers = rng.uniform(34, 66), ""
    far, near = (("#7cbf52", "#68ad43"), ("#a3c95a", "#86b548"), ("#5fa85a", "#4a8f4a"))[
        rng.integers(3)
    ]
    for _ in range(rng.integers(4, 24)):
        x, y = rng.uniform(0, 100), rng.uniform(top + 8, 98)
        colour = ("#fff", "#ffd94a", "#f27ba0", "#e0524a", "#a06bd0")[rng.integers(5)]
        r = 0.8 + 2.2 * (y - top) / (100 - top)
        flowers += f'<circle cx="{x}" cy="{y}" r="{r}" fill="{colour}"/>'
    return day(rng) + ground(rng, top, far) + ground(rng, top + rng.uniform(10, 22), near) + flowers


def street(rng: Generator) -> str:
    shapes, x = day(rng), -4.0
    while x < 100:
        width, height = rng.uniform(14, 24), rng.uniform(34, 60)
        wall = ("#c9785b", "#d9a86a", "#8f9bb0", "#b7605e", "#7f8f78", "#cdbfa5")[rng.integers(6)]
        top = 74 - height
        shapes += f'<rect x="{x}" y="{top}" width="{width}" height="{height}" fill="{wall}"/>'
        for row in range(int(height // 11)):
            for column in range(int(width // 7)):
                shapes += (
                    f'<rect x="{x + 3 + column * 7}" y="{top + 5 + row * 11}" width="3.6"'
                    f' height="5.5" '
                    f'fill="{"#ffe9a3" if rng.random() < 0.3 else "#4b5a70"}"/>'
                )
        x += width
    lines = "".join(
        f'<rect x="{i * 22 + 4}" y="88" width="12" height="2" fill="#f4f0da"/>' for i in range(5)
    )
    return (
        shapes + '<rect y="72" width="100" height="6" fill="#b9b4aa"/><rect y="78" width="100"'
        ' height="22" fill="#5a5d63"/>' + lines
    )


def snow(rng: Generator) -> str:
    top = rng.uniform(52, 62)
    shapes = sky(("#a9cbe8", "#c7d3e0")[rng.integers(2)], "#eef5fa")
    for _ in range(rng.integers(2, 5)):
        x, h = rng.uniform(0, 100), rng.uniform(18, 30)
        shapes += f'<path d="M{x} {top - h}L{x + h / 3} {top + 3}H{x - h / 3}Z" fill="#4f7f66"/>'
        shapes += f'<path d="M{x} {top - h}L{x + h / 6} {top - h / 2}H{x - h / 6}Z" fill="#fff"/>'
    return (
        shapes
        + ground(rng, top, "#f7fbff")
        + ground(rng, top + 18, "#e6eff7")
        + stars(rng, 100, 24)
    )


def mountains(rng: Generator) -> str:
    shapes = day(rng)
    for x in (rng.uniform(10, 35), rng.uniform(65, 90), rng.uniform(38, 62)):
        top, half = rng.uniform(10, 28), rng.uniform(28, 40)
        rock = ("#6d7f96", "#7d8aa0", "#5b6b82", "#84776a")[rng.integers(4)]
        shapes += f'<path d="M{x - half} 70L{x} {top}L{x + half} 70Z" fill="{rock}"/>'
        side = half * 16 / (70 - top)
        shapes += (
            f'<path d="M{x} {top}L{x + side} {top + 16}L{x} {top + 12}L{x - side} {top + 16}Z"'
            f' fill="#fff"/>'
        )
    return shapes + ground(rng, 68, "#6f9a55") + ground(rng, 82, "#5d8a46")


def lake(rng: Generator) -> str:
    top = rng.uniform(46, 54)
    hills = ground(rng, top - 12, "#5f9460") + ground(rng, top - 5, "#467d4c")
    ripples = "".join(
        f'<rect x="{rng.uniform(0, 80)}" y="{rng.uniform(top + 4, 76)}"'
        f' width="{rng.uniform(8, 22)}" '
        'height="1.2" fill="#bfe6f5"/>'
        for _ in range(7)
    )
    return (
        day(rng)
        + hills
        + f'<rect y="{top}" width="100" height="54" fill="#4aa3cf"/>'
        + ripples
        + ground(rng, 80, "#79b357")
    )


def space(rng: Generator) -> str:
    shapes = sky("#05060f", ("#1a1440", "#0d2038", "#2a1238")[rng.integers(3)]) + stars(
        rng, 100, 40
    )
    if rng.random() < 0.5:
        x, y, r = rng.uniform(10, 90), rng.uniform(8, 35), rng.uniform(6, 12)
        shapes += (
            f'<circle cx="{x}" cy="{y}" r="{r}"'
            f' fill="{("#d98a5b", "#7ab0d9", "#c9b06b")[rng.integers(3)]}"/>'
        )
    if rng.random() < 0.6:
        shapes += ground(rng, rng.uniform(76, 84), "#9a9aa4")
        for _ in range(4):
            shapes += (
                f'<ellipse cx="{rng.uniform(5, 95)}" cy="{rng.uniform(86, 98)}" rx="6" ry="2"'
                f' fill="#7f7f8a"/>'
            )
    return shapes


def underwater(rng: Generator) -> str:
    shapes = sky(("#4fc0e0", "#3fa9d9")[rng.integers(2)], ("#0e4a86", "#0b5f8a")[rng.integers(2)])
    for _ in range(rng.integers(5, 12)):
        shapes += (
            f'<circle cx="{rng.uniform(0, 100)}" cy="{rng.uniform(0, 80)}"'
            f' r="{rng.uniform(1, 3)}" fill="#d5f2fb" opacity=".6"/>'
        )
    for _ in range(rng.integers(3, 7)):
        x, h = rng.uniform(0, 100), rng.uniform(14, 34)
        shapes += (
            f'<path d="M{x} 88q-5 {-h / 3} 0 {-h / 2}t0 {-h / 2}" stroke="#2f9a5f"'
            f' stroke-width="3" fill="none" stroke-linecap="round"/>'
        )
    return shapes + ground(rng, 84, "#d9c48a")
