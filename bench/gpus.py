"""What the starter costs with DeepFloyd IF on 1, 4 and 16 GPUs: computed, nothing of it was run.

python bench/gpus.py [--stage-1 0.029] [--stage-2 0.1] [--training 0.01] [--network 0.0003]

The plan is that of the starter under its profile `gpu`, the queue is the real one, and the workers
are simulated as in bench/scale.py, at the rates given: seconds a step of each stage in full
batches, of a training, and of a network that was trained. `--start` is what a worker needs until it
works: loading the project and the models.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.scale import Clock, SimulatedCrew

from fwd_report.engine.progress import Progress
from fwd_report.executors.contract import Work
from fwd_report.executors.foreman import Foreman
from fwd_report.plan.plan import make_plan
from fwd_report.plan.rates import Rates, cost_class, duration, steps_by_cost
from fwd_report.plan.run import Run, distinct, with_needs
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store

NOWHERE = "http://127.0.0.1:9"
"""No hub is asked: what a model holds changes keys, and no cost."""


def runs_of(root: Path, part: str) -> tuple[Work, list[Run]]:
    """The work of a part of the starter, in the order of the plan."""
    project, store = load_project(root, "gpu"), Store(root)
    plan = make_plan(project, store)
    sections = {section.name for section in project.sections if section.part == part}
    keys = {run.key for run in with_needs(run for run in plan.runs if run.section in sections)}
    runs = distinct(run for run in plan.runs if run.key in keys)
    return Work(plan, store, runs), runs


def seconds_on(root: Path, part: str, workers: int, given: argparse.Namespace) -> float:
    """How long so many workers need for a part."""
    shutil.rmtree(root / ".fwd-report", ignore_errors=True)
    work, runs = runs_of(root, part)
    prices = {
        cost: given.stage_1 if "stage 1" in cost else given.stage_2 if "stage 2" in cost
        else given.training if cost.startswith("job") else given.network
        for cost in steps_by_cost(runs)
    }  # fmt: skip
    clock = Clock()
    crew = SimulatedCrew(runs, workers, prices.__getitem__, clock)
    rates = Rates(work.store.base)
    for run in runs:
        rates.observe(cost_class(run), 1, prices[cost_class(run)])
    began = clock.now()
    with Progress(steps_by_cost(runs), len(runs), rates) as progress:
        for _ in Foreman(work, crew, progress, rates, clock.now).run():
            pass
    return float(given.start + clock.now() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--stage-1", type=float, default=0.029)
    parser.add_argument("--stage-2", type=float, default=0.1)
    parser.add_argument("--training", type=float, default=0.01)
    parser.add_argument("--network", type=float, default=0.0003)
    parser.add_argument("--start", type=float, default=60.0)
    given = parser.parse_args()
    os.environ["HF_ENDPOINT"] = NOWHERE
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "starter"
        shutil.copytree(ROOT / "experiments", root / "experiments")
        print("| | 1 GPU | 4 GPUs | 16 GPUs |\n|---|---:|---:|---:|")
        for part in ("Part A", "Part B"):
            times = [seconds_on(root, part, workers, given) for workers in (1, 4, 16)]
            print(f"| {part} | {' | '.join(map(duration, times))} |", flush=True)


if __name__ == "__main__":
    main()
