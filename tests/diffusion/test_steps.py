"""Steps taken together equal each alone, bit by bit, and nothing of them leaves the device."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from fwd_report.diffusion.computing import CPU_VALUES, Applied, applied, compute
from fwd_report.diffusion.ddim import DDIM
from fwd_report.diffusion.ddpm import CLEAN, DDPM, Threshold
from fwd_report.diffusion.driver import answer, estimator
from fwd_report.diffusion.flow import Flow
from fwd_report.diffusion.guidance import Extrapolation, guided
from fwd_report.diffusion.loops import denoise
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.process import Process
from fwd_report.diffusion.program import Prediction, Program, together
from fwd_report.diffusion.quantiles import quantile
from fwd_report.diffusion.rows import stacked
from fwd_report.diffusion.steps import Step, step

COSINE = DDPM.squaredcos_cap_v2()
FIXED = DDPM.linear()
SHAPE = (3, 16, 16)
TIMES = ((990, 960), (30, 0), (0, CLEAN), (500, 499), (990, 0), (1, 0), (120, CLEAN))
PROCESSES: dict[str, tuple[Process, bool, Sequence[tuple[float, float]]]] = {
    "learned": (COSINE, True, TIMES),
    "clipped": (replace(COSINE, threshold=Threshold(maximum=1)), True, TIMES),
    "thresholded": (replace(COSINE, threshold=Threshold(0.9, 1.5)), True, TIMES),
    "unbounded": (replace(COSINE, threshold=Threshold()), True, TIMES),
    "fixed": (FIXED, False, ((299, 298), (298, 297), (0, CLEAN), (5, 4), (150, 100))),
    "ddim": (DDIM(COSINE), True, TIMES),
    "ddim with noise": (DDIM(COSINE, 0.7), True, TIMES),
    "ddim, thresholded": (DDIM(replace(COSINE, threshold=Threshold(0.9)), 1.0), True, TIMES),
    "flow": (Flow(), False, ((0.0, 0.02), (0.5, 0.52), (0.98, 1.0), (0.1, 0.3))),
}


def draw(seed: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


def steps_of(process: Process, learned: bool, times: Sequence[tuple[float, float]]) -> list[Step]:
    """Five images at each of the times, mixed."""
    return [
        Step(
            process, draw(n, 2.0), *times[n % len(times)],
            Prediction(draw(100 + n), draw(200 + n).tanh() if learned else None), Noise(n),
        )
        for n in range(5 * len(times))
    ]  # fmt: skip


@pytest.mark.parametrize("name", PROCESSES)
def test_steps_together_equal_each_alone_bit_by_bit(name: str) -> None:
    asked = steps_of(*PROCESSES[name])
    alone = [
        each.process.step(each.xt, each.t, each.t_next, each.prediction, Noise(n))
        for n, each in enumerate(asked)
    ]
    for one, other in zip(compute(asked), alone, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_step_writes_to_nothing_it_is_given(name: str) -> None:
    asked = steps_of(*PROCESSES[name])
    given = [
        tensor
        for each in asked
        for tensor in (each.xt, each.prediction.value, each.prediction.variance)
        if tensor is not None
    ]
    before = [tensor.clone() for tensor in given]
    compute(asked)
    assert all(map(torch.equal, given, before))


@pytest.mark.parametrize("name", PROCESSES)
def test_steps_read_nothing_back_from_the_device(name: str) -> None:
    """Tensors on `meta` have no values: whoever asks for one gets an error."""
    process, learned, times = PROCESSES[name]
    on_meta = [
        replace(
            each,
            xt=each.xt.to("meta"),
            prediction=Prediction(
                each.prediction.value.to("meta"), draw(0).to("meta") if learned else None
            ),
        )
        for each in steps_of(process, learned, times)
    ]
    for taken in compute(on_meta):
        assert taken.device.type == "meta"
        assert taken.shape == SHAPE


def test_like_steps_are_computed_at_once_and_others_are_not() -> None:
    sizes: list[int] = []

    @dataclass(frozen=True)
    class Counting(Flow):
        def step_many(self, xt: Tensor, *rest: Any) -> Tensor:
            sizes.append(len(xt))
            return super().step_many(xt, *rest)

    def asked(process: Process, shape: tuple[int, ...] = SHAPE) -> Step:
        x = torch.zeros(shape)
        return Step(process, x, 0.0, 0.5, Prediction(x), Noise(0))

    compute([asked(Counting(steps=7)) for _ in range(4)])  # equal, though not the same object
    assert sizes == [4]
    sizes.clear()
    compute([asked(Counting(7)), asked(Counting(8)), asked(Counting(7), (1, 4, 4))])
    assert sizes == [1, 1, 1]
    sizes.clear()
    side = int((CPU_VALUES // 2) ** 0.5)
    compute([asked(Counting(), (1, side, side)) for _ in range(5)])
    assert sizes == [2, 2, 1], "as much as the CPU's cache holds"
    sizes.clear()
    compute([asked(Counting(), SHAPE[1:])])  # no image: it is taken as the formula says
    assert sizes == []


def test_processes_that_differ_in_their_threshold_alone_are_not_equal() -> None:
    first, again = (replace(COSINE, threshold=Threshold(0.9)) for _ in range(2))
    assert first == again
    assert hash(first) == hash(again)
    assert first != COSINE
    assert first != replace(COSINE, threshold=Threshold(0.8))


def test_a_process_that_cannot_take_steps_together_takes_each_alone() -> None:
    class Mine:
        def step(self, xt: Tensor, t: float, t_next: float, *_: Any) -> Tensor:
            if t == 3:
                raise ValueError("not this one")
            return xt + t

    asked = [Step(Mine(), draw(n), n, 0, Prediction(draw(n)), Noise(n)) for n in range(5)]  # type: ignore[arg-type]
    answers = compute(asked)
    assert [isinstance(each, Exception) for each in answers] == [n == 3 for n in range(5)]
    assert torch.equal(answers[4], draw(4) + 4)


def test_one_bad_step_does_not_take_its_batch_with_it_nor_its_noise() -> None:
    @dataclass(frozen=True)
    class Picky(DDPM):
        def step_many(self, xt: Tensor, t: Sequence[float], *rest: Any) -> Tensor:
            if 30 in t:
                raise RuntimeError("not at 30")
            return super().step_many(xt, t, *rest)

    asked = steps_of(Picky(COSINE.betas, "learned_range", COSINE.default), True, TIMES)
    alone = compute(steps_of(COSINE, True, TIMES))
    for each, one, other in zip(asked, compute(asked), alone, strict=True):
        if each.t == 30:
            assert "not at 30" in str(one)
        else:
            assert torch.equal(one, other)


def test_a_learned_variance_must_be_predicted() -> None:
    (error,) = compute([Step(COSINE, draw(1), 990, 960, Prediction(draw(2)), Noise(0))])
    assert "needs the variance" in str(error)
    with pytest.raises(ValueError, match="needs the variance"):
        answer(step(COSINE, draw(1), 990, 960, Prediction(draw(2)), Noise(0)))


@pytest.mark.parametrize("q", [0.5, 0.51, 0.9, 0.95, 0.995, 0.9999, 1.0])
@pytest.mark.parametrize("side", [7, 64, 101])
def test_quantiles_equal_those_of_torch_bit_by_bit(q: float, side: int) -> None:
    images = torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(1)).abs()
    images[1] = images[1].round()  # many are equal
    expected = torch.stack([image.flatten().quantile(q) for image in images])
    assert torch.equal(quantile(images, q).flatten(), expected)


def test_guidance_of_many_images_is_that_of_each() -> None:
    asked = [Applied(Extrapolation(7.5), (draw(n), draw(50 + n))) for n in range(9)]
    for n, value in enumerate(compute(asked)):
        c, u = draw(n), draw(50 + n)
        assert torch.equal(value, u + 7.5 * (c - u))


def test_equal_functions_of_several_programs_are_computed_at_once() -> None:
    sizes: list[int] = []

    def doubled(images: Tensor) -> Tensor:
        sizes.append(len(images))
        return 2 * images

    images = answer(together(*(applied(doubled, draw(n)) for n in range(4))))
    assert sizes == [4]
    assert all(torch.equal(image, 2 * draw(n)) for n, image in enumerate(images))


def test_rows_of_one_tensor_are_put_together_without_a_copy() -> None:
    batch = torch.randn(6, *SHAPE)
    rows = batch.unbind()
    for chosen in ([0, 1, 2, 3, 4, 5], [1, 3, 5], [4, 5], [2]):
        together_ = stacked([rows[n] for n in chosen])
        assert torch.equal(together_, batch[chosen])
        assert together_.untyped_storage() is batch.untyped_storage()
    for chosen in ([0, 0, 1, 1], [5, 4], [0, 1, 3], [2, 2]):
        assert torch.equal(stacked([rows[n] for n in chosen]), batch[chosen])
    others = [rows[0], torch.randn(SHAPE), rows[2]]
    assert torch.equal(stacked(others), torch.stack(others))
    assert torch.equal(stacked([rows[0].mT, rows[1].mT]), torch.stack([rows[0].mT, rows[1].mT]))


@pytest.mark.parametrize("keep", [(-1,), (0, -1), (3, 1), range(6), ()])
def test_a_loop_returns_the_images_it_is_asked_to_keep(keep: Sequence[int]) -> None:
    def walked(keep: Sequence[int]) -> list[Tensor]:
        noise = Noise(4)
        x, times = noise.draw(SHAPE), COSINE.timesteps(5)
        learned = estimator(lambda x, t: Prediction(x.sin(), x.cos()))
        return answer(denoise(COSINE, x, times, guided(learned, learned, 3), noise, keep=keep))

    every = walked(range(6))
    assert len(every) == 6
    for image, place in zip(walked(keep), keep, strict=True):
        assert torch.equal(image, every[place])


def test_a_loop_holds_no_image_that_nobody_wants() -> None:
    """Of 1,000 steps of many images in a batch: what is alive is what is kept."""
    alive: list[weakref.ref[Tensor]] = []
    most = 0

    def estimate(x: Tensor, t: float) -> Program[Prediction]:
        nonlocal most
        alive[:] = [seen for seen in alive if seen() is not None]
        most = max(most, len(alive))
        prediction = Prediction(0.1 * x)
        alive.extend(map(weakref.ref, (x, prediction.value)))
        yield from ()
        return prediction

    flow, times = Flow(), Flow().timesteps(1000)
    loops = [denoise(flow, draw(n), times, estimate, Noise(0), keep=(0, 500)) for n in range(4)]
    for image in (image for images in answer(together(*loops)) for image in images):
        assert image.untyped_storage().nbytes() == 4 * image.numel(), "no row of a whole batch"
    assert most < 30
