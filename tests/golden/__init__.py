"""A tiny run of every technique, and what its result was when it was last looked at.

`python -m tests.golden` writes the results anew: after a change that is meant to change them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isclose, isnan, sin
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tests.helpers.tiny_if import save_tiny_if, tiny_tokenizer

from fwd_report.build import Options, build, load_plan
from fwd_report.models.towers import Towers, TowersScorer
from fwd_report.plan import keys
from fwd_report.plan.run import Run
from fwd_report.techniques.registry import all_techniques

RESULTS = Path(__file__).parent / "results"
PLACES = 24
"""Values kept of each tensor, evenly spaced."""
SEED = 5
TOLERANCES = {"program": (1e-3, 1e-3), "job": (1e-3, 5e-3)}
"""How far values in a range of 2 may be off, larger ones as a part of the largest, and by what part
metrics: processors sum in other orders. On the oldest instructions torch knows
(ATEN_CPU_CAPABILITY=default, DNNL_MAX_CPU_ISA=SSE41, MKL_CBWR=COMPATIBLE) and two threads a picture
was off by 2.1e-4; a step of 8 bits is 7.8e-3.
"""
REPORT = """\
title: Golden results
seed: 5
model: model/stage_1
upscaler: model/stage_2
scorer: scorer
dataset: digits
device: cpu
dtype: float32
deterministic: true
"""
SECTION = """\
title: Every technique
order: 10
intro: Every technique, as small as it can be.
experiments:
  - {id: forward, technique: forward, image: images/picture.png, t: 250}
  - {id: blur, technique: blur, image: images/picture.png, t: 250, kernel_size: 5}
  - {id: one-step, technique: one_step, image: images/picture.png, t: 250, prompt: a dog}
  - {id: iterative, technique: iterative, image: images/picture.png, i_start: 28, prompt: a dog}
  - {id: sdedit, technique: sdedit, image: images/picture.png, i_start: 28, prompt: a skull}
  - id: inpaint
    technique: inpaint
    image: images/picture.png
    mask: images/mask.png
    prompt: a skull
    steps: 4
  - {id: sample, technique: sample, prompt: a dog, guidance: 7, steps: 4, trajectory: true}
  - {id: clipped, technique: sample, prompt: a dog, steps: 4, dynamic_thresholding: 0.9}
  - id: ddim
    technique: sample
    prompt: a dog
    negative_prompt: a skull
    sampler: ddim
    eta: 0.5
    steps: 4
    spacing: trailing
    guidance_rescale: 0.7
    guidance_interval: [300, 900]
  - {id: ddim-still, technique: sample, prompt: a dog, sampler: ddim, timesteps: [950, 500, 100]}
  - id: repaint
    technique: inpaint
    image: images/picture.png
    mask: images/mask.png
    crop: [20, 0, 92, 72]
    prompt: a skull
    steps: 4
    resample: 3
    jump_length: 2
  - {id: anagram, technique: anagram, prompt: a dog, flipped: a skull, steps: 4}
  - id: anagram-jigsaw
    technique: anagram
    prompt: a dog
    flipped: a skull
    view: jigsaw
    steps: 4
  - {id: hybrid, technique: hybrid, low: a skull, high: waterfalls, kernel_size: 5, steps: 4}
  - id: hybrid-colour
    technique: hybrid
    low: a skull
    high: waterfalls
    split: colour
    kernel_size: 5
    steps: 4
  - {id: upsample, technique: upsample, of: sample, steps: 4}
  - {id: upsample-anagram, technique: upsample, of: anagram, steps: 4}
  - {id: upsample-hybrid, technique: upsample, of: hybrid, steps: 4}
  - {id: alignment, technique: alignment, of: [anagram]}
  - {id: architecture, technique: architecture, hidden: 8}
  - {id: noising, technique: noising}
  - {id: train, technique: train, objective: ddpm, conditioning: class, timesteps: 10, %(tiny)s}
  - {id: train-flow, technique: train, objective: flow, %(tiny)s}
  - {id: train-denoiser, technique: train, objective: denoiser, %(tiny)s}
  - {id: sample-trained, technique: sample, model: train@2, digit: 3, guidance: 2, samples: 2}
  - {id: sample-flow, technique: sample, model: train-flow, steps: 4}
  - {id: denoise, technique: denoise, model: train-denoiser, images: 10}
  - {id: classify, technique: classify, epochs: 1, batch: 500, lr: 0.0001}
  - {id: evaluate, technique: evaluate, of: sample-trained, classifier: classify}
