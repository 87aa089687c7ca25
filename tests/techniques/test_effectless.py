"""A field that changes nothing is warned of at its line; one that changes something is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from fwd_report.errors import Problem
from fwd_report.spec.load import load_project

HEAD = "title: A\nexperiments:\n  - id: a\n    show: false\n"
SAMPLE = "    technique: sample\n    prompt: a dog\n"
ANAGRAM = "    technique: anagram\n    prompt: a dog\n"
INPAINT = "    technique: inpaint\n    image: p.png\n    mask: m.png\n"


def warnings(root: Path, fields: str) -> tuple[Problem, ...]:
    (root / "experiments").mkdir()
    (root / "experiments" / "report.yaml").write_text("title: R\n")
    (root / "experiments" / "a.yaml").write_text(HEAD + fields)
    mask = Image.new("L", (64, 64))
    mask.paste(255, (0, 0, 20, 20))
    mask.save(root / "m.png")
    Image.new("RGB", (64, 64), "red").save(root / "p.png")
    return load_project(root).warnings


@pytest.mark.parametrize(
    ("fields", "line", "message"),
    [
        (f"{SAMPLE}    guidance: 1\n    negative_prompt: x\n", 8, "negative_prompt has no effect"),
        (f"{SAMPLE}    guidance: 1\n    guidance_interval: [1, 9]\n", 8, "guidance_interval has"),
        (f"{SAMPLE}    guidance: 1\n    guidance_rescale: 0.7\n", 8, "guidance_rescale has no"),
        (
            f"{SAMPLE}    guidance: 0\n    negative_prompt: a dog\n    guidance_rescale: 0.7\n",
            9,
            "guidance_rescale has no",
        ),
        (f"{SAMPLE}    negative_prompt: x\n    cases: [{{guidance: 1}}]\n", 7, "negative_prompt"),
        (f"{SAMPLE}    guidance: 0\n    negative_prompt: x\n", 6, "prompt has no effect"),
        (f"{INPAINT}    prompt: a dog\n    guidance: 0\n", 8, "only the empty prompt is asked"),
        (f"{ANAGRAM}    flipped: a dog\n", 7, "flipped has no effect: it is the prompt"),
        (f"{INPAINT}    jump_length: 5\n", 8, "jump_length has no effect"),
    ],
)
def test_it_is_warned_of(tmp_path: Path, fields: str, line: int, message: str) -> None:
    (warning,) = warnings(tmp_path, fields)
    assert (str(warning.file), warning.line) == ("experiments/a.yaml", line)
    assert message in warning.message


@pytest.mark.parametrize(
    "fields",
    [
        f"{SAMPLE}    guidance: 0\n    negative_prompt: a dog\n",
        f"{SAMPLE}    negative_prompt: x\n    sweep: {{guidance: [0, 7]}}\n",
        f"{SAMPLE}    guidance: 0\n    guidance_interval: [100, 800]\n",
        f"{SAMPLE}    guidance: 7\n    negative_prompt: x\n    guidance_rescale: 0.7\n",
        f"{SAMPLE}    negative_prompt: x\n    sweep: {{guidance: [1, 7]}}\n",
        f"{ANAGRAM}    flipped: a cat\n",
        f"{INPAINT}    jump_length: 5\n    resample: 2\n",
    ],
)
def test_what_has_an_effect_is_not(tmp_path: Path, fields: str) -> None:
    assert warnings(tmp_path, fields) == ()
