"""A small report made by hand: drawn pictures as stored results, every kind of part once."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image, ImageDraw

from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.spec.project import ExperimentSpec, Project, ReportSpec, SectionSpec, Variant
from fwd_report.store.entry import Entry
from fwd_report.techniques.base import Prompt, Technique
from fwd_report.techniques.parts import (
    Curve,
    Distance,
    Flip,
    Part,
    Picture,
    Table,
)


class Sample(Technique):
    name: ClassVar[str] = "sample"
    prompt: Prompt = ""
    steps: int | None = 20


class Forward(Technique):
    name: ClassVar[str] = "forward"
    t: int = 250


class Anagram(Technique):
    name: ClassVar[str] = "anagram"

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        return [
            Flip(Picture(e.picture(), e.alt, entry=e), "rotate180", ("an old man", "a campfire"))
            for e in entries
        ]


class Hybrid(Technique):
    name: ClassVar[str] = "hybrid"
    kernel_size: int = 33

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        picture = Picture(entries[0].picture(), entries[0].alt, entry=entries[0])
        return [Distance(picture, "waterfalls", "a skull")]


class Training(Technique):
    name: ClassVar[str] = "train"
    kind: ClassVar[Any] = "job"

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        lines = tuple((entry.label, tuple(entry.series["loss"])) for entry in entries)
        return [
            Curve(lines, "step", "loss", "The loss falls.", log_y=True, smooth=True),
            Table(("run", "parameters"), (("time-unet", "1,234,567"), ("class-unet", "2 M"))),
        ]


@cache
def picture(seed: int, size: int, noise: float = 0.0) -> np.ndarray:
    """A little landscape with a sun and a tower, (size, size, 3) uint8, drawn from a seed.

    Not to be written into: all callers have the same.
    """
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (256, 256), tuple(int(v) for v in random.integers(120, 235, 3)))
    draw = ImageDraw.Draw(image)
    x, y = int(random.integers(40, 210)), int(random.integers(30, 90))
    draw.ellipse((x - 26, y - 26, x + 26, y + 26), fill=(250, 210, 90))
    for _ in range(4):
        foot, top = int(random.integers(0, 256)), int(random.integers(90, 170))
        colour = tuple(int(v) for v in random.integers(40, 150, 3))
        draw.polygon([(foot - 110, 256), (foot, top), (foot + 110, 256)], fill=colour)
    tower = int(random.integers(60, 190))
    draw.rectangle((tower - 12, 90, tower + 12, 256), fill=(90, 60, 50))
    draw.polygon([(tower - 18, 90), (tower, 50), (tower + 18, 90)], fill=(160, 60, 40))
    array = np.asarray(image.resize((size, size), Image.Resampling.LANCZOS), dtype=np.float64)
    array = (1 - noise) * array + noise * (128 + 60 * random.standard_normal(array.shape))
    return array.clip(0, 255).astype(np.uint8)


class Fabric:
    """Writes entries below `root` and gathers them into a report."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "experiments").mkdir(parents=True, exist_ok=True)
        self._count = 0

    def entry(
        self,
        section: str,
        experiment: str,
        technique: Technique,
        image: np.ndarray | None,
        axes: dict[str, Any] | None = None,
        frames: np.ndarray | None = None,
        others: dict[str, np.ndarray] | None = None,
        label: str = "",
        **more: Any,
    ) -> Entry:
        self._count += 1
        key = f"{self._count:064x}"
        folder = self.root / ".fwd-report" / "store" / key[:2] / key
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in {"image": image, **(others or {})}.items():
            if array is not None:
                Image.fromarray(array.squeeze()).save(folder / f"{name}.png")
        if frames is not None:
            np.save(folder / "frames-trajectory.npy", frames)
        params = technique.model_dump()
        described = ", ".join(f"{name} {value}" for name, value in params.items())
        return Entry(
            section=section,
            experiment=experiment,
            technique=technique.name,
            index=0,
            seed=180 + self._count % 5,
            key=key,
            params=params,
            axes=axes or {},
            alt=f"{technique.name}: {described or experiment}",
            folder=folder,
            metrics={"psnr": 17.3456, "ssim": 0.61},
            series=more.get("series", {}),
            provenance={
                "model": "emoji-if",
                "device": "cpu",
                "hardware": "a laptop, 2 threads",
                "dtype": "float32",
                "versions": {"python": "3.11", "torch": "2.13"},
                "git": {"commit": "0123456789abcdef", "dirty": True},
                "seconds": 12.3,
                "network_steps": 66,
            },
            label=label or experiment,
        )

    def experiment(
        self,
        name: str,
        technique: type[Technique],
        entries: Sequence[Entry],
        caption: str = "A caption.",
        discussion: str = "",
        absence: str | None = None,
        title: str = "",
    ) -> ExperimentResult:
        source = f"id: {name}\ntechnique: {technique.name}\ncaption: {caption!r}\n"
        spec = ExperimentSpec(
            id=name,
            technique=technique,
            variants=(Variant({}, technique()),),
            samples=1,
            title=title,
            caption=caption,
            discussion=discussion,
            show=True,
            source=source,
            line=1,
        )
        return ExperimentResult(spec, tuple(entries), absence)

    def section(
        self,
        name: str,
        title: str,
        experiments: Sequence[ExperimentResult],
        order: int = 0,
        part: str = "Part A",
        covers: tuple[str, ...] = (),
        intro: str = "",
    ) -> SectionResult:
        file = self.root / "experiments" / f"{name}.yaml"
        lines = [
            f"title: {title}",
            "intro: |",
            textwrap.indent(intro.strip(), "  "),
            "experiments:",
        ]
        for item in experiments:
            lines.append(f"  - id: {item.spec.id}")
            lines.append(f"    caption: |\n{textwrap.indent(item.spec.caption, ' ' * 6)}")
            lines.append(f"    discussion: |\n{textwrap.indent(item.spec.discussion, ' ' * 6)}")
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        specs = tuple(item.spec for item in experiments)
        spec = SectionSpec(name, file, title, order, part, covers, intro, "", specs)
        return SectionResult(spec, tuple(experiments))

    def report(self, *sections: SectionResult) -> ReportResult:
        spec = ReportSpec(
            title="Fun with diffusion models",
            author="Ada Example",
            description="Noise, step by step, turned into *pictures*.",
        )
        positions = self._positions(sections)
        specs = tuple(section.spec for section in sections)
        project = Project(self.root, "embedded", spec, specs, positions)
        return ReportResult(project, sections)

    def _positions(
        self, sections: Sequence[SectionResult]
    ) -> dict[tuple[str | int, ...], tuple[int, int]]:
        positions: dict[tuple[str | int, ...], tuple[int, int]] = {}
        for section in sections:
            where: tuple[str | int, ...] = (section.spec.name,)
            positions[where] = (1, 1)
            lines = section.spec.file.read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines, start=1):
                word = line.strip().removeprefix("- ")
                if line.startswith("  - id: "):
                    where = (section.spec.name, word.removeprefix("id: "))
                    positions[where] = (number, 5)
                elif word in ("intro: |", "caption: |", "discussion: |"):
                    positions[*where, word[:-3]] = (number, len(line))
        return positions
