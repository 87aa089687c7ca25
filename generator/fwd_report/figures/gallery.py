"""The folder of picture files that a site shows: each drawn once, named by what it was made
from.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from errno import EINVAL
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fwd_report.figures.size import file_size, picture_size
from fwd_report.store.entry import Entry
from fwd_report.store.files import sha256_of
from fwd_report.techniques.parts import Picture, Transform

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Drawn:
    """A picture file of the gallery: its name there, and its size in pixels."""

    name: str
    width: int
    height: int


@dataclass(frozen=True)
class Film:
    """An animation: the GIF, its last frame as a poster, and all frames side by side, if asked."""

    gif: Drawn
    poster: Drawn
    sprite: Drawn | None = None
    count: int = 0


@dataclass
class Gallery:
    """Makes picture files in `folder`, and records which of them are in use.

    A file's name holds a digest of its sources, of what was done to them and of the code that did
    it: an unchanged picture is not drawn again, and a browser never shows an old one.
    """

    folder: Path
    used: set[str] = field(default_factory=set)
    earlier: Mapping[str, Path] = field(default_factory=dict)
    """Complete pictures of an earlier gallery, by name: they are used where they are."""

    def picture(self, picture: Picture) -> Drawn:
        """The picture as shown: a copy of its source, or a view of it."""
        stem = picture.entry.experiment if picture.entry else picture.source.stem
        return self.view(picture.source, picture.view, stem)

    def view(self, source: Path, view: Transform | None, stem: str) -> Drawn:
        """A stored PNG, or a view of it; raises OSError or ValueError if it is not a picture."""
        data = source.read_bytes()

        def draw() -> bytes:
            if view is None and _servable(data):
                return data
            try:
                return _redraw(data, view)
            except (OSError, ValueError) as error:
                raise OSError(EINVAL, "this is no picture", str(source)) from error

        return self._file(stem, ".png", (data, str(view).encode()), draw)

    def drawing(self, source: Path) -> Drawn:
        """A finished SVG or PNG, unchanged."""
        data = source.read_bytes()
        picture_size(data)
        return self._file(source.stem, source.suffix, (data,), lambda: data)

    def frame(self, entry: Entry, frames: str, index: int) -> Drawn:
        """One frame of a stored sequence, as a PNG."""
        source = entry.frames(frames)

        def draw() -> bytes:
            from PIL import Image

            from fwd_report.figures.animation import rgb

            return _png(Image.fromarray(rgb(_load(source)[index : index + 1])[0]))

        return self._file(
            f"{entry.experiment}-{frames}",
            ".png",
            (sha256_of(source).encode(), str(index).encode()),
            draw,
        )

    def film(
        self,
        rows: Sequence[Sequence[Entry | None]],
        frames: str,
        stem: str,
        sprite: bool = False,
    ) -> Film:
        """The sequences of the entries moving together in one GIF, with a poster frame."""
        sources = [[entry.frames(frames) if entry else None for entry in row] for row in rows]
        made_of = tuple(
            part
            for row in sources
            for part in (*(sha256_of(path).encode() if path else b"-" for path in row), b"|")
        )
        loaded: list[np.ndarray] = []

        def tiled() -> np.ndarray:
            from fwd_report.figures.animation import tile

            if not loaded:
                loaded.append(
                    tile([[_load(path) if path else None for path in row] for row in sources])
                )
            return loaded[0]

        def draw_gif() -> bytes:
            from fwd_report.figures.animation import gif

            return gif(tiled())

        def draw_poster() -> bytes:
            from PIL import Image

            return _png(Image.fromarray(tiled()[-1]))

        def draw_sprite() -> bytes:
            from fwd_report.figures.animation import sprite as side_by_side

            return _png(side_by_side(tiled()))

        poster = self._file(stem, ".png", (*made_of, b"poster"), draw_poster)
        film = self._file(stem, ".gif", made_of, draw_gif)
        if not sprite:
            return Film(film, poster)
        all_frames = self._file(stem, ".png", (*made_of, b"sprite"), draw_sprite)
        return Film(film, poster, all_frames, all_frames.width // poster.width)

    def mosaic(self, pictures: Sequence[Picture], columns: int, stem: str) -> Drawn:
        """Pictures as equal squares in rows of `columns`: one picture, for a front page."""
        sources = [picture.source.read_bytes() for picture in pictures]

        def draw() -> bytes:
            from fwd_report.figures.mosaic import mosaic

            return _png(mosaic(sources, columns))

        return self._file(stem, ".png", (*sources, str(columns).encode()), draw)

    def _file(
        self, stem: str, suffix: str, made_of: Sequence[bytes], draw: Callable[[], bytes]
    ) -> Drawn:
        digest = hashlib.sha256(_code())
        for part in made_of:
            digest.update(hashlib.sha256(part).digest())
        name = f"{stem}-{digest.hexdigest()[:12]}{suffix}"
        path = self.earlier.get(name, self.folder / name)
        self.used.add(name)
        if not path.exists():
            data = draw()
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{name}.{os.getpid()}")
            temporary.write_bytes(data)
            temporary.replace(path)
        width, height = file_size(path)
        return Drawn(name, width, height)


@cache
def _code() -> bytes:
    """A digest of this package's sources: other code may draw other pictures."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()


def _load(path: Path) -> np.ndarray:
    import numpy as np

    frames: np.ndarray = np.load(path, allow_pickle=False)
    return frames


def _servable(data: bytes) -> bool:
    """Whether these bytes may be served as a .png without conversion."""
    try:
        picture_size(data)
    except ValueError:
        return False
    return data.startswith(b"\x89PNG")


def _redraw(data: bytes, view: Transform | None) -> bytes:
    import io

    from PIL import Image

    from fwd_report.figures.transforms import seen_through

    with Image.open(io.BytesIO(data)) as opened:
        image: Image.Image = opened.convert("L" if opened.mode in ("1", "L") else "RGB")
    return _png(seen_through(image, view) if view else image)


def _png(image: object) -> bytes:
    import io

    from PIL import Image

    assert isinstance(image, Image.Image)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
