"""Every picture of a figure is of the run that its labels say, however experiments are swept."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from PIL import Image

from fwd_report.figures.gallery import Gallery
from fwd_report.plan.plan import make_plan
from fwd_report.plan.run import Run
from fwd_report.site.show import Block, blocks
from fwd_report.spec.load import load_project
from fwd_report.store.entry import Entry
from fwd_report.store.store import Store
from fwd_report.techniques.labels import Labels, experiment_names
from fwd_report.techniques.registry import all_techniques

PICTURES = ("experiments/images/dog.png", "other/dog.png", "experiments/images/a-cat.png")
"""Two have one stem, which therefore names neither."""
MASKS = ("experiments/images/left.png", "other/right.png")
PROMPTS = ("a dog", "an owl", "")
OTHERS: list[dict[str, Any]] = [
    {"id": "net", "technique": "train", "epochs": 3, "conditioning": "class"},
    {"id": "other", "technique": "train", "epochs": 2, "conditioning": "class"},
    {"id": "restorer", "technique": "train", "objective": "denoiser", "epochs": 2},
    {"id": "judge", "technique": "classify", "epochs": 2},
    {"id": "photos", "technique": "sample", "sweep": {"prompt": ["a dog", "an owl"]}},
    {"id": "two", "technique": "sample", "prompt": "a dog", "samples": 2},
    {"id": "digits", "technique": "sample", "sweep": {"model": ["net@1", "net"], "digit": [3, 1]}},
    *(
        {"id": name, "technique": technique, "sweep": {"t": [250, 500]}, "image": PICTURES[0]}
        for name, technique in (("noised", "forward"), ("blurred", "blur"))
    ),
    {"id": "elsewhere", "technique": "forward", "sweep": {"image": list(PICTURES)}, "t": 250},
]
"""What the experiment under test may refer to."""


@dataclass(frozen=True)
class Shape:
    """A technique's fields: those it needs, and values to sweep."""

    fixed: Mapping[str, Any] = field(default_factory=dict)
    swept: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    samples: bool = True


SHAPES = {
    "alignment": Shape({"of": ["photos", "two"]}, samples=False),
    "anagram": Shape(
        {"prompt": "a dog", "flipped": "an owl"},
        {
            "view": ["flip", "negate", "rotate90", "jigsaw"],
            "prompt": PROMPTS,
            "flipped": PROMPTS,
            "view_seed": [1, 2],
        },
    ),
    "architecture": Shape({}, {"hidden": [4, 8], "conditioning": ["none", "time"]}, samples=False),
    "blur": Shape({"image": PICTURES[0]}, {"image": PICTURES, "t": [250, 25], "sigma": [1.0, 2.0]}),
    "classify": Shape({}, {"epochs": [1, 2], "lr": [0.1, 0.01]}, samples=False),
    "compare": Shape(
        {"of": ["noised", "blurred"]},
        {
            "of": [
                ["noised", "blurred"],
                ["noised", "elsewhere"],
                ["elsewhere", "photos"],
                ["elsewhere"],
            ]
        },
        samples=False,
    ),
    "curves": Shape({"of": ["net", "other"]}, samples=False),
    "denoise": Shape(
        {"model": "restorer"},
        {
            "model": ["restorer@1", "restorer"],
            "example": [0, 4],
            "sigma": [0.5, 0.2],
            "pure_noise": [False, True],
            "dataset": ["digits", "mnist"],
        },
    ),
    "evaluate": Shape({"of": "digits", "classifier": "judge"}, samples=False),
    "forward": Shape({"image": PICTURES[0]}, {"image": PICTURES, "t": [250, 25, 750]}),
    "hybrid": Shape(
        {"low": "a dog", "high": "an owl"},
        {"low": PROMPTS, "high": PROMPTS, "split": ["frequency", "colour"], "guidance": [1, 7]},
    ),
    "inpaint": Shape(
        {"image": PICTURES[0], "mask": MASKS[0]},
        {"image": PICTURES, "mask": MASKS, "prompt": PROMPTS},
    ),
    "iterative": Shape({"image": PICTURES[0]}, {"image": PICTURES, "i_start": [1, 10]}),
    "noising": Shape({}, {"example": [0, 1], "sigma": [0.5, 0.2], "dataset": ["digits", "mnist"]}),
    "one_step": Shape({"image": PICTURES[0]}, {"image": PICTURES, "t": [250, 25]}),
    "sample": Shape(
        {"model": "net", "digit": 1},
        {
            "model": ["net@1", "net", "other@1"],
            "digit": [0, 1, 2],
            "guidance": [0, 5],
            "steps": [5, 50],
        },
    ),
    "sdedit": Shape(
        {"image": PICTURES[0]}, {"image": PICTURES, "i_start": [1, 10, 20], "prompt": PROMPTS}
    ),
    "train": Shape({}, {"epochs": [1, 2], "lr": [0.1, 0.01]}, samples=False),
    "upsample": Shape({"of": "photos"}, {"of": ["photos", "two"], "guidance": [1, 4]}),
}
CAPTIONS = {
    "original": "original", "image": "original", "mask": "mask", "hole": "hole", "noised": "noised",
    "stage I": "small", "in grey": "low",
}  # fmt: skip
"""What a column or row of that name shows, where it is not the result."""


