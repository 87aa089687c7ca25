"""All of Part A through the engine, against the same pictures one at a time.

The other side is what a notebook does: one picture after another, each evaluation a forward pass
of its own, two for a guided step. Both sides run the same programs on the same noise, and every
picture is compared. Run: python bench/part_a.py
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fwd_report.threads import spin_briefly

spin_briefly()

from safetensors.torch import load_file

from fwd_report.diffusion.program import Query, Question
from fwd_report.engine.engine import Engine
from fwd_report.engine.progress import Progress
from fwd_report.engine.workbench import Workbench
from fwd_report.models.cascade import STAGE_NAMES
from fwd_report.plan.loaded_code import LoadedCode
from fwd_report.plan.plan import make_plan
from fwd_report.plan.rates import Rates, steps_by_cost
from fwd_report.plan.run import Run
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store
from fwd_report.techniques.base import Result

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every n-th run alone")
    parser.add_argument("--set", action="append", default=[], help="as of fwd-report build")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(ROOT / "experiments", root / "experiments")
        compare(root, options.set, options.every)


def compare(root: Path, overrides: Sequence[str], every: int) -> None:
    project = load_project(root, None, overrides)
    store = Store(root)
    plan = make_plan(project, store)
    workbench = Workbench(project, store, LoadedCode(plan.sources))
    runs = chosen(plan.runs, every)
    calls = sum(run.network_steps for run in runs)
    print(
        f"{len(runs)} runs, {calls} model evaluations, batches of {workbench.machine.batch}",
        flush=True,
    )
    workbench.models.prepare(runs)
    for stage in {run.technique.stage for run in runs if run.technique.stage and run.network_steps}:
        workbench.models.evaluator(STAGE_NAMES[stage])

    with (
        timed("engine") as engine_time,
        Progress(steps_by_cost(runs), len(runs), Rates(store.base)) as progress,
    ):
        failures = Engine(store, workbench, progress).run(runs)
    if failures:
        raise SystemExit("\n".join(f"{failure.run.name}: {failure.cause}" for failure in failures))
    worst = 0.0
    with timed("one at a time") as alone_time:
        results = [(run, alone(run, workbench)) for run in runs]
    for run, result in results:
        assert result.image is not None
        stored = load_file(store.folder(run.key) / "tensors.safetensors")["image"]
        worst = max(worst, (stored - result.image).abs().max().item())
    print(f"largest difference of any pixel: {worst:.1e}")
    print(f"the engine is {alone_time[0] / engine_time[0]:.2f} times as fast (wall clock)")
    print(f"and takes {engine_time[1] / alone_time[1]:.2f} of the processor time")


def chosen(runs: Sequence[Run], every: int) -> list[Run]:
    """Every n-th run of Part A's techniques with the runs it needs, needed ones first."""
    part_a = [run for run in runs if run.technique.kind == "program" and run.model is not None]
    wanted = {run.key for run in part_a[::every]}
    wanted |= {
        need.key
        for run in part_a
        if run.key in wanted
        for group in run.needs.values()
        for need in group
    }
    return list({run.key: run for run in part_a if run.key in wanted}.values())


def alone(run: Run, workbench: Workbench) -> Result:
    """One run by itself, each of its questions answered by itself."""
    program = run.technique.program(workbench.contexts.of(run))
    answers: Any = None

    def answered(question: Question) -> Any:
        if isinstance(question, Query):
            return workbench.models.evaluator(question.model).evaluate([question])[0]
        return question.alone()

    while True:
        try:
            questions = program.send(answers)
        except StopIteration as done:
            result: Result = done.value
            return result
        answers = tuple(answered(question) for question in questions)


@contextmanager
def timed(what: str) -> Iterator[list[float]]:
    """[seconds, processor seconds], filled in at the end."""
    spent: list[float] = []
    wall, processor = time.perf_counter(), time.process_time()
    yield spent
    spent += [time.perf_counter() - wall, time.process_time() - processor]
    print(f"{what:14} {spent[0]:7.1f} s, {spent[1]:7.1f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
