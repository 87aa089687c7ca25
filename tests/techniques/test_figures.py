"""How techniques lay out their results; no model, no picture is read."""

from __future__ import annotations

from dataclasses import replace
from math import nan
from pathlib import Path

import pytest
from tests.techniques.figure_parts import entry, names

from fwd_report.techniques.alignment import Alignment
from fwd_report.techniques.anagram import Anagram
from fwd_report.techniques.compare import Compare
from fwd_report.techniques.curves import Curves
from fwd_report.techniques.denoise import Denoise
from fwd_report.techniques.evaluate import Evaluate
from fwd_report.techniques.forward import Forward
from fwd_report.techniques.hybrid import Hybrid
from fwd_report.techniques.inpaint import Inpaint
from fwd_report.techniques.iterative import Iterative
from fwd_report.techniques.parts import Animations, Distance, Flip, Grid, Slider, Trajectory
from fwd_report.techniques.sample import Sample
from fwd_report.techniques.sdedit import SDEdit
from fwd_report.techniques.upsample import Upsample


def test_sdedit_rows_end_in_the_original() -> None:
    entries = [entry(n, {"i_start": i}) for n, i in enumerate([1, 3])]
    (grid,) = SDEdit.figure(entries)
    assert names(grid) == [["0/image", "1/image", "1/original"]]
    assert grid.column_labels == ("i_start = 1", "i_start = 3", "original")


def test_sdedit_of_one_run() -> None:
    (grid,) = SDEdit.figure([entry(0, {})])
    assert names(grid) == [["0/image", "0/original"]]
    assert grid.column_labels == ("edited", "original")


def test_forward_notes_the_psnr() -> None:
    (grid,) = Forward.figure([entry(0, {"t": 250}, metrics={"psnr": 17.26, "ssim": 0.4})])
    assert [picture.note for picture in grid.rows[0]] == ["17.3\N{NO-BREAK SPACE}dB", ""]
    assert grid.notes == "PSNR against the original"


def test_inpainting_shows_image_mask_hole_and_result() -> None:
    (grid,) = Inpaint.figure([entry(0, {"case": "tower"}), entry(1, {"case": "house"})])
    assert names(grid)[1] == ["1/original", "1/mask", "1/hole", "1/image"]
    assert grid.row_labels == ("tower", "house")
    assert grid.column_labels == ("image", "mask", "hole", "inpainted")


@pytest.mark.parametrize("view", ["flip", "rotate90", "negate"])
def test_an_anagram_turns_where_a_page_can_turn_it(view: str) -> None:
    params = {"prompt": "an old man", "flipped": "a campfire", "view": view}
    (flip,) = Anagram.figure([entry(0, {}, params=params)])
    assert isinstance(flip, Flip)
    assert (flip.view, flip.readings) == (view, ("an old man", "a campfire"))


def test_an_anagram_through_another_view_is_shown_both_ways() -> None:
    params = {"prompt": "an old man", "flipped": "a campfire", "view": "jigsaw"}
    (grid,) = Anagram.figure([entry(0, {}, params=params)])
    assert names(grid) == [["0/image", "0/viewed"]]
    assert "a campfire" in grid.rows[0][1].label


def test_a_hybrid_has_a_distance() -> None:
    params = {"low": "a skull", "high": "waterfalls", "split": "frequency"}
    (distance,) = Hybrid.figure([entry(0, {}, params=params)])
    assert isinstance(distance, Distance)
    assert (distance.near, distance.far) == ("waterfalls", "a skull")


def test_a_colour_hybrid_is_shown_with_and_without_its_colours() -> None:
    params = {"low": "a skull", "high": "waterfalls", "split": "colour"}
    (grid,) = Hybrid.figure([entry(0, {}, params=params)])
    assert names(grid) == [["0/image", "0/low"]]
    assert grid.column_labels == ("in colour", "in grey")


@pytest.mark.parametrize(
    ("technique", "params", "more"),
    [
        (Anagram, {"prompt": "an old man", "flipped": "a campfire"}, {"view": "flip"}),
        (Anagram, {"prompt": "an old man", "flipped": "a campfire"}, {"view": "jigsaw"}),
        (Hybrid, {"low": "a skull", "high": "waterfalls"}, {"split": "frequency"}),
        (Hybrid, {"low": "a skull", "high": "waterfalls"}, {"split": "colour"}),
    ],
)
def test_several_ways_to_read_are_told_apart(
    technique: type[Anagram | Hybrid], params: dict[str, str], more: dict[str, str]
) -> None:
    axes = ({"case": "one"}, {"guidance": 5, "sample": 2})
    entries = [entry(n, axis, params=params | more) for n, axis in enumerate(axes)]
    parts = technique.figure(entries)
    shown = parts[0].row_labels if isinstance(parts[0], Grid) else tuple(p.label for p in parts)
    assert shown == ("one", "γ = 5, sample 2")


