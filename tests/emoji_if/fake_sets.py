"""Icon packages as npm would unpack them, with drawings made here: no network, no licence."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

from emoji_if.compose import SCENE_ICONS
from emoji_if.drawings import KEYWORDS, SETS
from emoji_if.vocabulary import STARTER


def write_fake_sets(folder: Path) -> Path:
    """A folder of all icon sets, each with one coloured shape per icon of the starter."""
    icons = sorted({icon for thing in STARTER for icon in thing.icons} | set(SCENE_ICONS))
    for number, name in enumerate(SETS):
        drawn = {icon: {"body": _shape(icon, number)} for icon in [*icons, "flag-france"]}
        if name == "fxemoji":
            drawn = {icon.replace("-", ""): body for icon, body in drawn.items()}
        package = folder / name
        package.mkdir(parents=True)
        data = {"prefix": name, "icons": drawn, "width": 32, "height": 32}
        (package / "icons.json").write_text(json.dumps(data), "utf-8")
    english = folder / KEYWORDS / "en"
    english.mkdir(parents=True)
    entries = [{"label": icon.replace("-", " "), "tags": ["thing"]} for icon in icons]
    (english / "data.json").write_text(json.dumps(entries), "utf-8")
    return folder


def _shape(icon: str, number: int) -> str:
    hue, radius = zlib.crc32(icon.encode()) % 360, 9 + number
    return f'<circle cx="16" cy="16" r="{radius}" fill="hsl({hue},80%,45%)"/>'
