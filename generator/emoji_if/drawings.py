"""Openly licensed emoji: fetched as npm packages, filtered, rasterised.

Each icon set is a package `@iconify-json/<set>` with `icons.json`: names and SVG bodies. A drawing
is known by (set, icon name); names agree between the sets, up to `FXEMOJI`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import resvg_py
from PIL import Image


class IconSet(NamedTuple):
    """An icon set as an npm package."""

    version: str
    licence: str


SETS = {
    "noto": IconSet("1.2.9", "Apache-2.0"),
    "noto-v1": IconSet("1.2.5", "Apache-2.0"),
    "fluent-emoji": IconSet("1.2.7", "MIT"),
    "fluent-emoji-flat": IconSet("1.2.6", "MIT"),
    "twemoji": IconSet("1.2.5", "CC-BY-4.0"),
    "emojione": IconSet("1.2.3", "CC-BY-4.0"),
    "fxemoji": IconSet("1.2.2", "Apache-2.0"),
}
"""Icon sets by name. Sets under share-alike licences are left out."""

KEYWORDS = "emojibase-data"
"""The npm package with CLDR names and keywords (MIT; the annotations under the Unicode licence)."""

PACKAGES = {
    **{f"@iconify-json/{name}": icons.version for name, icons in SETS.items()},
    KEYWORDS: "17.0.0",
}
"""The packages at the versions the weights were trained on: others may draw and name otherwise."""

_UNWANTED = re.compile(
    r"""-skin-tone | (light|medium|dark)-skin | \bflag\b | flag- | -flag | keycap
      | regional-indicator | -oclock | o-clock | -thirty | clock-?\d | squared
      | -button | latin | input- | letter | ideograph | -symbol | zodiac | katakana | hiragana""",
    re.VERBOSE,
)

_FXEMOJI = {
    **{animal: f"{animal}-face" for animal in ("dog", "cat", "tiger", "mouse", "pig", "dragon")},
    **{f"{animal}side": animal for animal in ("dog", "cat", "tiger", "mouse", "pig", "dragon")},
    "bunny": "rabbit-face",
    "bunnyside": "rabbit",
    "europeancastle": "castle",
    "evergreen": "evergreen-tree",
    "gma": "old-woman",
    "gpa": "old-man",
    "housebuilding": "house",
    "pandaface": "panda",
    "snowmountains": "snow-capped-mountain",
    "sunsetoverbuildings": "sunset",
    "toykotower": "tokyo-tower",
}
"""Icons whose name in fxemoji differs from the other sets' by more than hyphens."""


class DataError(Exception):
    """The drawings could not be fetched or read; the message says what to do."""


def wanted(icon: str) -> bool:
    """False for skin tones, letters, flags, clock faces, keycaps and sign-like symbols."""
    return not _UNWANTED.search(icon)


def fetch(folder: Path) -> None:
    """Download the packages into `folder`, skipping those already there."""
    missing = [package for package in PACKAGES if not (folder / package.split("/")[-1]).is_dir()]
    npm = shutil.which("npm")
    if missing and npm is None:
        raise DataError("npm is not installed: install Node.js, the drawings come as npm packages")
    folder.mkdir(parents=True, exist_ok=True)
    for package in missing:
        pack = [str(npm), "pack", "--silent", "--pack-destination", str(folder)]
        pack.append(f"{package}@{PACKAGES[package]}")
        result = subprocess.run(pack, capture_output=True, text=True, check=False)
        if result.returncode:
            raise DataError(f"npm could not fetch {package}: {result.stderr.strip()[-300:]}")
        archive = folder / result.stdout.strip().splitlines()[-1]
        with TemporaryDirectory(dir=folder) as unpacked, tarfile.open(archive) as files:
            files.extractall(unpacked, filter="data")
            (Path(unpacked) / "package").rename(folder / package.split("/")[-1])
        archive.unlink()


def read_set(folder: Path, name: str) -> dict[str, str]:
    """The wanted icons of one set: canonical icon name to SVG document."""
    path = folder / name / "icons.json"
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} is missing: run `python -m emoji_if data` first") from None
    except ValueError as error:
        raise DataError(f"{path} is damaged ({error}): delete {path.parent} and run data") from None
    documents = {}
    for icon, body in data["icons"].items():
        if wanted(icon):
            left, top = body.get("left", 0), body.get("top", 0)
            width = body.get("width", data.get("width", 16))
            height = body.get("height", data.get("height", 16))
            documents[icon] = (
                '<svg xmlns="http://www.w3.org/2000/svg" '
                'xmlns:xlink="http://www.w3.org/1999/xlink" '
                f'viewBox="{left} {top} {width} {height}">{body["body"]}</svg>'
            )
    for alias, target in data.get("aliases", {}).items():
        if wanted(alias) and target["parent"] in documents and len(target) == 1:
            documents.setdefault(alias, documents[target["parent"]])
    return documents


def read_all(folder: Path) -> dict[str, dict[str, str]]:
    """Every set's icons under names that agree: set to icon name to SVG document."""
    sets = {name: read_set(folder, name) for name in SETS}
    shared = {icon for name, icons in sets.items() if name != "fxemoji" for icon in icons}
    squashed = {icon.replace("-", ""): icon for icon in sorted(shared)}
    sets["fxemoji"] = {
        _FXEMOJI.get(icon, squashed.get(icon, icon)): document
        for icon, document in sets["fxemoji"].items()
        if icon in _FXEMOJI or icon in squashed
    }
    return sets


def read_keywords(folder: Path) -> dict[str, tuple[str, ...]]:
    """CLDR's English name and keywords of every emoji, by the icon name it goes under."""
    path = folder / KEYWORDS / "en" / "data.json"
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        raise DataError(f"{path} cannot be read: run `python -m emoji_if data` first") from None
    return {
        re.sub(r"[^a-z0-9]+", "-", entry["label"].lower()).strip("-"): (
            entry["label"],
            *entry.get("tags", ()),
        )
        for entry in entries
    }


def rasterise(svg: str, size: int) -> np.ndarray:
    """An SVG document as (size, size, 4) uint8 RGBA, straight alpha, centred in the square."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=size, skip_system_fonts=True)
    image = Image.open(BytesIO(bytes(png))).convert("RGBA")
    if image.size != (size, size):
        image.thumbnail((size, size))
        square = Image.new("RGBA", (size, size))
        square.paste(image, ((size - image.width) // 2, (size - image.height) // 2))
        image = square
    return np.asarray(image)
