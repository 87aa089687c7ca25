"""Programs on a device: all that they make stays there, and no value is read before the end.

Tensors on `meta` stand for those of a GPU: they have no values, and do not mix with the CPU's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from tests.techniques.conftest import World
from torch import Tensor

from fwd_report.diffusion.ddpm import DDPM
from fwd_report.diffusion.driver import answer
from fwd_report.diffusion.flow import Flow
from fwd_report.diffusion.program import Prediction, Query
from fwd_report.diffusion.views import VIEWS
from fwd_report.models.handle import ModelHandle
from fwd_report.recording.world import context_of
from fwd_report.techniques.anagram import Anagram
from fwd_report.techniques.base import Result, Technique
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.hybrid import Hybrid
from fwd_report.techniques.inpaint import Inpaint
from fwd_report.techniques.iterative import Iterative
from fwd_report.techniques.one_step import OneStep
from fwd_report.techniques.sample import Sample
from fwd_report.techniques.sdedit import SDEdit
from fwd_report.techniques.upsample import Upsample

DEVICE = torch.device("meta")
SHOWS = "photos/x.png"
READ = "no values|meta tensors|cannot be called on meta"
"""What torch says where someone asks a tensor on `meta` for its values."""


@dataclass
class Network:
    """Answers on the device, with a variance, and counts."""

    model: ModelHandle
    learned: bool = True
    asked: int = 0

    @property
    def name(self) -> str:
        return self.model.name

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        self.asked += len(queries)
        for query in queries:
            assert query.x.device == DEVICE
            assert query.x.shape == self.model.shape
        made = [torch.empty(self.model.shape, device=DEVICE) for _ in queries]
        return [Prediction(each, each if self.learned else None) for each in made]


def context(model: ModelHandle) -> RunContext:
    picture, mask = torch.zeros(model.shape), torch.ones(1, *model.shape[1:])
    needs: Any = {}
    return context_of(
        5,
        device="meta",
        folder=None,
        images={"image": picture},
        masks={"mask": mask},
        model=model,
        needs=needs,
    )


def tensors_of(result: Result) -> list[Tensor]:
    assert result.image is not None
    return [result.image, *result.images.values(), *result.frames.values()]


TECHNIQUES: dict[str, Technique] = {
    "sample": Sample(prompt="a dog", steps=4, trajectory=True),
    "clipped": Sample(prompt="a dog", steps=4, dynamic_thresholding=0.9),
    "sdedit": SDEdit(image=SHOWS, i_start=28),
    "inpaint": Inpaint(image=SHOWS, mask=SHOWS, steps=4),
    "hybrid": Hybrid(low="a skull", high="waterfalls", kernel_size=5, steps=4),
    "colours": Hybrid(low="a skull", high="waterfalls", split="colour", steps=4),
    **{
        view: Anagram(prompt="a dog", flipped="a skull", view=view, steps=4)
        for view in VIEWS
        if view != "identity"
    },
}


@pytest.mark.parametrize("name", TECHNIQUES)
def test_a_program_stays_on_its_device(tiny: World, name: str) -> None:
    technique, network = TECHNIQUES[name], Network(tiny.cascade.model(1))
    result = answer(technique.program(context(network.model)), network)
    assert network.asked == technique.network_steps({})
    assert {tensor.device for tensor in tensors_of(result)} == {DEVICE}


@pytest.mark.parametrize(
    "technique", [Iterative(image=SHOWS, i_start=28), OneStep(image=SHOWS, t=250)]
)
def test_measures_are_taken_after_the_last_answer(tiny: World, technique: Technique) -> None:
    network = Network(tiny.cascade.model(1))
    with pytest.raises((RuntimeError, NotImplementedError), match=READ):
        answer(technique.program(context(network.model)), network)
    assert network.asked == technique.network_steps({})


@pytest.mark.parametrize("process", [Flow(5), DDPM.linear(5)])
def test_a_trained_model_is_sampled_on_its_device(process: Any) -> None:
    model = ModelHandle("net", process, (1, 28, 28), (0.0, 1.0), None)
    network = Network(model, learned=False)
    result = answer(Sample(model="net", digit=3).program(context(model)), network)
    assert network.asked == 10
    assert {tensor.device for tensor in tensors_of(result)} == {DEVICE}


def test_stage_two_stays_on_its_device(tiny: World, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(tiny.cascade.model(2))
    small = torch.zeros(tiny.cascade.model(1).shape, device=DEVICE)
    monkeypatch.setattr(RunContext, "tensor", lambda self, need, name="image": small)
    technique = Upsample(of="x", prompt="a dog", steps=4)
    result = answer(technique.program(context(network.model)), network)
    assert network.asked == 8
    assert {tensor.device for tensor in tensors_of(result)} == {DEVICE}


def test_a_draw_is_uploaded_and_the_same_everywhere() -> None:
    run = context_of(3, device="cpu", folder=None, images={}, masks={})
    assert run.noise.draw((2, 2)).device.type == "cpu"
    assert context_of(3, "meta", None, {}, {}).noise.draw((2, 2)).device == DEVICE
