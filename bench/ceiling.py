"""How many queries the engine answers with a network that costs nothing, on one core.

What is measured is all that surrounds the network: programs, guidance, steps, thresholding, noise,
batches. Processor time counts, of all threads, which says the same on a busy machine. On torch's
`meta` device arithmetic costs nothing: there the main thread's time is what the host takes to keep
a GPU fed, noise aside, which a thread of its own draws. Last, the same time beside that of the
embedded model's own networks. Run: python bench/ceiling.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from fwd_report.threads import spin_briefly

spin_briefly()

import torch
from torch import Tensor, nn

from fwd_report.diffusion.ddpm import DDPM, Threshold
from fwd_report.diffusion.guidance import guided
from fwd_report.diffusion.loops import denoise
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Program
from fwd_report.engine.live import Live
from fwd_report.engine.programs import Programs
from fwd_report.engine.progress import Progress
from fwd_report.models import weights
from fwd_report.models.cascade import StageOne, StageTwo
from fwd_report.models.handle import ModelHandle, Upscaling
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.names import EMBEDDED, model_place
from fwd_report.plan.rates import Rates
from fwd_report.plan.run import Run
from fwd_report.recording.exchange import Exchange
from fwd_report.store.locks import Lock
from fwd_report.techniques.base import Result
from fwd_report.techniques.sample import Sample

PIPES = {
    "64 px": (64, None),
    "64 px, thresholded": (64, Threshold()),
    "256 px, clipped": (256, Threshold(0.95, 1.0)),
    "256 px, thresholded": (256, Threshold(0.95, 1.5)),
}
"""Side and thresholding: stage I and II of DeepFloyd IF, whose maximum is 1, and both with more."""
PROCESS = DDPM.squaredcos_cap_v2()
BARS = {"64 px": 10_000, "256 px, clipped": 600}
"""Queries a second of processor time that are asked of one core."""
HOST_BAR = 100
"""Microseconds of the host's time a query at most, on `meta`."""
WIDTH = 8


class Free(nn.Module):
    """A UNet whose answer was made before: of ε and a variance."""

    def __init__(self, side: int, batch: int, device: str) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        answer = torch.randn(batch, 6, side, side, generator=generator).clamp(-1, 1)
        self._answer = answer.to(device)

    def forward(self, x: Tensor, *told: Any, **labels: Any) -> tuple[Tensor]:
        return (self._answer[: len(x)],)


class FreePrompts:
    """Encoded prompts that are zeros."""

    def __init__(self, device: str) -> None:
        self._device = device

    def prepare(self, prompts: Iterable[str]) -> None:
        pass

    def embeddings(self, prompts: Iterable[str]) -> Tensor:
        return torch.empty((len(list(prompts)), 77, WIDTH), device=self._device)


@dataclass
class Pipe:
    """What one measurement runs: pictures of one kind, sampled with guidance."""

    side: int
    threshold: Threshold | None
    unet: nn.Module
    device: str
    batch: int
    steps: int

    def programs(self, pictures: int) -> Programs:
        """That many pictures, at their first queries."""
        kind = StageOne if self.side == 64 else StageTwo
        evaluator = kind(lambda: self.unet, FreePrompts(self.device), self.device, torch.float32)
        bench = SimpleNamespace(
            models=SimpleNamespace(evaluator=lambda name: evaluator),
            machine=SimpleNamespace(batch=self.batch, device=self.device),
            recorder=SimpleNamespace(defined=None, draws=None),
        )

        def failed(live: Live, error: Exception) -> None:
            raise error

        progress = Progress({}, 0, Rates(Path("nowhere")))
        made = Programs(cast(Any, bench), progress, lambda live: None, failed)
        for seed in range(pictures):
            noise = Noise(seed, self.device)
            exchange = Exchange(self._program(noise))
            made.start(Live(seed, _run(), exchange, cast(Lock, None), noise, (-1.0, 1.0)))
        return made

    def _program(self, noise: Noise) -> Program[Result]:
        shape = (3, self.side, self.side)
        process = replace(PROCESS, threshold=self.threshold)
        model = ModelHandle("free", process, shape, (-1.0, 1.0), "")
        conditions: list[Any] = ["a dog", ""]
        x = noise.draw(shape)
        if self.side != 64:
            conditions = [Upscaling(prompt, x, 250) for prompt in conditions]
        conditional, unconditional = map(model.estimate, conditions)
        estimate = guided(conditional, unconditional, 7.0)
        (image,) = yield from denoise(process, x, process.timesteps(self.steps), estimate, noise)
        return Result(image)


