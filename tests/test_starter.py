"""The starter writeup: it loads, covers the assignment, and its pictures are what draws them."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fwd_report.spec.load import load_project
from fwd_report.spec.project import Project
from fwd_report.techniques.base import InputFile, marked_fields

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "experiments" / "images"
DELIVERABLES = (
    "0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.7.1", "1.7.2", "1.7.3", "1.8", "1.9",
)  # fmt: skip
PROFILES = ("embedded", "gpu")


@pytest.fixture(scope="module", params=PROFILES)
def project(request: pytest.FixtureRequest) -> Project:
    return load_project(ROOT, request.param)


def variants(project: Project, section: str, technique: str) -> list[tuple[dict, int]]:
    """The fields and the number of samples of every variant of a technique in a section."""
    return [
        (variant.technique.model_dump(), experiment.samples)
        for spec in project.sections
        if spec.name == section
        for experiment in spec.experiments
        if experiment.technique.name == technique
        for variant in experiment.variants
    ]


def drawings() -> dict[str, bytes]:
    spec = importlib.util.spec_from_file_location("draw", IMAGES / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pictures()


def test_every_deliverable_of_part_a_is_covered(project: Project) -> None:
    covered = {number for section in project.sections for number in section.covers}
    assert covered.issuperset(DELIVERABLES)


def test_sections_hold_as_many_results_as_the_assignment_asks(project: Project) -> None:
    prompts = variants(project, "setup", "sample")
    assert len({fields["prompt"] for fields, _ in prompts}) >= 3
    assert len({fields["steps"] for fields, _ in prompts}) >= 2
    for section, technique in (
        ("forward", "forward"),
        ("classical-denoising", "blur"),
        ("one-step-denoising", "one_step"),
    ):
        times = [fields["t"] for fields, _ in variants(project, section, technique)]
        assert times == [250, 500, 750]
    for section in ("sampling", "guidance"):
        (_, samples), *_ = variants(project, section, "sample")
        assert samples == 5
    for section in ("sdedit", "hand-drawn", "text-conditional"):
        starts: dict[str, list[int]] = {}
        for fields, _ in variants(project, section, "sdedit"):
            starts.setdefault(fields["image"], []).append(fields["i_start"])
        assert len(starts) >= 3
        assert all(found[:6] == [1, 3, 5, 7, 10, 20] for found in starts.values())
    assert len({fields["image"] for fields, _ in variants(project, "inpainting", "inpaint")}) == 3
    assert len(variants(project, "anagrams", "anagram")) >= 3
    assert len(variants(project, "hybrids", "hybrid")) >= 3


def test_the_methods_of_the_comparison_start_from_the_same_noise(project: Project) -> None:
    section = next(spec for spec in project.sections if spec.name == "iterative-denoising")
    (comparison,) = (e for e in section.experiments if e.technique.name == "compare")
    compared = comparison.variants[0].technique.model_dump()["of"]
    experiments = [e for e in section.experiments if e.id in compared]
    assert {e.technique.name for e in experiments} == {"forward", "blur", "one_step", "iterative"}
    assert {v.seed for e in experiments for v in e.variants} == {None}
    fields = [e.variants[0].technique.model_dump() for e in experiments]
    assert {f["image"] for f in fields} == {fields[0]["image"]}
    assert {f["t"] if "t" in f else 990 - 30 * f["i_start"] for f in fields} == {690}


def test_every_picture_the_sections_name_exists_and_masks_fit(project: Project) -> None:
    several = set()
    for section in project.sections:
        for experiment in section.experiments:
            files = marked_fields(experiment.technique, InputFile)
            for variant in experiment.variants:
                sizes = set()
                for field in files:
                    with Image.open(ROOT / getattr(variant.technique, field)) as picture:
                        sizes.add(picture.size)
                if files:
                    assert len(sizes) == 1, (section.name, experiment.id)
                if len(files) > 1:
                    several.add(experiment.technique.name)
    assert several == {"inpaint"}, "what has an image and its mask"


@pytest.mark.parametrize("path", sorted(IMAGES.glob("*-mask.png")), ids=lambda path: path.stem)
def test_a_mask_is_black_and_white_and_has_both(path: Path) -> None:
    mask = np.asarray(Image.open(path).convert("L"))
    assert set(np.unique(mask)) == {0, 255}


def test_the_pictures_are_what_the_script_draws() -> None:
    pytest.importorskip("resvg_py", reason="resvg-py draws the pictures")
    drawn = drawings()
    assert set(drawn) == {path.name for path in IMAGES.glob("*.png")}
    for name, content in drawn.items():
        expected = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
        committed = np.asarray(Image.open(IMAGES / name).convert("RGB")).astype(int)
        assert abs(expected - committed).max() <= 2, name


def test_pictures_are_small_enough_for_git() -> None:
    paths = sorted(IMAGES.glob("*.png"))
    assert len(paths) > 5
    for path in paths:
        assert path.stat().st_size < 60_000, path.name
        with Image.open(path) as picture:
            assert picture.size == (512, 512), path.name
