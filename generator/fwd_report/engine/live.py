"""A started run: its program in progress, and what it has cost."""

from __future__ import annotations

from dataclasses import dataclass, field

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Program
from fwd_report.models.handle import ModelHandle
from fwd_report.plan.run import Run
from fwd_report.recording.exchange import Exchange
from fwd_report.store.locks import Lock
from fwd_report.techniques.base import Result


@dataclass(eq=False)
class Live:
    """A started program, and the model that it asks. order: its position among the started ones;
    over: whether it ended or failed.
    """

    order: int
    run: Run
    exchange: Exchange
    lock: Lock
    noise: Noise
    value_range: tuple[float, float]
    model: ModelHandle | None = None
    program: Program[Result] | None = None
    network_steps: int = 0
    seconds: float = 0.0
    over: bool = False
    draws: set[str] = field(default_factory=set)
    """The libraries from whose global generators it drew."""
