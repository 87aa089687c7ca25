"""What a worker of a Ray cluster gets, by what the cluster has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fwd_report.errors import UserError
from fwd_report.spec.project import REPORT, Project

MOST_CORES = 4
"""Cores of a worker without a GPU, where no number of workers is asked for."""

Resources = Mapping[str, float]
"""What a node has, by Ray's names: CPU, GPU."""


@dataclass(frozen=True)
class Means:
    """What each worker gets of the cluster, and how many there should be; None: as many as fit."""

    gpu: bool
    cores: int
    workers: int | None

    def fit(self, node: Resources) -> int:
        """How many workers a node has room for."""
        fit = int(node.get("CPU", 0)) // self.cores
        return min(int(node.get("GPU", 0)), fit) if self.gpu else fit

    def together(self, nodes: Iterable[Resources]) -> int:
        """How many workers may share a node, and its memory, at most."""
        most = max(map(self.fit, nodes), default=1)
        return max(1, most if self.workers is None else min(most, self.workers))


def resources(ray: Any) -> list[Resources]:
    """What each living node of the cluster has."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def means_of(nodes: Iterable[Resources], device: str, workers: int | None) -> Means:
    """What suits a cluster of these nodes. device: as report.yaml names it.

    The cores of a node with GPUs are shared among these.
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
    """Raise UserError where report.yaml names a GPU by a number: each worker sees one alone."""
    device = project.report.device
    if re.fullmatch(r"cuda:0*[1-9]\d*", device):
        message = f"device {device} is one GPU of this machine, and each worker of Ray has its own"
        hint = "say `device: cuda`, or `device: auto`; CUDA_VISIBLE_DEVICES chooses among GPUs"
        raise UserError([project.problem(message, REPORT, "device", hint=hint)])
