"""Backdrops under a roof; see `backdrops`."""

from __future__ import annotations

from numpy.random import Generator


def bar(rng: Generator) -> str:
    """Dim light, shelves of bottles, a wooden counter."""
    wall = (
        *("#3a2320", "#2b2433", "#33281c", "#24302f"),
        *("#6b4530", "#7a5a3c", "#4a2f4a", "#2f4a5a", "#8a4a36"),
    )[rng.integers(9)]
    shelf = ("#8a5a33", "#5b3a22", "#b98a55", "#9aa3a8")[rng.integers(4)]
    shapes = (
        '<defs><radialGradient id="lamp"><stop stop-color="#ffcf7a" stop-opacity=".75"/>'
        '<stop offset="1" stop-color="#ffcf7a" stop-opacity="0"/></radialGradient></defs>'
        f'<rect width="100" height="100" fill="{wall}"/>'
    )
    upper = rng.uniform(20, 36)
    for y in (upper, upper + rng.uniform(20, 24)):
        shapes += f'<rect x="4" y="{y}" width="92" height="2.6" fill="{shelf}"/>'
        x = 6 + rng.uniform(0, 4)
        while x < 92:
            h = rng.uniform(9, 15)
            glass = ("#4f9a5b", "#b9772e", "#d9c27a", "#8c3b3b", "#5b86a8", "#e8e2d0")[
                rng.integers(6)
            ]
            shapes += (
                f'<path d="M{x} {y}v{-h * 0.6}l1.4 {-h * 0.15}v{-h * 0.25}h1.8v{h * 0.25}l1.4'
                f' {h * 0.15}v{h * 0.6}z" fill="{glass}"/>'
            )
            x += rng.uniform(5.5, 9)
    for x in (rng.uniform(16, 34), rng.uniform(62, 84)):
        shapes += (
            f'<path d="M{x} 0V8M{x - 5} 13L{x} 7L{x + 5} 13Z" stroke="#d9a441"'
            f' stroke-width="1.4" fill="#d9a441"/><circle cx="{x}" cy="18" r="24"'
            f' fill="url(#lamp)"/>'
        )
    return (
        shapes + '<rect y="72" width="100" height="5" fill="#a9713f"/><rect y="77" width="100"'
        ' height="23" fill="#6b4226"/>'
    )


def concert(rng: Generator) -> str:
    """Beams of coloured light over a stage and the heads and hands of a crowd."""
    shapes = (
        f'<rect width="100" height="100"'
        f' fill="{("#120c26", "#0d1430", "#1c0d24")[rng.integers(3)]}"/>'
    )
    for _ in range(rng.integers(4, 7)):
        x, to, width = rng.uniform(5, 95), rng.uniform(5, 95), rng.uniform(8, 18)
        beam = ("#ff4fa0", "#5b8cff", "#ffd34a", "#5ff0c8", "#b06bff", "#ff7a3c")[rng.integers(6)]
        shapes += f'<path d="M{x} 0L{to - width} 74H{to + width}Z" fill="{beam}" opacity=".42"/>'
        shapes += f'<circle cx="{x}" cy="3" r="2.6" fill="#fff"/>'
    shapes += (
        '<rect y="64" width="100" height="12" fill="#2d2440"/><rect y="64" width="100"'
        ' height="1.6" fill="#8d7bc0"/>'
    )
    for x in (10, 90):
        shapes += (
            f'<rect x="{x - 7}" y="38" width="14" height="26" fill="#15121c"/><circle cx="{x}"'
            f' cy="45" r="4" fill="#4a4458"/><circle cx="{x}" cy="56" r="5" fill="#4a4458"/>'
        )
    for row in range(2):
        for i in range(9):
            x, y = i * 12 + rng.uniform(-3, 3) + row * 5, 84 + row * 9 + rng.uniform(-2, 2)
            shapes += (
                f'<circle cx="{x}" cy="{y}" r="5" fill="#0a0812"/><path d="M{x - 8} 100Q{x}'
                f' {y + 1} {x + 8} 100Z" fill="#0a0812"/>'
            )
            if rng.random() < 0.4:
                shapes += (
                    f'<path d="M{x + 5} {y + 6}L{x + 7} {y - 9}" stroke="#0a0812"'
                    f' stroke-width="2.6" stroke-linecap="round"/>'
                )
    return shapes


def room(rng: Generator) -> str:
    """A wall with a window or a picture, and a table top or floor."""
    wall = ("#e8d9c0", "#cfe0e0", "#e6cfcf", "#d7dcc4", "#c9cfe0", "#b98f6f")[rng.integers(6)]
    floor = ("#a9774a", "#8a5f3c", "#c49a6c", "#7a6a5c")[rng.integers(4)]
    x, y = rng.uniform(8, 62), rng.uniform(8, 16)
    inside = ("#9fd4f2", "#f2c48f", "#7fa87a", "#2b3a66")[rng.integers(4)]
    return (
        f'<rect width="100" height="100" fill="{wall}"/>'
        f'<rect x="{x}" y="{y}" width="30" height="28" fill="{inside}" stroke="#fff"'
        f' stroke-width="2.4"/>'
        f'<path d="M{x + 15} {y}v28M{x} {y + 14}h30" stroke="#fff" stroke-width="1.6"/>'
        f'<rect y="{rng.uniform(66, 74)}" width="100" height="40" fill="{floor}"/>'
    )
