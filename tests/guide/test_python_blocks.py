"""The guide's code does what the guide says: every Python block is run as it stands."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml
from tests.helpers.driver import cascade_of, run_alone

from fwd_report.diffusion.noise import Noise
from fwd_report.models.cascade import Cascade
from fwd_report.models.names import EMBEDDED
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.registry import all_techniques
from fwd_report.techniques.sample import Sample

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "guide"
STAGE_1 = ROOT / "generator" / "fwd_report" / "models" / EMBEDDED / "stage_1"


def blocks(page: str, language: str) -> list[str]:
    """The fenced code blocks of a page in that language."""
    text = (GUIDE / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def executed(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The block as a module of its own."""
    (folder / "guide_block.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "guide_block", raising=False)
    return importlib.import_module("guide_block")


def picture_of(technique: Any, cascade: Cascade, seed: int) -> torch.Tensor:
    context = RunContext(seed, Noise(seed), cascade.model(1))
    evaluators = {cascade.model(1).name: cascade.evaluator(1)}
    result, calls = run_alone(technique.program(context), evaluators)
    assert calls == technique.network_steps({})
    assert result.image is not None
    return result.image


@pytest.mark.skipif(not STAGE_1.is_dir(), reason="the embedded model's weights are not here")
def test_twenty_lines_of_diffusers_make_the_same_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    plain = executed(blocks("reproducing.md", "python")[0], tmp_path, monkeypatch)
    cascade = cascade_of({1: STAGE_1}, tmp_path)
    technique = Sample(prompt=plain.prompt, guidance=plain.scale)
    ours = picture_of(technique, cascade, plain.seed)
    assert (plain.x[0] - ours).abs().max() < 2e-4


def test_the_example_technique_with_equal_prompts_is_a_sample(
    tiny_if: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    block = blocks("adding-a-technique.md", "python")[0]
    chimera = executed(block, tmp_path, monkeypatch).Chimera
    cascade = cascade_of({1: tiny_if / "stage_1"}, tmp_path)
    both = picture_of(chimera(first="a dog", second="a dog"), cascade, seed=4)
    alone = picture_of(Sample(prompt="a dog", guidance=7), cascade, seed=4)
    assert (both - alone).abs().max() < 1e-4 * (alone.max() - alone.min())


def test_the_example_experiments_have_the_fields_of_their_techniques() -> None:
    known = all_techniques()
    written = [
        experiment
        for block in blocks("own-writeup.md", "yaml")
        for experiment in _experiments(yaml.safe_load(block))
    ]
    assert {experiment["technique"] for experiment in written} == {"anagram", "inpaint"}
    for experiment in written:
        technique = known[experiment["technique"]]
        fields = {key: experiment[key] for key in technique.model_fields if key in experiment}
        technique(**fields)


def test_every_technique_stands_in_the_guide() -> None:
    text = (GUIDE / "techniques.md").read_text() + (GUIDE / "training.md").read_text()
    assert [name for name in all_techniques() if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", sorted(all_techniques()))
def test_every_field_stands_in_the_guide_beside_its_technique(name: str) -> None:
    pages = "".join((GUIDE / page).read_text() for page in ("techniques.md", "training.md"))
    rows = [row for row in pages.splitlines() if row.startswith(f"| `{name}`")]
    section = pages.partition("## Fields of `train`")[2].partition("\n## ")[0]
    beside = "\n".join(rows) + (section if name == "train" else "")
    everywhere = {"dynamic_thresholding", "dataset"}
    fields = all_techniques()[name].model_fields.keys() - everywhere
    assert [field for field in sorted(fields) if f"`{field}" not in beside] == []


def _experiments(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, dict):
        content = content.get("experiments", [])
    return [item for item in content if isinstance(item, dict) and "technique" in item]
