"""What a build computes on, chosen once: device, precision, batch size."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from fwd_report.engine.device import choose_device
from fwd_report.plan.run import Run
from fwd_report.precision import choose_dtype
from fwd_report.spec.project import ReportSpec

CPU_BATCH, GPU_BATCH = 16, 64
"""Queries per batch, unless report.yaml says otherwise or memory runs out first."""


@dataclass(frozen=True)
class Machine:
    """device: of the models. dtype: of the text-to-image model; all others use float32.
    deterministic: whether equal computations must yield equal bytes. batch: the largest number of
    queries at once, before memory limits it.
    """

    device: str = "cpu"
    dtype: torch.dtype = torch.float32
    deterministic: bool = False
    batch: int = CPU_BATCH

    @classmethod
    def of(cls, report: ReportSpec) -> Machine:
        """The machine that report.yaml asks for. Raises UserError for hardware that is not
        present.
        """
        device = choose_device(report.device)
        if report.deterministic and device == "cuda":
            device = "cuda:0"  # a training on all GPUs sums in the order they finish
        dtype = choose_dtype(report.dtype, device)
        usual = CPU_BATCH if device == "cpu" else GPU_BATCH
        batch = 1 if report.deterministic else report.batch or usual
        return cls(device, dtype, report.deterministic, batch)

    def device_of(self, run: Run) -> str:
        """The device of a run: a program that queries no model runs on the CPU."""
        return self.device if run.technique.kind == "job" or run.network_steps else "cpu"
