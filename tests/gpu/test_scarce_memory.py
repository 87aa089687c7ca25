"""Where the device's memory ends, a build goes on, in smaller batches or one network at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from tests.gpu.helpers import built, differences, write_samples

from fwd_report.capacity import DEVICE_LIMIT
from fwd_report.diffusion.program import Prediction, Query
from fwd_report.engine import limit
from fwd_report.models.cascade import StageOne

SAMPLES = 12


class Sizes:
    """The sizes of the batches of stage I that were answered, and of those that were not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int | None = None) -> None:
        """most: larger batches are refused, as a device without memory does."""
        self.answered: list[int] = []
        self.refused: list[int] = []
        self.most = most
        evaluate = StageOne.evaluate

        def watched(stage: StageOne, queries: Sequence[Query]) -> list[Prediction]:
            try:
                if self.most is not None and len(queries) > self.most:
                    raise torch.OutOfMemoryError("CUDA out of memory (said by a test)")
                answers = evaluate(stage, queries)
            except torch.OutOfMemoryError:
                self.refused.append(len(queries))
                raise
            self.answered.append(len(queries))
            return answers

        monkeypatch.setattr(StageOne, "evaluate", watched)


@contextmanager
def scarce(device: str, sizes: Sizes) -> Iterator[None]:
    """Memory for few pictures: a real limit on a GPU; on the CPU, larger batches are refused."""
    if device == "cpu":
        sizes.most = 5
        yield
        sizes.most = None
        return
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(256 * 2**20 / total)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def test_a_build_recovers_from_a_lack_of_memory_and_batches_grow_again(
    device: str, model: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    samples = SAMPLES if device == "cpu" else 256
    monkeypatch.setattr(limit, "PATIENCE", 2)
    write_samples(tmp_path / "plenty", samples, steps=6)
    shutil.copytree(tmp_path / "plenty", tmp_path / "scarce")
    values = [*model, f"device={device}", "dtype=float32", f"batch={samples}"]
    only = ["samples.dogs"]
    expected = built(tmp_path / "plenty", values, only)
    sizes = Sizes(monkeypatch)
    with scarce(device, sizes):
        found = built(tmp_path / "scarce", values, only)
    assert sizes.refused, "there was memory for all"
    assert "out of memory with batches of" in capsys.readouterr().err
    least = min(size for size in sizes.answered if size > 1)
    assert max(sizes.answered) > least, "batches grow again"
    for name, (largest, _) in differences(expected, found).items():
        assert largest < 1e-3, name


def test_networks_that_take_turns_change_no_number(
    device: str, model: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU the one that waits is parked in the machine's memory, and comes back as it was."""
    write_samples(tmp_path / "together", 2)
    shutil.copytree(tmp_path / "together", tmp_path / "turns")
    values = [*model, f"device={device}", "dtype=float32", "batch=1"]
    expected = built(tmp_path / "together", values)
    monkeypatch.setenv(DEVICE_LIMIT, "36MiB" if device == "cuda" else "360KiB")
    found = built(tmp_path / "turns", values)
    assert all(largest == 0 for largest, _ in differences(expected, found).values())
