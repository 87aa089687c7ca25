"""Every picture of a figure is of the run that its labels say, however experiments are swept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.techniques.labelled_figures import Figure, check, colour, stored

from fwd_report.figures.gallery import Gallery
from fwd_report.plan.plan import make_plan
from fwd_report.site.show import blocks
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store
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


@pytest.mark.parametrize(
    ("technique", "fields"),
    [
        ("anagram", {"view": "jigsaw", "cases": [{"prompt": "", "flipped": "a dog"}]}),
        ("anagram", {"view": "flip", "prompt": "a dog", "cases": [{"flipped": ""}]}),
        ("hybrid", {"split": "colour", "high": "a dog", "cases": [{"low": ""}]}),
        ("hybrid", {"low": "a dog", "cases": [{"high": ""}]}),
        ("sdedit", {"image": PICTURES[0], "cases": [{"prompt": ""}]}),
        ("inpaint", {"image": PICTURES[0], "mask": MASKS[0], "cases": [{"prompt": ""}]}),
    ],
)
def test_the_empty_prompt_is_named(technique: str, fields: dict[str, Any], project: Path) -> None:
    """In the label of its case, of its pictures, and in their descriptions for who cannot see."""
    section = {"title": "S", "experiments": [{"id": "e", "technique": technique, **fields}]}
    section["experiments"][0]["caption"] = "C"
    (project / "experiments" / "s.yaml").write_text(yaml.safe_dump(section, sort_keys=False))
    runs = make_plan(load_project(project), Store(project)).experiments["s", "e"]
    entries = [stored(run, project / "made") for run in runs]
    gallery = Gallery(project / "figures")
    parts = json.dumps(
        list(blocks(all_techniques()[technique].figure(entries), gallery)), default=str
    )
    empty = [name for name, value in fields["cases"][0].items() if value == ""]
    assert f"no {empty[0]}" in str(runs[0].axes["case"])
    assert "no prompt" in runs[0].alt
    assert "no prompt" in parts