def test_every_technique_is_looked_at() -> None:
    assert set(SHAPES) == set(all_techniques())


@st.composite
def experiments(draw: st.DrawFn, technique: str) -> dict[str, Any]:
    """An experiment of that technique with cases, sweeps and samples of some shape."""
    shape = SHAPES[technique]
    written: dict[str, Any] = {**shape.fixed}
    fields = draw(st.permutations(list(shape.swept)))[: draw(st.integers(0, 3))]

    def values(name: str) -> list[Any]:
        return draw(st.lists(st.sampled_from(shape.swept[name]), min_size=1, unique_by=repr))

    cut = draw(st.integers(0, len(fields)))
    varied, swept = fields[:cut], fields[cut:]
    if technique == "compare":
        written |= {name: draw(st.sampled_from(shape.swept[name])) for name in fields}
        swept = varied = []
    if varied:
        count = draw(st.integers(1, 3))
        cases = [
            {name: draw(st.sampled_from(shape.swept[name])) for name in varied}
            for _ in range(count)
        ]
        cases = list({json.dumps(case): case for case in cases}.values())
        if draw(st.booleans()):
            cases = [{**case, "label": f"the {n}. case"} for n, case in enumerate(cases)]
        written["cases"] = cases
    if swept:
        written["sweep"] = {name: values(name) for name in swept}
    for name in fields:
        if technique != "compare":
            written.pop(name, None)
    if shape.samples and draw(st.booleans()):
        chosen = {"samples": draw(st.integers(2, 3))}, {"seeds": [42, 7]}, {"seeds": [9, 3, 17]}
        written |= draw(st.sampled_from(chosen))
    return {"id": "e", "technique": technique, "caption": "C", **written}


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
            return tuple(opened.convert("RGB").getpixel((1, 1)))

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
        words = Counter(text.split("|"))
        exactly = [
            run
            for run, entry in found
            if Counter(self._name(axis, value) for axis, value in entry.axes.items()) <= words
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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, tiny_if: Path) -> Path:
    root = tmp_path_factory.mktemp("labels")
    for name in (*PICTURES, *MASKS):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        picture = Image.new("RGB", (64, 64), colour(name) if name in PICTURES else "black")
        if name in MASKS:
            picture.paste("white", (0, 0, 16 + 16 * MASKS.index(name), 64))
        picture.save(root / name)
    shutil.copytree(tiny_if, root / "model")
    report = "title: R\nmodel: model/stage_1\nupscaler: model/stage_2\n"
    (root / "experiments" / "report.yaml").write_text(report)
    return root


def figure_of(written: dict[str, Any], root: Path, data: st.DataObject) -> None:
    named = json.dumps(written)
    named += json.dumps([other for other in OTHERS if f'"{other["id"]}' in named])
    others = [{**other, "show": False} for other in OTHERS if f'"{other["id"]}' in named]
    section = {"title": "S", "experiments": [*others, written]}
    (root / "experiments" / "s.yaml").write_text(yaml.safe_dump(section, sort_keys=False))
    plan = make_plan(load_project(root), Store(root))
    runs = plan.experiments["s", "e"]
    indices = st.integers(0, len(runs) - 1)
    absent = data.draw(st.sets(indices, max_size=len(runs) - 1) | st.just(set()), "absent")
    runs = tuple(run for index, run in enumerate(runs) if index not in absent)
    technique = all_techniques()[written["technique"]]
    entries = [stored(run, root / "made") for run in runs]
    if technique.name in ("alignment", "evaluate"):
        return
    gallery = Gallery(root / "figures")
    for block in blocks(technique.figure(entries), gallery):
        event(block["kind"])
        check(Figure(runs, entries, gallery.folder), block)


@pytest.mark.parametrize("technique", sorted(SHAPES))
@pytest.mark.parametrize("examples", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_pictures_are_of_the_runs_their_labels_say(
    technique: str, examples: int, project: Path
) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(written=experiments(technique), data=st.data())
    def every_shape(written: dict[str, Any], data: st.DataObject) -> None:
        figure_of(written, project, data)

    every_shape()
