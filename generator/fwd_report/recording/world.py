"""What a run is given: the noise of its seed, and all else that its program may use."""

from __future__ import annotations

from typing import Any

from fwd_report.diffusion.noise import Noise
from fwd_report.techniques.context import RunContext


def context_of(seed: int, **given: Any) -> RunContext:
    """The context of a run with that seed; given: the other fields of `RunContext`."""
    return RunContext(seed=seed, noise=Noise(seed), **given)
