"""A mistake in an own program is said in its own terms, at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugins.test_broken import OWN, project_of

from fwd_report.build import Options, build

ASKED = "        answer = yield from estimate(run.noise.draw(run.asked.shape), 0)\n"
RETURNED = "        return Result(answer.value)\n"
DENOISE = "from fwd_report.diffusion.loops import denoise\n"
ARGUMENTS = "(run.asked.process, run.noise.draw(run.asked.shape), [9, 0], estimate, run.noise)"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (".draw(run.asked.shape)", ".draw((1, 3, 8, 8))", 15,
         "your program asked about a tensor (1, 3, 8, 8); the model takes (3, 16, 16)"),
        (".draw(run.asked.shape)", ".draw((1, 8, 8))", 15, "a tensor (1, 8, 8); the model takes"),
        ("run.asked.shape), 0", "run.asked.shape)[:, :9], 0", 15, "about a tensor (3, 9, 16); the"),
        ("shape), 0", "shape), -5", 15, "asked at the time -5; the model's times are the who"),
        ("shape), 0", "shape), 5000", 15, "asked at the time 5000; the model's times are the"),
        ("shape), 0", "shape), 3.7", 15, "asked at the time 3.7; the model's times are the whole"),
        ("shape), 0", "shape) / 0, 0", 15, "your program asked about values that are not finite"),
        ("answer.value", "answer.value / 0", 16, "Own.program: image has values that are not fin"),
        ("shape), 0", "shape).int(), 0", 15, "asked about a tensor of int32; an image has flo"),
        ("shape), 0", "shape) * 1j, 0", 15, "about a tensor of complex64; an image has"),
        ("estimate(self.prompt)", "estimate(3)", 15, "your program asked under 3, which is no pr"),
        ("run.noise.draw(run.asked.shape)", "3", 15, "asked about a int; the model takes"),
        ("yield from estimate", "estimate", 16, "estimate is a generator: `yield from estimate"),
        ("yield from estimate", "yield estimate", 15, "estimate is a generator: `yield from est"),
        ("yield from estimate", "2 * estimate", 15, "estimate is a generator: `yield from est"),
        (ASKED, ASKED + f"        (x,) = denoise{ARGUMENTS}\n", 17, "denoise is a generator: `y"),
        (ASKED, ASKED + f"        x = denoise{ARGUMENTS}; x + 1\n", 17, "denoise is a generator"),
        ("answer.value", f"denoise{ARGUMENTS}", 17, "image is a generator (denoise is a generator"),
        ("Result(answer.value)", f"denoise{ARGUMENTS}", 17, "returns generator, no Result: d"),
        ("yield from estimate(", "yield (", 15, "tuples of questions, not of Tensor"),
        ("answer.value", "answer.value[0]", 16, "image is a Tensor of shape (16, 16);"),
        ("answer.value", "answer.value.int()", 16, "image is a tensor of int32; a picture is a de"),
        ("answer.value", "answer.value * 1j", 16, "image is a tensor of complex64; a picture is a"),
        ("answer.value", "answer.value.to_sparse()", 16, "image is a sparse tensor; a picture"),
        ("answer.value", "answer.value.to('meta')", 16, "image is a meta tensor; a picture is"),
        (ASKED, f"{ASKED}        import torch; torch.set_default_dtype(torch.float64)\n", 6,
         "a.x[0] changes torch's default dtype, to float64, for every other run too"),
        (ASKED, f"{ASKED}        import os; os.chdir('..')\n", 6,
         "a.x[0] changes the current folder for every other run too"),
    ],
)  # fmt: skip
def test_it_names_the_mistake(
    tmp_path: Path, tiny_if: Path, old: str, new: str, line: int, message: str
) -> None:
    own = OWN.replace(old, new)
    if "denoise" in new:
        own = DENOISE + own
    if "answer = estimate" in own or "2 * estimate" in own:
        own = own.replace(RETURNED, f"{RETURNED}        yield ()\n")
    root = project_of(tmp_path / "p", {"own.py": own})
    (root / "experiments" / "report.yaml").write_text(f"title: T\nmodel: {tiny_if}/stage_1\n")
    (failure,) = build(root, Options()).failures
    assert failure.cause.startswith(f"techniques/own.py:{line}: ")
    assert message in failure.cause
