"""Checks the times at which a plug-in's sampler asks a model, before it asks at the first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from math import isfinite

from fwd_report.diffusion.process import Process
from fwd_report.errors import UserError
from fwd_report.plan.run import Run
from fwd_report.plugins.importing import plugin_line
from fwd_report.plugins.problems import exits_as_errors, said
from fwd_report.techniques.sampling import TIMESTEPS, LoopSteps, marked_value

MOST = 10 * TIMESTEPS
"""Most times of a loop; a sampler that gives more never ends."""


def require_times(run: Run, own: Process, sampled: Process) -> None:
    """Raise UserError, at the plug-in's line if it is known, for times that cannot be gone down.

    own: the model's own process. sampled: what the sampler made of it.
    """
    if sampled is own or getattr(run.technique, "timesteps", None) is not None:
        return
    steps = marked_value(run.technique, LoopSteps)
    try:
        with exits_as_errors():
            found = [float(t) for t in islice(sampled.timesteps(steps), MOST + 1)]
    except Exception as error:
        at = plugin_line(error) or ", ".join(run.plugged)
        raise UserError(f"{at}: timesteps({steps}) of the sampler: {said(error)}") from error
    for fault in _faults(found, own):
        raise UserError(f"{', '.join(run.plugged)}: timesteps({steps}) of the sampler {fault}")


def _faults(times: list[float], own: Process) -> Iterator[str]:
    if not 2 <= len(times) <= MOST:
        yield f"has {len(times):,} times; a loop has two or more, the last for the clean image"
        return
    if not all(map(isfinite, times)):
        yield "has times that are not finite"
        return
    usual = own.timesteps(None)
    falls = usual[0] > usual[-1]
    for t, t_next in pairwise(times):
        if (t > t_next) != falls or t == t_next:
            way = "falls" if falls else "rises"
            yield f"has {t_next:g} after {t:g}; the model's time {way} from noise to the image"
    known = getattr(own, "check_time", None)
    for t in times[:-1] if known else ():
        try:
            known(t)  # type: ignore[misc]
        except ValueError as error:
            yield f"asks at {t:g}; {error}"
