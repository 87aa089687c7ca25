"""Figures of experiments that are made up, and whether each picture is what its labels say."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fwd_report.plan.run import Run
from fwd_report.site.show import Block
from fwd_report.store.entry import Entry
from fwd_report.techniques.labels import Labels, experiment_names

CAPTIONS = {
    "original": "original", "image": "original", "mask": "mask", "hole": "hole", "noised": "noised",
    "stage I": "small", "in grey": "low",
}  # fmt: skip
"""What a column or row of that name shows, where it is not the result."""


def colour(*of: Any) -> tuple[int, int, int]:
    """A colour of its own for whatever a picture shows."""
    red, green, blue = hashlib.sha256(repr(of).encode()).digest()[:3]
    return red, green, blue


def shows(run: Run, name: str) -> tuple[int, int, int]:
    """The colour of a run's picture of that name: shared where runs share what it shows."""
    of = dict(run.technique)
    source = of.get("image") or (of.get("dataset"), of.get("example"))
    noise = [of.get(key) for key in ("t", "i_start", "sigma", "pure_noise")]
    if run.technique.name == "blur":
        noise = [of["t"]]
    if name == "original":
        return colour(name, source)
    if name == "mask":
        return colour(name, of["mask"])
    if name == "hole":
        return colour(name, source, of["mask"])
    if name in ("noised", "noisy"):
        return colour(name, source, *noise, run.seed)
    if name == "small":
        return shows(run.needs["of"][0], "image")
    return colour(name, run.key)


STORED = {
    "blur": ("original", "noised"), "one_step": ("original", "noised"), "forward": ("original",),
    "iterative": ("original", "noised"), "sdedit": ("original", "noised"), "upsample": ("small",),
    "inpaint": ("original", "mask", "hole"), "anagram": ("viewed",), "hybrid": ("low",),
    "denoise": ("original", "noisy"),
}  # fmt: skip


TIMES = [990.0, 500.0, 0.0]


def stored(run: Run, root: Path) -> Entry:
    """The run as if it had been made: pictures of one colour each."""
    folder = root / run.key
    of = {need: tuple(stored(r, root) for r in runs) for need, runs in run.needs.items()}
    count = float(int(run.key[:6], 16))
    entry = Entry(
        section=run.section, experiment=run.experiment, technique=run.technique.name,
        index=run.index, seed=run.seed, key=run.key, params=run.technique.model_dump(mode="json"),
        axes=run.axes, alt=run.alt, folder=folder, metrics={"psnr": count, "images": 3.0,
        "psnr_shown": count, "test_images": 3.0, "accuracy": count}, provenance={}, needs=of,
        series={"loss": [1.0, count], "t": TIMES}, label=run.label,
    )  # fmt: skip
    if not folder.exists():
        folder.mkdir(parents=True)
        for name in ("image", *STORED.get(run.technique.name, ())):
            Image.new("RGB", (4, 4), shows(run, name)).save(entry.picture(name))
        frames = [np.full((4, 4, 3), shows(run, f"frame {n}"), np.uint8) for n in range(3)]
        np.save(entry.frames(), np.stack(frames))
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><!--{run.key}--></svg>'
        (folder / "architecture.svg").write_text(svg)
    return entry


class Figure:
    """An experiment's figure as a reader has it: files and labels, and the runs behind them."""

    def __init__(self, runs: Sequence[Run], entries: Sequence[Entry], folder: Path) -> None:
        self.runs = runs
        self.entries = entries
        self.folder = folder
        self.labels = Labels(entries)
        self.experiments = experiment_names(entries)

    def colour(self, image: Any) -> tuple[int, ...]:
        with Image.open(self.folder / image.src) as opened:
            return tuple(opened.convert("RGB").crop((1, 1, 2, 2)).tobytes())

    def meant(self, *labels: str) -> list[Run]:
        """The runs that these labels may be about: those of which they say nothing else.

        Where two axes share a value, labels that say it once are of the run that has it once.
        """
        text = _separated(" · ".join(labels))
        found = [
            (run, entry)
            for run, entry in zip(self.runs, self.entries, strict=True)
            if all(mine in said or not said for mine, said in self._said(entry, text))
        ]
        words = Counter(_words(text))
        exactly = [
            run
            for run, entry in found
            if Counter(
                word
                for axis, value in entry.axes.items()
                for word in _words(self._name(axis, value))
            )
            <= words
        ]
        return exactly or [run for run, _ in found]

    def _said(self, entry: Entry, text: str) -> Iterator[tuple[str, set[str]]]:
        """For each axis of the run the run's own value, and the values that `text` names."""
        for axis in ("", *dict.fromkeys(axis for other in self.entries for axis in other.axes)):
            if axis:
                mine = self._name(axis, entry.axes[axis]) if axis in entry.axes else ""
                every = {self._name(axis, e.axes[axis]) for e in self.entries if axis in e.axes}
            else:
                mine = self.experiments[entry.section, entry.experiment]
                every = set(self.experiments.values()) if len(self.experiments) > 1 else set()
            named = {name for name in every if _separated(name) in text}
            yield mine, {n for n in named if not any(n != m and n in m for m in named)}

    def title(self, label: str) -> str:
        """The model that the first row of a grid of samples names, for all of its rows."""
        models = [entry.axes["model"] for entry in self.entries if "model" in entry.axes]
        names = {self.labels.value("model", model) for model in models}
        said = [name for name in names if _separated(label).startswith(_separated(name))]
        return max(said, key=len, default="")

    def _name(self, axis: str, value: Any) -> str:
        return f"digit {value}" if axis == "digit" else self.labels.value(axis, value)


