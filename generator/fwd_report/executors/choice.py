"""Choose the executor of a build. Only the chosen one is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fwd_report.errors import UserError

if TYPE_CHECKING:
    from fwd_report.executors.contract import Executor, Work

LOCAL, RAY = "local", "ray"
EXECUTORS = (LOCAL, RAY)


def check_choice(executor: str, address: str | None, workers: int | None) -> None:
    """Raise UserError for an unknown executor, or for Ray's options without Ray."""
    if executor not in EXECUTORS:
        hint = f"it is {' or '.join(EXECUTORS)}"
        raise UserError(f"there is no executor '{executor}'", hint=hint)
    for option, value in (("--address", address), ("--workers", workers)):
        if executor != RAY and value is not None:
            raise UserError(f"{option} is for --executor {RAY} only")


def choose(
    executor: str, work: Work, address: str | None = None, workers: int | None = None
) -> Executor:
    """Return the executor with that name. Raises UserError like `check_choice`.

    address: of a Ray cluster; None starts one on this machine. workers: None for as many as fit.
    """
    check_choice(executor, address, workers)
    if executor == RAY:
        from fwd_report.executors.on_ray import OnRay

        return OnRay(work, address, workers)
    from fwd_report.executors.in_process import InProcess

    return InProcess(work)
