"""Packages as npm would unpack them, with drawings made here: no network, no licence."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from emoji_if.captions import WORN
from emoji_if.compose import SCENE_ICONS
from emoji_if.drawings import JUDGED, PHOTOGRAPHS, SETS, SOLID, unpacked
from emoji_if.subjects import BARISTAS
from emoji_if.things import read_things

VOCABULARY = """
animals:
  traits: [mirror, colours, place]
  things:
    a dog, a puppy: dog-face | dog
    an owl: owl
    a red fox: fox -noto-v1
sky:
  traits: [mirror, aloft]
  things:
    the moon: crescent-moon
landscapes:
  traits: [mirror, wide]
  things:
    a volcano: volcano
painted:
  traits: []
  scenes:
    an old man: old_man 3
    a beach: beach 2
"""


def write_vocabulary(folder: Path) -> Path:
    """A vocabulary of a few things, one of every kind."""
    path = folder / "few.yaml"
    path.write_text(VOCABULARY, "utf-8")
    return path


def write_fake_sets(folder: Path) -> Path:
    """All packages: every set draws each icon of the few things as one coloured shape."""
    folder.mkdir(parents=True, exist_ok=True)
    things = read_things(write_vocabulary(folder))
    icons = sorted({i for thing in things for i in thing.icons} | {*SCENE_ICONS, *WORN, *BARISTAS})
    points = {f"1f{number:03x}": icon for number, icon in enumerate(icons)}
    for number, (name, source) in enumerate((SETS | JUDGED).items()):
        package = unpacked(folder, source.package)
        package.mkdir()
        if name == SOLID:
            (package / "assets").mkdir()
            for point in points:
                picture = np.full((32, 32, 4), (200, 80, 40, 255), np.uint8)
                Image.fromarray(picture).save(package / "assets" / f"{point}.webp")
            continue
        drawn = {icon: {"body": _shape(icon, number)} for icon in [*icons, "flag-france"]}
        if name == "fxemoji":
            drawn = {icon.replace("-", ""): body for icon, body in drawn.items()}
        data = {"prefix": name, "icons": drawn, "width": 32, "height": 32}
        (package / "icons.json").write_text(json.dumps(data), "utf-8")
        (package / "chars.json").write_text(json.dumps(points), "utf-8")
    rng = np.random.default_rng(0)
    for photograph in PHOTOGRAPHS:
        package = unpacked(folder, photograph) / "data"
        package.mkdir(parents=True)
        pixels = rng.integers(0, 256, (160, 200, 3), np.uint8)
        Image.fromarray(pixels).save(package / "image.jpg")
    return folder


def _shape(icon: str, number: int) -> str:
    hue, radius = zlib.crc32(icon.encode()) % 360, 6 + number
    return f'<circle cx="16" cy="16" r="{radius}" fill="hsl({hue},80%,45%)"/>'
