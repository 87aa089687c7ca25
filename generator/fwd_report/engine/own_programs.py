"""Mistakes of plug-in techniques that raise no error: one warning each, with file and line."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from fwd_report.errors import UserError, counted
from fwd_report.plan.run import Run
from fwd_report.plugins.shared_state import SharedStateError, shared_state_kept


class Watch:
    """Watches the programs of plug-ins while they run. tell: shows a warning."""

    def __init__(
        self,
        where: Callable[[Run], str],
        drawn: Callable[[Run, Collection[str]], str],
        tell: Callable[[str], None],
    ) -> None:
        """where: the file and line, or the package, that defines a run's technique, if it is a
        plug-in. drawn: the place in it that draws from the global generators of these libraries.
        """
        self._where = where
        self._drawn = drawn
        self._tell = tell
        self._told: set[tuple[str, str]] = set()

    def step(self, run: Run, step: Callable[[], None]) -> set[str]:
        """Advance a run's program; warns if it draws global random numbers.

        Returns the libraries from whose global generators it drew. Raises UserError if it changes
        what other runs compute with.
        """
        if not run.plugged:
            step()
            return set()
        before = _random_states()
        with kept_for_others(run, self._where(run)):
            step()
        drawn = [name for name, same in _compared(before, _random_states()) if not same]
        if drawn and (run.technique.name, "draws") not in self._told:
            at = self._drawn(run, drawn) or ", ".join(run.plugged)
            self._warn(
                run,
                "draws",
                f"{at}: {run.name} draws from the global generator of "
                f"{' and '.join(drawn)}, so its result depends on the runs beside it, and its key "
                "does not say so; draw from run.noise, or from a torch.Generator of its own",
            )
        return set(drawn)

    def finished(self, run: Run, network_steps: int) -> None:
        """After a run's last step: warns if the number of its steps differs from the declared
        one.
        """
        own = not type(run.technique).__module__.startswith("fwd_report.")
        if own and network_steps != run.network_steps:
            self._warn(
                run,
                "steps",
                f"{self._at(run)}{type(run.technique).__name__}.network_steps says "
                f"{run.network_steps}, but {run.name} made {counted(network_steps, 'step')}; the "
                "plan's times and the progress follow from that number",
            )

    def _at(self, run: Run) -> str:
        at = self._where(run) or ", ".join(run.plugged)
        return f"{at}: " if at else ""

    def _warn(self, run: Run, what: str, message: str) -> None:
        name = (run.technique.name, what)
        if name not in self._told:
            self._told.add(name)
            self._tell(f"warning: {message}")


@contextmanager
def kept_for_others(run: Run, where: str) -> Iterator[None]:
    """Within the block, plug-ins of the run change nothing for other runs; else raises UserError.

    where: the file and line of the run's technique, if it is a plug-in.
    """
    try:
        with shared_state_kept():
            yield
    except SharedStateError as error:
        raise UserError(f"{where or ', '.join(run.plugged)}: {run.name} {error}") from error


def _random_states() -> dict[str, Any]:
    return {
        "torch": torch.get_rng_state(),
        "numpy": np.random.get_state(legacy=False),
        "random": random.getstate(),
    }


def _compared(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    yield "torch", torch.equal(before["torch"], after["torch"])
    was, now = (states["numpy"]["state"] for states in (before, after))
    yield "numpy", was["pos"] == now["pos"] and np.array_equal(was["key"], now["key"])
    yield "random", before["random"] == after["random"]
