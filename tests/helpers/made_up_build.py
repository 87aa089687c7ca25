"""A project whose results and pages are made up, where a build finds nothing to do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fwd_report import unchanged
from fwd_report.build import Options, build

REPORT = "title: A small report\nseed: 7\n"


NOISE = """\
title: Noise
order: 10
intro: Noise at {{ runs.dot[0].params.t }}.
experiments:
  - id: dot
    technique: forward
    image: experiments/images/dot.png
    sweep: {t: [250, 500, 750]}
    caption: More and more noise.
"""


@dataclass
class Writeup:
    """A project whose results and pages are made up, and where a build finds nothing to do."""

    root: Path

    @property
    def command(self) -> list[str]:
        return ["build", "--project", str(self.root)]

    def build(self) -> None:
        outcome = build(self.root, Options(command=self.command))
        assert not outcome.ran
        assert not outcome.pages

    def unchanged(self) -> bool:
        return unchanged.said_again(self.command)

    def file(self, pattern: str) -> Path:
        return next(path for path in sorted(self.root.glob(pattern)) if path.is_file())


def in_place(path: Path, old: bytes, new: bytes) -> None:
    """An edit that keeps the size, the inode and the time of writing."""
    before = path.stat()
    text = path.read_bytes()
    assert old in text
    assert len(old) == len(new)
    with path.open("r+b") as file:
        file.write(text.replace(old, new, 1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (before.st_size, before.st_mtime_ns, before.st_ino) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ino,
    )


def write_specs(root: Path) -> None:
    """A report of one section, and its picture."""
    (root / "experiments" / "images").mkdir(parents=True)
    Image.linear_gradient("L").resize((96, 80)).save(root / "experiments/images/dot.png")
    (root / "experiments" / "report.yaml").write_text(REPORT)
    (root / "experiments" / "noise.yaml").write_text(NOISE)
