"""A job: run in its working folder, its steps counted, its result stored."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import isnan

from fwd_report.diffusion.program import Program
from fwd_report.engine.follower import Follower
from fwd_report.engine.own_programs import kept_for_others
from fwd_report.engine.stopwatch import Stopwatch
from fwd_report.engine.workbench import Workbench
from fwd_report.errors import UserError
from fwd_report.plan.rates import cost_class
from fwd_report.plan.run import Run
from fwd_report.store.store import Store
from fwd_report.techniques.base import Result
from fwd_report.techniques.context import RunContext


def run_job(run: Run, store: Store, workbench: Workbench, progress: Follower) -> None:
    """Run the job and publish its result; raises what the job raises.

    Time spent before an interruption counts in its seconds, but not in the rate.
    """
    cost = cost_class(run)
    folder = store.working_folder(run.key)
    watch = Stopwatch(folder)
    last = time.monotonic()
    counted: int | None = None
    tell = news_of(run, progress)

    def report(done: int, total: int, message: str) -> None:
        nonlocal last, counted
        now = time.monotonic()
        tell(message)
        if counted is None:
            progress.skip(cost, done)
        else:
            progress.advance(cost, done - counted, now - last)
        last, counted = now, done
        watch.save()

    context = workbench.contexts.of(run, folder=folder, progress=report, news=tell)
    with kept_for_others(run, workbench.recorder.defined(run)):
        result = run.technique.job(context)
    workbench.recorder.store(
        run, result, context.value_range, watch.seconds, run.network_steps, folder
    )
    warn_of_numbers(run, result, progress)


def warn_of_numbers(run: Run, result: Result, progress: Follower) -> None:
    """Say which metrics of a stored result are not a number: a page shows them as "undefined"."""
    for name, value in result.metrics.items():
        if isnan(value):
            what = f"the metric {name} of {run.name} is not a number (NaN)"
            progress.note(f'warning: {what}; a text that prints it shows "undefined"')


def program_of(run: Run, context: RunContext) -> Program[Result]:
    """The program of the run, not yet started. Raises UserError if it is no generator."""
    program = run.technique.program(context)
    if not hasattr(program, "send"):
        raise UserError(
            f"{type(run.technique).__name__}.program has no yield, so it is no program: "
            "one that asks no model says `yield from ()`"
        )
    return program


def news_of(run: Run, progress: Follower) -> Callable[[str], None]:
    """A function that shows a message after the name of the run."""
    return lambda message: progress.working_on(f"{run.name} {message}")