def test_iterative_shows_every_fifth_frame_and_the_last() -> None:
    times = [float(t) for t in range(690, -1, -30)]
    given = {"params": {"every": 5}, "series": {"t": times}, "metrics": {"psnr": 20.0}}
    trajectory, grid = Iterative.figure([entry(0, {}, **given)])
    assert isinstance(trajectory, Trajectory)
    assert trajectory.picks == (0, 5, 10, 15, 20, 23)
    assert trajectory.labels[0] == "t = 690"
    assert trajectory.labels[-1] == "t = 0"
    assert names(grid) == [["0/noised", "0/image", "0/original"]]


def test_upsampling_shows_before_above_after() -> None:
    (grid,) = Upsample.figure([entry(0, {"prompt": "a dog"}), entry(1, {"prompt": "an owl"})])
    assert names(grid) == [["0/small", "1/small"], ["0/image", "1/image"]]
    assert grid.column_labels == ("a dog", "an owl")


def test_one_enlarged_picture_lies_under_a_slider() -> None:
    (slider,) = Upsample.figure([entry(0, {})])
    assert isinstance(slider, Slider)
    assert (slider.before.source.stem, slider.after.source.stem) == ("small", "image")
    assert (slider.before.label, slider.after.label) == ("stage I", "stage II")


def test_compare_lines_up_equal_sweeps() -> None:
    entries = [
        entry(n, {"t": t}, experiment, metrics={"psnr": 20.0})
        for experiment in ("noised", "blur", "one-step")
        for n, t in enumerate([250, 500])
    ]
    (grid,) = Compare.figure(entries)
    assert grid.column_labels == ("Noised", "Blur", "One-Step")
    assert grid.row_labels == ("t = 250", "t = 500")
    assert [[p.entry.experiment for p in row] for row in grid.rows] == [
        ["noised", "blur", "one-step"]
    ] * 2
    assert grid.rows[0][0].note == "20.0\N{NO-BREAK SPACE}dB"


def test_compare_puts_different_sweeps_in_one_row_with_the_original(tmp_path: Path) -> None:
    (tmp_path / "original.png").touch()
    here = {"folder": tmp_path}
    entries = [entry(0, {"t": 690}, "blur", **here), entry(0, {}, "iterative", **here)]
    (grid,) = Compare.figure(entries)
    assert len(grid.rows) == 1
    assert grid.column_labels == ("Blur", "Iterative", "original")
    several = [entry(0, {"t": 250}, "blur", **here), *entries]
    (grid,) = Compare.figure(several)
    assert grid.column_labels == ("Blur, t = 250", "Blur, t = 690", "Iterative", "original")
    assert not grid.row_labels


def test_samples_of_classes_make_a_sheet_for_each_epoch() -> None:
    axes = [
        {"model": f"digits@{epoch}", "digit": digit, "sample": sample}
        for epoch in (1, 5)
        for digit in range(3)
        for sample in (1, 2)
    ]
    grids = Sample.figure([entry(n, a) for n, a in enumerate(axes)])
    assert [len(grid.rows) for grid in grids] == [2, 2]
    assert grids[0].column_labels == ("0", "1", "2")
    assert [grid.row_labels[0] for grid in grids] == ["epoch 1", "epoch 5"]


def test_checkpoints_of_two_trainings_are_told_apart() -> None:
    axes = [{"model": model, "digit": 0} for model in ("narrow@1", "wide@1", "wide")]
    grids = Sample.figure([entry(n, a) for n, a in enumerate(axes)])
    titles = [grid.row_labels[0] for grid in grids]
    assert titles == ["narrow, epoch 1", "wide, epoch 1", "wide"]


def test_a_repeated_row_label_stands_once() -> None:
    axes = [
        {"guidance": g, "digit": d, "sample": s} for g in (1, 5) for d in range(2) for s in (1, 2)
    ]
    (grid,) = Sample.figure([entry(n, a) for n, a in enumerate(axes)])
    assert grid.row_labels == ("γ = 1", "", "γ = 5", "")


def test_judged_groups_are_named_by_what_was_swept() -> None:
    axes = [{"model": m, "digit": d} for m in ("ca@1", "cb@1") for d in range(2)]
    samples = tuple(entry(n, a) for n, a in enumerate(axes))
    series = {"samples": [2.0, 2.0], "accuracy": [0.5, 1.0]}
    series |= {"kid": [-0.0001, nan], "kid_spread": [0.02, nan], "kid_subset": [10.0, nan]}
    (table,) = Evaluate.figure([entry(9, {}, series=series, needs={"of": samples})])
    assert [row[0] for row in table.rows] == ["ca, epoch 1", "cb, epoch 1"]
    assert table.rows[0][3:] == ("0.000 ± 0.020", "10")
    assert table.rows[1][3:] == ("too few samples", "–")


