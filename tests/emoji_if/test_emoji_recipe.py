"""The whole chain in about two minutes: data, training, export, sampling, scoring."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from diffusers import IFPipeline
from tests.emoji_if.fake_sets import write_fake_sets
from typer.testing import CliRunner

from emoji_if.cli import app
from emoji_if.sample import draw, enlarge, load_stage_1, load_stage_2


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("command", ["read", "train", "upscale", "scorer", "export", "score"])
def test_a_command_out_of_order_says_what_to_run_first(command: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [command, "--work", str(tmp_path)])
    assert result.exit_code == 2
    assert "first" in result.output


@pytest.mark.slow
def test_from_drawings_to_pictures(tmp_path: Path) -> None:
    work, folder = tmp_path / "work", tmp_path / "emoji-if"
    write_fake_sets(work / "npm")
    where = ("--work", str(work))
    run("data", *where, "--pictures", "200", "--large-pictures", "16")
    pieces = (work / "tokenizer" / "tokenizer.json").read_bytes()
    run("data", *where, "--pictures", "200", "--large-pictures", "16")
    assert (work / "tokenizer" / "tokenizer.json").read_bytes() == pieces
    run("read", *where, "--minutes", "0.1", "--batch", "16")
    run("train", *where, "--minutes", "0.3", "--batch", "8", "--width", "32")
    run("upscale", *where, "--minutes", "0.2", "--batch", "4", "--width", "16", "--crop", "64")
    assert "not seen in training" in run(
        "scorer", *where, "--folder", str(folder), "--minutes", "0.2", "--batch", "16"
    )
    run("export", *where, "--folder", str(folder))
    run(
        *("train", *where, "--minutes", "0.1", "--batch", "8"),
        *("--start", str(folder), "--emphasis", "detail"),
    )
    run(
        *("upscale", *where, "--minutes", "0.1", "--batch", "4", "--crop", "64"),
        *("--start", str(folder)),
    )
    run("export", *where, "--folder", str(folder))

    stage_1, stage_2 = load_stage_1(folder), load_stage_2(folder)
    assert isinstance(stage_1, IFPipeline)
    alone = draw(stage_1, ["a dog"], [3], steps=4)
    together = draw(stage_1, ["a cat", "a dog"], [0, 3], steps=4)
    assert alone.shape == (1, 3, 64, 64)
    torch.testing.assert_close(alone[0], together[1], atol=1e-3, rtol=0)
    large = enlarge(stage_1, stage_2, alone, ["a dog"], [3], steps=2)
    assert large.shape == (1, 3, 256, 256)
    assert large.isfinite().all()

    assert "dog" in json.loads((folder / "vocabulary.json").read_text("utf-8"))["words"]
    sizes = [path.stat().st_size for path in folder.rglob("*.safetensors")]
    assert max(sizes) < 16e6
    assert sum(sizes) < 40e6
    run("sheet", "--folder", str(folder), "--to", str(tmp_path / "s.png"), "--seeds", "1")
    assert (tmp_path / "s.png").exists()