def _separated(text: str) -> str:
    return f"|{re.sub(r', |; |: | · ', '|', text)}|"


def _words(text: str) -> list[str]:
    return [word for word in _separated(text).split("|") if word]


def same_but_for_samples(runs: Iterable[Run]) -> bool:
    axes = {repr([(a, v) for a, v in run.axes.items() if a != "sample"]) for run in runs}
    return len(axes) == 1


def check(figure: Figure, block: Block) -> None:
    """That each picture of a block is of the run its labels say, and of no other."""
    check_of = {
        "grid": check_grid, "strip": check_grid, "trajectory": check_trajectory,
        "animations": check_animations, "drawing": check_drawing, "curve": check_curve,
    }  # fmt: skip
    if block["kind"] in check_of:
        check_of[block["kind"]](figure, block)
    elif block["kind"] in ("flip", "distance"):
        image = block["image"] if "image" in block else block["images"][0]
        (run,) = _single(figure.meant(block["label"]), figure, image)
        assert figure.colour(image) == shows(run, "image")
    elif block["kind"] == "slider":
        (run,) = figure.runs
        assert [figure.colour(i) for i in block["images"]] == [
            shows(run, "small"),
            shows(run, "image"),
        ]


def _single(meant: list[Run], figure: Figure, image: Any) -> list[Run]:
    """The run of the picture, if the labels leave no other open but its samples."""
    assert same_but_for_samples(meant), [run.name for run in meant]
    return [run for run in meant if shows(run, "image") == figure.colour(image)]


def check_grid(figure: Figure, block: Block) -> None:
    row_labels = block["row_labels"] or ("",) * len(block["rows"])
    above = ""
    for number, row in enumerate(block["rows"]):
        above = row_labels[number] or above
        for column, image in enumerate(row):
            if image is None:
                continue
            heads = block["column_labels"]
            head = heads[column] if column < len(heads) else ""
            if "digit" in {axis for entry in figure.entries for axis in entry.axes}:
                head = f"digit {head}"
            if above == "input":
                check_input(figure, block, number, column)
                continue
            meant = figure.meant(figure.title(row_labels[0]), above, head)
            words = {word for label in (above, head, image.label) for word in label.split(": ")}
            there = STORED.get(figure.runs[0].technique.name, ("original",))
            named = (CAPTIONS[word] for word in words if word in CAPTIONS)
            name = next((name for name in named if name in there), "image")
            if "through the view" in image.label:
                name = "viewed"
            colours = {shows(run, name) for run in meant}
            assert figure.colour(image) in colours, (above, head, name)
            if name in ("image", "viewed", "low"):
                assert same_but_for_samples(meant), (above, head, [run.name for run in meant])
            elif name in ("noised", "small"):
                assert same_but_for_samples(meant)
            else:
                assert len(colours) == 1, (above, head, name)


def check_input(figure: Figure, block: Block, number: int, column: int) -> None:
    """An input belongs to what stands beneath it, down to the next one."""
    given = figure.colour(block["rows"][number][column])
    below = 0
    for label, row in zip(
        block["row_labels"][number + 1 :], block["rows"][number + 1 :], strict=True
    ):
        if label == "input":
            break
        if row[column] is not None:
            answer = figure.colour(row[column])
            (run,) = (run for run in figure.runs if shows(run, "image") == answer)
            assert shows(run, "noisy") == given, label
            below += 1
    assert below


def check_trajectory(figure: Figure, block: Block) -> None:
    meant = figure.meant(block["label"])
    assert same_but_for_samples(meant)
    for image in block["strip"]:
        time = {"t = 990": 0, "t = 500": 1, "t = 0": 2}[image.label]
        assert figure.colour(image) in {shows(run, f"frame {time}") for run in meant}
    assert figure.colour(block["film"]["image"]) in {shows(run, "frame 2") for run in meant}


def check_animations(figure: Figure, block: Block) -> None:
    for film in block["films"]:
        meant = figure.meant(film["label"])
        with Image.open(figure.folder / film["image"].src) as poster:
            tiles = np.asarray(poster.convert("RGB"))[1::6, 1::6]
        found = {tuple(map(int, tile)) for line in tiles for tile in line} - {(128, 128, 128)}
        assert found == {shows(run, "frame 2") for run in meant}


def check_drawing(figure: Figure, block: Block) -> None:
    (run,) = figure.meant(block["label"])
    assert f"<!--{run.key}-->" in (figure.folder / block["image"].src).read_text()


def check_curve(figure: Figure, block: Block) -> None:
    for name, *_ in block["legend"]:
        assert len(figure.meant(name)) == 1, name