""" % {"tiny": "hidden: 8, batch: 16, epochs: 2, examples: 16, lr: 0.001, precision: fp32"}  # noqa: UP031


def write_project(root: Path) -> None:
    """A writeup with those runs; its model's weights and its pictures are formulas."""
    (root / "experiments").mkdir(parents=True)
    (root / "images").mkdir()
    section = SECTION.replace("}\n", ", caption: A caption.}\n")
    lines = []
    for line in section.splitlines():
        lines.append(line)
        if line.startswith("  - id: "):
            lines.append("    caption: A caption.")
    (root / "experiments" / "report.yaml").write_text(REPORT)
    (root / "experiments" / "all.yaml").write_text("\n".join(lines) + "\n")
    y, x = np.mgrid[:72, :96]
    picture = np.stack([y * 3, x * 2, (x * y) % 256], axis=-1).astype(np.uint8)
    Image.fromarray(picture).save(root / "images" / "picture.png")
    Image.fromarray((x > 40).astype(np.uint8) * 255).save(root / "images" / "mask.png")
    save_tiny_if(root / "model")
    TowersScorer(Towers(40, 16, (8, 8, 8, 8)), tiny_tokenizer()).save(_made(root / "scorer"))
    for path in sorted(root.rglob("*.safetensors")):
        formulas = {name: _formula(name, value) for name, value in load_file(path).items()}
        save_file(formulas, path, {"format": "pt"})


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _formula(name: str, like: torch.Tensor) -> torch.Tensor:
    """Weights that no library's random numbers can change, of the usual size."""
    phase = sum(name.encode()) % 97
    waves = torch.tensor([sin(12.9898 * k + phase) for k in range(like.numel())])
    if like.dim() < 2:
        waves = ("norm" in name and name.endswith("weight")) + 0.1 * waves
    else:
        waves = waves * (like[0].numel() ** -0.5)
    return waves.view(like.shape).to(like.dtype)


def run_all(root: Path) -> None:
    """Run what has not been run yet, in float32: where bfloat16 is native, `classify` takes it."""
    with patch("fwd_report.training.loop.computes_in_bf16", return_value=False):
        assert not build(root, Options()).failures


def results(root: Path) -> dict[str, dict[str, Any]]:
    """By technique and run: what is stored, in a few numbers."""
    run_all(root)
    plan, store = load_plan(root, Options())
    found: dict[str, dict[str, Any]] = {}
    for run in {run.key: run for run in plan.runs}.values():
        manifest = store.read(run.key)
        found.setdefault(run.technique.name, {})[run.name] = {
            "made_by": _made_by(run),
            "files": dict(_files(store.folder(run.key))),
            "metrics": dict(manifest.metrics),
            "series": {name: _spread(values) for name, values in manifest.series.items()},
        }
    return found


def _made_by(run: Run) -> str:
    """What the key says of the code: the format number and the counted code."""
    return keys.key_of({"format": run.parts.get("format"), "code": run.parts["code"]})


def _files(folder: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted(folder.iterdir()):
        if path.suffix == ".png":
            yield path.name, _values(np.asarray(Image.open(path)))
        elif path.suffix == ".npy":
            yield path.name, _values(np.load(path))
        elif path.suffix == ".safetensors":
            tensors = load_file(path)
            if path.name.startswith("epoch-"):
                # Sorted, since Adam makes whole steps of gradients near zero, of either sign.
                joined = torch.cat([value.float().flatten() for value in tensors.values()])
                tensors = {"weights, sorted": joined.sort().values}
            for name, value in sorted(tensors.items()):
                yield f"{path.name}: {name}", _values(value.numpy())


def _values(array: np.ndarray) -> dict[str, Any]:
    whole = array.astype(np.float64)
    return {
        "kind": f"{array.dtype} {list(array.shape)}",
        "mean": float(whole.mean()),
        "values": _spread(array.ravel().tolist()),
    }


def _spread(values: Sequence[float]) -> list[float]:
    """The values at evenly spaced places, to seven digits."""
    last = len(values) - 1
    places = sorted({round(k * last / (PLACES - 1)) for k in range(PLACES)}) if values else []
    return [float(f"{values[place]:.7g}") for place in places]


def differences(
    golden: Any, found: Any, tolerance: tuple[float, float], place: str = ""
) -> list[str]:
    """Where two results differ by more than rounding."""
    if isinstance(golden, Mapping) and isinstance(found, Mapping):
        missing = [f"{place}: {sorted(golden.keys() ^ found.keys())} in one alone"]
        within = [
            line
            for name in golden
            if name in found and name != "made_by"
            for line in differences(golden[name], found[name], tolerance, f"{place} {name}".strip())
        ]
        return within if golden.keys() == found.keys() else missing + within
    if isinstance(golden, list) and isinstance(found, list) and len(golden) == len(found):
        pairs = zip(golden, found, strict=True)
        sizes = (abs(value) for value in golden if isinstance(value, float) and not isnan(value))
        tolerance = tolerance[0] * max([1.0, *sizes]), tolerance[1]
        return [line for a, b in pairs for line in differences(a, b, tolerance, place)][:1]
    if isinstance(golden, float | int) and isinstance(found, float | int):
        if isnan(golden) and isnan(found):
            return []
        value, part = tolerance
        if " metrics " in place or " series " in place:
            close = isclose(golden, found, rel_tol=part, abs_tol=1e-6)
        else:
            allowed = 1.0 if ".png" in place or ".npy" in place else value * max(1.0, abs(golden))
            close = abs(golden - found) <= allowed
        if close:
            return []
    elif golden == found:
        return []
    return [f"{place}: {golden} before, {found} now"]


def write(root: Path) -> None:
    """Write the golden results anew."""
    RESULTS.mkdir(exist_ok=True)
    for path in RESULTS.glob("*.json"):
        path.unlink()
    for technique, runs in results(root).items():
        text = json.dumps(runs, indent=1, sort_keys=True)
        (RESULTS / f"{technique}.json").write_text(text + "\n", encoding="utf-8")


def techniques_that_run() -> list[str]:
    """The names of the techniques that store results."""
    return sorted(name for name, kind in all_techniques().items() if kind.kind != "figure")
