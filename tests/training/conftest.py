"""Small trainings, made once, as stored results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from fwd_report.diffusion.noise import Noise
from fwd_report.store.entry import Entry
from fwd_report.techniques.base import Result, Technique
from fwd_report.techniques.classify import Classify
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.train import Train

SEED = 180
Stored = Callable[..., Entry]


def entry_of(technique: Technique, folder: Path, result: Result, **fields: Any) -> Entry:
    """A result as the store would hand it out."""
    made: dict[str, Any] = {
        "section": "section", "experiment": technique.name, "technique": technique.name,
        "index": 0, "seed": SEED, "key": folder.name, "params": technique.model_dump(mode="json"),
        "axes": {}, "alt": technique.alt({}), "folder": folder, "metrics": result.metrics,
        "series": result.series, "provenance": {}, "label": technique.name,
    }  # fmt: skip
    return Entry(**made | fields)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tensors this small only make threads wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Entry]:
    """A denoiser, a class-conditional DDPM, a flow and a classifier, hardly trained."""
    small: dict[str, Any] = {
        "dataset": "digits",
        "hidden": 4,
        "batch": 16,
        "epochs": 2,
        "examples": 48,
    }
    techniques: dict[str, Technique] = {
        "denoiser": Train(objective="denoiser", lr=1e-2, **small),
        "ddpm": Train(objective="ddpm", conditioning="class", timesteps=20, **small),
        "flow": Train(objective="flow", conditioning="class", **small),
        "classifier": Classify(dataset="digits", epochs=1),
    }
    entries = {}
    for name, technique in techniques.items():
        folder = tmp_path_factory.mktemp(name)
        result = technique.job(RunContext(SEED, Noise(SEED), folder=folder))
        entries[name] = entry_of(technique, folder, result)
    return entries
