"""What a build computes on, chosen once: device, precision, batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from fwd_report.engine.device import choose_device
from fwd_report.plan.run import Run
from fwd_report.precision import choose_dtype
from fwd_report.spec.project import ReportSpec

CPU_BATCH, GPU_BATCH = 16, 64
"""Queries a batch, unless report.yaml says otherwise or memory ends before."""


@dataclass(frozen=True)
class Machine:
    """device: of the models. dtype: of the text-to-image model; all others are in float32.
    deterministic: whether equal computations are to give equal bytes. batch: most queries at once,
    before memory says otherwise.
    """

    device: str = "cpu"
    dtype: torch.dtype = torch.float32
    deterministic: bool = False
    batch: int = CPU_BATCH

    @classmethod
    def of(cls, report: ReportSpec) -> Machine:
        """The one that report.yaml asks for. Raises UserError for what is not there."""
        device = choose_device(report.device)
        if report.deterministic and device == "cuda":
            device = "cuda:0"  # a training on all GPUs sums in the order they finish
        dtype = choose_dtype(report.dtype, device)
        usual = CPU_BATCH if device == "cpu" else GPU_BATCH
        batch = 1 if report.deterministic else report.batch or usual
        return cls(device, dtype, report.deterministic, batch)

    def device_of(self, run: Run) -> str:
        """Where a run is computed: a program that asks no model is on the CPU."""
        return self.device if run.technique.kind == "job" or run.network_steps else "cpu"
