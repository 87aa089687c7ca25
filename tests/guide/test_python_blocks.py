"""Every Python block of README and the guide is run, and does what the page says of it."""

from __future__ import annotations

import importlib
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tests.api import test_notebook
from tests.helpers.driver import cascade_of, run_alone
from tests.helpers.guide import ROOT, blocks, blocks_of

from fwd_report.diffusion import loops
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction
from fwd_report.diffusion.steps import Step, step
from fwd_report.models.cascade import Cascade
from fwd_report.models.names import EMBEDDED
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.sample import Sample

STAGE_1 = ROOT / "generator" / "fwd_report" / "models" / EMBEDDED / "stage_1"
SHORTER = {"range(990, -1, -30)": "range(750, -1, -250)", "timesteps[:-1]": "timesteps"}
"""What makes the picture's lines walk those of `steps: 4`, which end with a step to x_0."""
needs_weights = pytest.mark.skipif(
    not STAGE_1.is_dir(), reason="the embedded model's weights are not here"
)


def block(page: str, number: int) -> str:
    return blocks_of(page, "python")[number].text


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


EXAMPLE = (
    "techniques/triple_hybrid.py",
    "techniques/_bands.py",
    "techniques/views/kaleidoscope.py",
    "techniques/datasets/shapes.py",
    "techniques/networks/mixer.py",
)
"""The files of the worked example that the page quotes; tests/plugins/ builds it."""


@pytest.mark.parametrize("number", range(len(EXAMPLE)))
def test_the_worked_example_is_quoted_as_it_is(number: int) -> None:
    source = ROOT / "examples" / "own-techniques" / EXAMPLE[number]
    assert block("adding-a-technique.md", 2 + number) == source.read_text(encoding="utf-8")


def test_the_section_of_the_worked_example_is_quoted_as_it_is() -> None:
    source = ROOT / "examples" / "own-techniques" / "experiments" / "own.yaml"
    assert blocks_of("adding-a-technique.md", "yaml")[1].text == source.read_text(encoding="utf-8")


def test_there_are_no_blocks_but_those_run_here() -> None:
    assert {str(each) for each in blocks("python")} == {
        *(f"adding-a-technique.md[{number}]" for number in range(2 + len(EXAMPLE))),
        *map(str, test_notebook.BLOCKS),
        "architecture.md[0]",
        "reproducing.md[0]",
        "reproducing.md[1]",
    }


@needs_weights
@pytest.mark.parametrize("steps", [4, pytest.param(None, marks=pytest.mark.slow)])
def test_twenty_lines_of_diffusers_make_the_same_picture(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    steps: int | None,
) -> None:
    """And the block below them, run after them, says so of the stored tensors.

    By default with fewer timesteps in the same lines; slow: as they stand.
    """
    monkeypatch.chdir(ROOT)
    code = block("reproducing.md", 0)
    for strides, fewer in SHORTER.items() if steps else ():
        assert code.count(strides) == 1
        code = code.replace(strides, fewer)
    plain = executed(code, tmp_path, monkeypatch)
    cascade = cascade_of({1: STAGE_1}, tmp_path)
    technique = Sample(prompt=plain.prompt, guidance=plain.scale, steps=steps)
    ours = picture_of(technique, cascade, plain.seed)
    assert (plain.x[0] - ours).abs().max() < 2e-4

    save_file({"image": ours}, tmp_path / "tensors.safetensors")
    compare = tmp_path / "compare.py"
    compare.write_text(block("reproducing.md", 1).replace("…", str(tmp_path)), encoding="utf-8")
    runpy.run_path(str(compare), init_globals={"x": plain.x})
    (said,) = capsys.readouterr().out.splitlines()
    assert said == str((plain.x[0] - ours).abs().max())


def test_the_example_technique_with_equal_prompts_is_a_sample(
    tiny_if: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chimera = executed(block("adding-a-technique.md", 0), tmp_path, monkeypatch).Chimera
    cascade = cascade_of({1: tiny_if / "stage_1"}, tmp_path)
    both = picture_of(chimera(first="a dog", second="a dog"), cascade, seed=4)
    alone = picture_of(Sample(prompt="a dog", guidance=7), cascade, seed=4)
    assert (both - alone).abs().max() < 1e-4 * (alone.max() - alone.min())


def test_the_estimate_of_the_page_is_one() -> None:
    def estimate(x: Any, t: Any) -> Any:
        (answer,) = yield (x, t)
        return answer

    names: dict[str, Any] = {"estimate": estimate}
    exec(block("adding-a-technique.md", 1), names)
    asking = names["halved"](3.0, 7)
    assert next(asking) == (3.0, 7)
    with pytest.raises(StopIteration) as ended:
        asking.send((Prediction(torch.ones(1), None),))
    assert ended.value.value.value == 0.5


@pytest.mark.parametrize("constrain", [None, lambda x, t: x.clamp(-1, 1) + t])
def test_the_loop_of_the_architecture_page_is_the_loop(constrain: Any) -> None:
    class Process:
        def step(self, x: Any, t: Any, t_next: Any, prediction: Any, noise: Any) -> Any:
            return 0.5 * x + prediction * (t - t_next) + noise.draw(x.shape)

    def estimate(x: Any, t: Any) -> Any:
        answer = yield (x, t)
        return answer

    def walked(denoise: Any) -> torch.Tensor:
        program = denoise(
            Process(), torch.ones(3), (9, 6, 3, 0), estimate, Noise(1), constrain=constrain
        )
        asked = next(program)
        while True:
            try:
                if isinstance(asked[0], Step):
                    asked = program.send((asked[0].alone(),))
                else:
                    x, t = asked
                    asked = program.send(x * t)
            except StopIteration as done:
                return torch.stack(done.value)

    shown: dict[str, Any] = {"step": step}
    exec("from itertools import pairwise\n" + block("architecture.md", 0), shown)
    assert torch.equal(walked(shown["denoise"]), walked(loops.denoise))
    assert len(walked(shown["denoise"])) == 1
