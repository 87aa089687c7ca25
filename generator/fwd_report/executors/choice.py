"""Which executor a build runs on. Nothing of one that is not chosen is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fwd_report.errors import UserError

if TYPE_CHECKING:
    from fwd_report.executors.contract import Executor, Work

LOCAL, RAY = "local", "ray"
EXECUTORS = (LOCAL, RAY)


def check_choice(executor: str, address: str | None, workers: int | None) -> None:
    """Raise UserError for what is no executor, and for options of Ray's without it."""
    if executor not in EXECUTORS:
        hint = f"it is {' or '.join(EXECUTORS)}"
        raise UserError(f"there is no executor '{executor}'", hint=hint)
    for option, value in (("--address", address), ("--workers", workers)):
        if executor != RAY and value is not None:
            raise UserError(f"{option} is for --executor {RAY}")


def choose(
    executor: str, work: Work, address: str | None = None, workers: int | None = None
) -> Executor:
    """The executor of that name, for this work. Raises UserError as `check_choice`.

    address, workers: of a Ray cluster; None: one on this machine, and as many workers as fit.
    """
    check_choice(executor, address, workers)
    if executor == RAY:
        from fwd_report.executors.on_ray import OnRay

        return OnRay(work, address, workers)
    from fwd_report.executors.in_process import InProcess

    return InProcess(work)
