"""The resources of each worker, derived from those of the Ray cluster."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fwd_report.errors import UserError
from fwd_report.spec.project import REPORT, Project

MOST_CORES = 4
"""Cores of a worker without a GPU, unless --workers is given."""

Resources = Mapping[str, float]
"""The resources of a node, by Ray's names: CPU, GPU."""


@dataclass(frozen=True)
class Means:
    """The resources of each worker. workers: how many to start; None for as many as fit."""

    gpu: bool
    cores: int
    workers: int | None

    def fit(self, node: Resources) -> int:
        """How many workers fit on a node."""
        fit = int(node.get("CPU", 0)) // self.cores
        return min(int(node.get("GPU", 0)), fit) if self.gpu else fit

    def together(self, nodes: Iterable[Resources]) -> int:
        """The largest number of workers that share a node and its memory."""
        most = max(map(self.fit, nodes), default=1)
        return max(1, most if self.workers is None else min(most, self.workers))


def resources(ray: Any) -> list[Resources]:
    """The resources of each live node of the cluster."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def means_of(nodes: Iterable[Resources], device: str, workers: int | None) -> Means:
    """Choose the workers' resources for these nodes. device: from report.yaml.

    The cores of a node with GPUs are divided equally among them.
    """
    nodes = list(nodes)
    with_gpu = [node for node in nodes if node.get("GPU", 0) >= 1]
    if device.startswith("cuda") or (device == "auto" and with_gpu):
        shares = [int(node.get("CPU", 0) // node["GPU"]) for node in with_gpu]
        return Means(True, max(1, min(shares, default=1)), workers)
    cpus = [int(node.get("CPU", 0)) for node in nodes if node.get("CPU", 0) >= 1]
    least = min([MOST_CORES, *cpus])
    return Means(False, max(1, sum(cpus) // workers) if workers else least, workers)


def check_device(project: Project) -> None:
    """Raise UserError if report.yaml picks a GPU by number: each worker sees only its own."""
    device = project.report.device
    if re.fullmatch(r"cuda:0*[1-9]\d*", device):
        message = f"device {device} is one GPU of this machine, and each worker of Ray has its own"
        hint = "say `device: cuda`, or `device: auto`; CUDA_VISIBLE_DEVICES chooses among GPUs"
        raise UserError([project.problem(message, REPORT, "device", hint=hint)])