@pytest.mark.parametrize(
    ("techniques", "label"),
    [
        (("train", "train"), "mean square error"),
        (("classify", "classify"), "cross entropy"),
        (("train", "classify"), "loss"),
    ],
)
def test_curves_of_several_experiments_swept_alike(techniques: tuple[str, str], label: str) -> None:
    loss = {"series": {"loss": [1.0, 0.5]}}
    entries = [
        replace(entry(0, {"hidden": 16}, name, **loss), technique=technique)
        for name, technique in zip(("a", "b"), techniques, strict=True)
    ]
    (curve,) = Curves.figure(entries)
    assert [name for name, _ in curve.lines] == ["A: hidden = 16", "B: hidden = 16"]
    assert curve.y_label == label


def test_many_samples_are_wrapped() -> None:
    (grid,) = Sample.figure([entry(n, {"sample": n + 1}) for n in range(25)])
    assert [len(row) for row in grid.rows] == [10, 10, 5]


def test_prompts_and_steps_make_rows_and_columns() -> None:
    axes = [{"prompt": p, "steps": s} for p in ("a dog", "an owl") for s in (10, 33)]
    (grid,) = Sample.figure([entry(n, a) for n, a in enumerate(axes)])
    assert grid.row_labels == ("a dog", "an owl")
    assert grid.column_labels == ("steps = 10", "steps = 33")


def test_kept_trajectories_move() -> None:
    series = {"t": [990.0, 500.0, -1.0]}
    _, trajectory = Sample.figure([entry(0, {}, series=series)])
    assert isinstance(trajectory, Trajectory)
    assert trajectory.labels == ("t = 990", "t = 500", "clean")
    many = [entry(n, {"model": f"m@{e}", "sample": s}, series=series)
            for n, (e, s) in enumerate([(1, 1), (1, 2), (5, 1), (5, 2)])]  # fmt: skip
    animations = Sample.figure(many)[-1]
    assert isinstance(animations, Animations)
    assert [label for label, _ in animations.clips] == ["epoch 1", "epoch 5"]


def test_numbers_name_their_rows() -> None:
    axes = [{"guidance": g, "steps": s} for g in (1, 7) for s in (10, 33)]
    (grid,) = Sample.figure([entry(n, a) for n, a in enumerate(axes)])
    assert grid.row_labels == ("γ = 1", "γ = 7")


def test_experiments_of_one_name_are_told_apart() -> None:
    entries = [replace(entry(0, {}, "noised"), section=section) for section in ("sun", "the-moon")]
    (grid,) = Compare.figure(entries)
    assert grid.column_labels == ("sun: Noised", "the moon: Noised")


def test_a_long_title_does_not_head_a_column() -> None:
    long = replace(entry(0, {}, "one-step"), label="Denoising with one step of the pretrained UNet")
    (grid,) = Compare.figure([long, entry(0, {}, "blur")])
    assert grid.column_labels == ("one step", "Blur")


def test_a_checkpoint_is_called_by_its_epoch_everywhere() -> None:
    entries = [entry(n, {"model": f"net@{n}", "sigma": 0.5}) for n in (1, 5)]
    assert Denoise.figure(entries)[0].row_labels == ("input", "epoch 1", "epoch 5")
    (sheet, *_) = Sample.figure([entry(0, {"model": "net@1", "guidance": 5})])
    assert (sheet.row_labels, sheet.column_labels) == (("epoch 1, γ = 5",), ("γ = 5",))


def test_tables_write_minus_and_one_value_a_cell() -> None:
    params = {"prompt": "an old man", "flipped": "a campfire", "view": "flip"}
    judged = replace(entry(0, {}, "flip", params=params), technique="anagram")
    series = {"own": [-0.001, -0.25], "other": [0.78, 0.1], "concealment": [0.5]}
    (table,) = Alignment.figure([entry(0, {}, series=series, needs={"of": (judged,)})])
    assert table.header[1:5] == (
        "as it is: its prompt", "as it is: the other",
        "through the view: its prompt", "through the view: the other",
    )  # fmt: skip
    assert table.rows[0][1:6] == ("0.00", "0.78", "−0.25", "0.10", "0.50")


def test_equal_pictures_have_an_infinite_psnr() -> None:
    from fwd_report.techniques.originals import decibels

    assert decibels(23.123) == "23.1\N{NO-BREAK SPACE}dB"
    assert decibels(float("inf")) == "∞\N{NO-BREAK SPACE}dB"
