"""Techniques, and an evaluator that is no network, to try the engine on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import torch

from fwd_report.diffusion.program import Prediction, Program, Query, together
from fwd_report.engine.engine import Engine
from fwd_report.engine.progress import Progress
from fwd_report.engine.workbench import Workbench
from fwd_report.plan.loaded_code import LoadedCode
from fwd_report.plan.rates import Rates, steps_by_cost
from fwd_report.plan.run import Run
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store
from fwd_report.techniques.base import Result, Technique
from fwd_report.techniques.context import RunContext

SHAPE = (1, 4, 4)


class Walk(Technique):
    """Asks two questions a step, joined, and draws noise, as a guided sampling loop does."""

    name: ClassVar[str] = "walk"
    steps: int = 3
    fails_at: int | None = None

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        return 2 * self.steps

    def program(self, run: RunContext) -> Program[Result]:
        x = run.noise.draw(SHAPE)
        for step in range(self.steps):
            if step == self.fails_at:
                raise ValueError("this step is impossible")
            a, b = yield from together(self._ask(x, step, "a"), self._ask(x, step, "b"))
            x = x + a - 0.5 * b + 0.1 * run.noise.draw(SHAPE)
        return Result(x.clamp(0, 1), images={"exact": x})

    def _ask(self, x: torch.Tensor, t: int, condition: str) -> Program[torch.Tensor]:
        prediction: Prediction
        (prediction,) = yield (Query("toy", x, t, condition),)
        return prediction.value


class Copy(Technique):
    """Needs another run's result."""

    name: ClassVar[str] = "copy"

    def program(self, run: RunContext) -> Program[Result]:
        yield ()
        return Result(run.tensor("of"))


class Toy:
    """An evaluator that counts its batches, may run out of memory, and hates one value of t."""

    device = "cpu"
    lack: Exception = RuntimeError("DefaultCPUAllocator: can't allocate memory")

    def __init__(self, fits: int = 10**9, poison: float | None = None) -> None:
        self.fits = fits
        self.poison = poison
        self.batches: list[int] = []
        self.refused: list[int] = []

    def signature(self, query: Query) -> Any:
        return tuple(query.x.shape)

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        if len(queries) > self.fits:
            self.refused.append(len(queries))
            raise self.lack
        if any(query.t == self.poison for query in queries):
            raise RuntimeError("poisoned")
        self.batches.append(len(queries))
        return [
            Prediction(torch.tanh(query.x * (2 if query.condition == "a" else 3) + query.t))
            for query in queries
        ]


class ToyModels:
    """The models of runs that all ask one toy."""

    def __init__(self, toy: Toy) -> None:
        self.toy = toy

    def prepare(self, runs: Iterable[Run]) -> None:
        pass

    def model(self, run: Run, needs: object) -> None:
        return None

    def scorer(self, run: Run) -> None:
        return None

    def evaluator(self, name: str) -> Toy:
        return self.toy


def bench(store: Store, models: ToyModels, batch: int = 8) -> Workbench:
    """The engine's own workbench in a project of one section, `s`; only its models are toys."""
    root = store.base.parent
    (root / "experiments").mkdir(parents=True, exist_ok=True)
    report = f"title: Toys\nbatch: {batch}\ndevice: cpu\n"
    (root / "experiments" / "report.yaml").write_text(report, encoding="utf-8")
    (root / "experiments" / "s.yaml").write_text("title: S\nintro: Toys.\n", encoding="utf-8")
    return Workbench(load_project(root), store, LoadedCode({}), models)


def make_run(index: int, technique: Technique, experiment: str = "walks", **more: Any) -> Run:
    needed = {field: group[0].technique for field, group in more.get("needs", {}).items()}
    return Run(
        section="s",
        experiment=experiment,
        index=index,
        technique=technique,
        seed=more.pop("seed", index),
        axes={},
        key=hashlib.sha256(f"{experiment} {index}".encode()).hexdigest(),
        parts={},
        network_steps=technique.network_steps(needed),
        label="",
        **more,
    )


def engine(store: Store, toy: Toy, runs: Sequence[Run], batch: int = 8, **options: Any) -> Any:
    progress = Progress(steps_by_cost(runs), len(runs), Rates(store.base))
    with progress:
        return Engine(store, bench(store, ToyModels(toy), batch), progress, **options).run(runs)


def store_by_hand(store: Store, run: Run) -> None:
    """Store a black picture as the run's result, as another build would."""
    recorder = bench(store, ToyModels(Toy())).recorder
    recorder.store(run, Result(torch.zeros(SHAPE)), (0.0, 1.0), seconds=0.0, network_steps=0)


def exact(store: Store, run: Run) -> torch.Tensor:
    from safetensors.torch import load_file

    return load_file(store.folder(run.key) / "tensors.safetensors")["exact"]
