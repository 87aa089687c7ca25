"""The sampler that a technique's field names: a different way to take a process's steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fwd_report.errors import UserError
from fwd_report.outside import outside_keys
from fwd_report.plugins.kinds import KINDS
from fwd_report.plugins.named import Named, named_in
from fwd_report.plugins.offers import in_use
from fwd_report.techniques.base import Technique, marked_fields

if TYPE_CHECKING:
    from fwd_report.diffusion.process import Process

METHODS = ("timesteps", "forward", "clean", "step")
"""The methods of a process: see diffusion/process.py."""


def sampled_by(technique: Technique, process: Process) -> Process:
    """The process with which a technique samples: the model's own, unless it names a plug-in.

    Raises UserError for a plug-in that is broken or does not return a process.
    """
    named = named_in(technique, marked_fields(type(technique), Named))
    for _, kind, name in named:
        if kind == "samplers" and name not in KINDS[kind].built_in:
            process = in_use().load(kind, name)(process)
            _require_process(name, process)
    return process


@outside_keys
def _require_process(name: str, made: object) -> None:
    lacking = [word for word in METHODS if not callable(getattr(made, word, None))]
    if lacking:
        offer = in_use().offer("samplers", name)
        where = f"{offer.where}: " if offer else ""
        raise UserError(f"{where}the sampler '{name}' makes no process: no {lacking[0]}")
