"""A writeup made of texts, loaded with the tests' own techniques."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.spec_techniques import TECHNIQUES

from fwd_report.errors import Problem, UserError
from fwd_report.spec.load import load_project
from fwd_report.spec.project import Project

REPORT = "title: A report\n"


class Writeup:
    """A project folder under construction: `write` files, then `load` it or read its `problems`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("report.yaml", REPORT)

    def write(self, name: str, text: str | bytes) -> Writeup:
        path = self.root / "experiments" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def load(self, profile: str | None = None, overrides: Sequence[str] = ()) -> Project:
        return load_project(self.root, profile, overrides, TECHNIQUES)

    def problems(self, *args: Any) -> tuple[Problem, ...]:
        with pytest.raises(UserError) as caught:
            self.load(*args)
        return caught.value.problems

    def draw(self, name: str, size: tuple[int, int], paint: Callable[[Any], None]) -> Path:
        """A picture of the project, painted by `paint(draw)` on black."""
        from PIL import Image, ImageDraw

        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new("RGB", size)
        paint(ImageDraw.Draw(image))
        image.save(path)
        return path


@pytest.fixture
def writeup(tmp_path: Path) -> Writeup:
    return Writeup(tmp_path)