def _run() -> Run:
    technique = Sample(prompt="a dog")
    return Run("bench", "free", 0, technique, 0, {}, "", {}, 0, "", model="free")


@dataclass
class Spent:
    """Seconds of the processor, and those of them of the main thread, for so many queries."""

    queries: int
    processor: float
    main: float


def spent(pipe: Pipe, pictures: int) -> Spent:
    """What it takes to sample so many pictures, all at once."""
    programs = pipe.programs(pictures)
    process, thread = time.process_time(), time.thread_time()
    while programs:
        programs.answer_a_batch()
    process, thread = time.process_time() - process, time.thread_time() - thread
    programs.close()
    return Spent(2 * pipe.steps * pictures, process, thread)


@contextmanager
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def free(device: str, batch: int, steps: int, rounds: int) -> dict[str, Spent]:
    """The best of some rounds for each pipe."""
    best: dict[str, Spent] = {}
    for name, (side, threshold) in PIPES.items():
        pipe = Pipe(side, threshold, Free(side, batch, device), device, batch, steps)
        spent(replace(pipe, steps=2), batch)  # what is imported and remembered at first use
        for _ in range(rounds):
            now = spent(pipe, batch)
            if name not in best or now.processor < best[name].processor:
                best[name] = now
    return best


class Timed(nn.Module):
    """A network, and the processor time spent in it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.seconds = 0.0

    def forward(self, *given: Any, **named: Any) -> Any:
        began = time.process_time()
        try:
            return self.network(*given, **named)
        finally:
            self.seconds += time.process_time() - began


def share_outside(stage: int, batch: int) -> float | None:
    """The share of processor time outside emoji-if's network; None where it has no weights."""
    folder = model_place(EMBEDDED, stage, Path.cwd())
    if not isinstance(folder, Path) or not folder.is_dir():
        return None
    unet: Any = weights.load_unet(ModelFolder(folder), "cpu", torch.float32)
    width = unet.config.encoder_hid_dim
    side = unet.config.sample_size
    timed = Timed(_WithText(unet, width))
    threshold = None if stage == 1 else Threshold(0.95, 1.0)
    used = spent(Pipe(side, threshold, timed, "cpu", batch, 2), batch)
    return 1 - timed.seconds / used.processor


class _WithText(nn.Module):
    """The network, told zeros of the width that it knows."""

    def __init__(self, network: nn.Module, width: int) -> None:
        super().__init__()
        self.network, self.width = network, width

    def forward(self, x: Tensor, t: Tensor, text: Tensor, **named: Any) -> Any:
        return self.network(x, t, torch.zeros(*text.shape[:2], self.width), **named)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=16, help="queries at once on the CPU")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-model", action="store_true", help="leave the embedded model out")
    options = parser.parse_args()
    with one_thread():
        print(f"{'a free network, one core':28} {'queries/s':>10} {'asked':>8}")
        for name, used in free("cpu", options.batch, options.steps, options.rounds).items():
            asked = f"{BARS[name]:,}" if name in BARS else ""
            print(f"{name:28} {used.queries / used.processor:10,.0f} {asked:>8}", flush=True)
        print(f"{'on meta, batches of 64':28} {'host µs':>10} {'at most':>8}")
        for name, used in free("meta", 64, options.steps, options.rounds).items():
            print(f"{name:28} {1e6 * used.main / used.queries:10.1f} {HOST_BAR:8}", flush=True)
        for stage in () if options.no_model else (1, 2):
            share = share_outside(stage, options.batch)
            said = "it has no weights here" if share is None else f"{share:10.1%}"
            print(f"{f'outside emoji-if, stage {stage}':28} {said:>10}", flush=True)


if __name__ == "__main__":
    main()
