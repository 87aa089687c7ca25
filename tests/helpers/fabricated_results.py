"""Results that no model made, in a store: what a project's pages would show, quick and exact.

They have the files, numbers and provenance that the techniques store, drawn from the names of the
runs, so they are the same everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fwd_report.plan.plan import Plan
from fwd_report.plan.run import Run, distinct
from fwd_report.store.store import Store

BESIDE = {
    "forward": ("original",),
    "blur": ("original", "noised"),
    "one_step": ("original", "noised"),
    "iterative": ("original", "noised"),
    "sdedit": ("original", "noised"),
    "inpaint": ("original", "mask", "hole"),
    "anagram": ("viewed",),
    "hybrid": ("low",),
    "upsample": ("small",),
}
"""The pictures that a technique stores beside `image`."""
SMALL, LARGE, DIGIT = 64, 256, 28
"""Pixels a side of what stage I, stage II and a trained network make."""
TIMES = (690.0, 540.0, 390.0, 240.0, 90.0, -1.0)
STEPS = 40
"""Optimizer steps of a training's loss."""
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80" width="300" height="80">'
    '<rect x="10" y="10" width="120" height="60" fill="#cde"/></svg>'
)
PROVENANCE = {
    "device": "cpu",
    "hardware": "a laptop, 2 threads",
    "dtype": "float32",
    "versions": {"python": "3.11.9", "torch": "2.6.0"},
    "git": {"commit": "0123456789abcdef", "dirty": True},
}


def store_results(plan: Plan, store: Store, without: Collection[str] = ()) -> None:
    """Store a result for every run of the plan.

    without: names of runs, or of experiments, that get none.
    """
    for run in distinct(plan.runs):
        if not {run.name, f"{run.section}.{run.experiment}"} & set(without):
            with store.writing(run.key) as folder:
                _write_files(run, folder)
                metrics, series = _numbers(run)
                made_by = {"model": run.model, "seconds": 1.5, "network_steps": run.network_steps}
                store.seal(
                    folder, run.key, parts=run.parts, metrics=metrics, series=series,
                    provenance=PROVENANCE | made_by,
                )  # fmt: skip


def _write_files(run: Run, folder: Path) -> None:
    technique = run.technique
    if technique.name == "architecture":
        (folder / "architecture.svg").write_text(DRAWING, encoding="utf-8")
    if technique.kind == "job":
        return
    trained = run.model is None and not run.inputs
    size = LARGE if technique.name == "upsample" else DIGIT if trained else SMALL
    for name in ("image", *BESIDE.get(technique.name, ())):
        _save(_picture(f"{run.name} {name}", size, trained), folder / f"{name}.png")
    if _moves(run):
        frames = [_picture(f"{run.name} {t}", size, trained) for t in TIMES]
        np.save(folder / "frames-trajectory.npy", np.stack(frames))


def _moves(run: Run) -> bool:
    return run.technique.name == "iterative" or bool(getattr(run.technique, "trajectory", False))


def _numbers(run: Run) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Metrics and series as the technique has them."""
    if run.technique.name == "train":
        loss = [round(0.9 / (step + 1 + run.index) + 0.01, 6) for step in range(STEPS)]
        metrics = {"parameters": 1234567, "loss": loss[-1], "test_loss": 0.0345, "test_images": 297}
        return metrics, {"loss": loss}
    if run.technique.name == "architecture":
        return {"parameters": 1234567}, {}
    metrics = {}
    if "original" in BESIDE.get(run.technique.name, ()):
        metrics = {"psnr": 20.25 - run.index, "ssim": 0.5}
    return metrics, {"t": list(TIMES)} if _moves(run) else {}


def _picture(name: str, size: int, grey: bool) -> np.ndarray:
    """(size, size, 1 or 3) uint8: four flat quarters in colours that the name says."""
    channels = 1 if grey else 3
    digest = hashlib.sha256(name.encode()).digest()
    colours = np.frombuffer(digest[: 4 * channels], dtype=np.uint8).reshape(2, 2, channels)
    return colours.repeat(size // 2, axis=0).repeat(size // 2, axis=1)


def _save(picture: Any, path: Path) -> None:
    Image.fromarray(picture.squeeze()).save(path)
