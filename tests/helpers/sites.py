"""Two sites compared: what two machines write of the same results, and how long they took."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence

DIGEST = re.compile(r"(?<=-)[0-9a-f]{12}(?=\.\w+)")
"""Of a picture's content, in its name."""
TIME = re.compile(r"<dt>Time</dt><dd>[^<]*</dd>")
STAMP = "_stamp.json"
"""The digests of a site's inputs and outputs."""
PICTURES = (".png", ".gif")


def assert_same_site(one: Path, other: Path) -> None:
    """The same files, byte for byte, except for the times that the runs took, and for pictures:
    these are equal up to the rounding of floats, and are named by what they are.

    one, other: projects.
    """
    left, right = _written(one), _written(other)
    assert left.keys() == right.keys()
    assert any(len(paths) > 1 for paths in left.values()), "there are pictures"
    for name, paths in left.items():
        if paths[0].suffix in PICTURES:
            continue
        (a,), (b,) = paths, right[name]
        assert _compared(a) == _compared(b), name
    pairs = [*zip(_shown(one), _shown(other), strict=True)]
    assert pairs
    for a, b in pairs:
        for x, y in zip(_frames(a), _frames(b), strict=True):
            # A film has a palette of its own, of which a pixel may take another colour.
            far = abs(x - y).max() if a.suffix == ".png" else abs(x - y).mean()
            assert far <= 1, a.name


def _folder(project: Path) -> Path:
    return project / "docs/report"


def _written(project: Path) -> dict[str, list[Path]]:
    """The files of a site by their names without digests."""
    found: dict[str, list[Path]] = {}
    for path in sorted(_folder(project).rglob("*")):
        if path.is_file() and path.name != STAMP:
            name = DIGEST.sub("", path.relative_to(_folder(project)).as_posix())
            found.setdefault(name, []).append(path)
    return found


def _compared(path: Path) -> bytes | str:
    content = path.read_bytes()
    return TIME.sub("", DIGEST.sub("", content.decode())) if path.suffix == ".md" else content


def _shown(project: Path) -> Iterator[Path]:
    """The pictures in the order in which the pages name them."""
    for page in sorted(_folder(project).glob("*.md")):
        for name in re.findall(r"figures/[\w-]+\.\w+", page.read_text(encoding="utf-8")):
            yield _folder(project) / name


def _frames(path: Path) -> list[NDArray[np.int_]]:
    with Image.open(path) as film:
        return [np.asarray(frame.convert("RGB"), int) for frame in ImageSequence.Iterator(film)]
