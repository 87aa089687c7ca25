"""Places that things stand in, painted from SVG shapes in a 100 x 100 coordinate system.

Every function takes a random generator and returns the shapes of a full picture.
"""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator

from emoji_if import indoors, outdoors

BACKDROPS: dict[str, Callable[[Generator], str]] = {
    "desert": outdoors.desert,
    "beach": outdoors.beach,
    "sea": outdoors.sea,
    "forest": outdoors.forest,
    "night": outdoors.night,
    "meadow": outdoors.meadow,
    "street": outdoors.street,
    "snow": outdoors.snow,
    "mountains": outdoors.mountains,
    "lake": outdoors.lake,
    "space": outdoors.space,
    "underwater": outdoors.underwater,
    "bar": indoors.bar,
    "concert": indoors.concert,
    "room": indoors.room,
}

GROUND = {
    "sea": 82.0,
    "night": 90.0,
    "concert": 72.0,
    "bar": 80.0,
    "space": 86.0,
    "underwater": 84.0,
}
"""Where things stand in a place, in percent from the top; `GROUND_ELSEWHERE` if not listed."""

GROUND_ELSEWHERE = 90.0
