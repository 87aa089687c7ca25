"""The report's text-to-image model: stage I, and stage II if there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from fwd_report.diffusion.program import Prediction, Query
from fwd_report.diffusion.rows import numbers, stacked
from fwd_report.errors import UserError
from fwd_report.models import schedules, weights
from fwd_report.models.handle import Evaluator, ModelHandle, Upscaling, predictions
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.placing import Placing
from fwd_report.models.prompts import Prompts
from fwd_report.models.residents import Residents
from fwd_report.precision import kept_finite

STAGE_NAMES = {1: "stage_1", 2: "stage_2"}
"""The names that queries to the stages are addressed to."""
BATCHES_REMEMBERED = 2
"""Of how many batches stage II remembers the inputs; a step of a full engine asks two."""


class Cascade:
    """Loads a stage at first use; both stages take prompts encoded by stage I's encoder.

    stages: opens a stage's folder, given its number. encoder: supplies both with prompts. placed:
    decides how the stages share the device, when the first of them is loaded.
    """

    def __init__(
        self,
        stages: Mapping[int, Callable[[], ModelFolder]],
        encoder: Callable[[], Prompts],
        device: str,
        dtype: torch.dtype,
        placed: Callable[[], Placing] = Placing,
    ) -> None:
        self._stages = stages
        self._encoder = cache(encoder)
        self._device = device
        self._dtype = dtype
        self._folders: dict[int, ModelFolder] = {}
        self._models: dict[int, ModelHandle] = {}
        self._evaluators: dict[int, Evaluator] = {}
        self._placed = cache(placed)
        self._residents = Residents(self._loaded, device, self._placed)

    def model(self, stage: int) -> ModelHandle:
        """Stage 1 or 2 as programs see it; reads configurations, no weights."""
        if stage not in self._models:
            folder = self._folder(stage)
            config = folder.config("unet")
            size, channels = config["sample_size"], config["in_channels"]
            self._models[stage] = ModelHandle(
                name=STAGE_NAMES[stage],
                process=schedules.load_process(folder, thresholds=stage == 2),
                shape=(channels if stage == 1 else channels // 2, size, size),
                value_range=(-1.0, 1.0),
                unconditional="",
                noising=schedules.load_noising(folder) if stage == 2 else None,
            )
        return self._models[stage]

    def prepare(self, prompts: Iterable[str]) -> None:
        """Have prompts encoded, loading the encoder once for all of them."""
        self._encoder().prepare(prompts)

    @property
    def encoder(self) -> Prompts:
        """What supplies the stages with prompts."""
        return self._encoder()

    def evaluator(self, stage: int) -> Evaluator:
        """The evaluator of queries that are addressed to that stage."""
        if stage not in self._evaluators:
            unet = partial(self._residents.network, stage)
            unet()
            kind = StageOne if stage == 1 else StageTwo
            self._evaluators[stage] = kind(
                unet,
                self._encoder(),
                self._device,
                self._dtype,
                self._placed().batches.get(stage),
            )
        return self._evaluators[stage]

    def _loaded(self, stage: int) -> nn.Module:
        unet = weights.load_unet(self._folder(stage), self._device, self._dtype)
        return unet.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def _folder(self, stage: int) -> ModelFolder:
        if stage not in self._stages:
            raise UserError(
                "this report has no stage II model",
                hint="set `upscaler:` in report.yaml to a folder or hub id of a stage II model",
            )
        if stage not in self._folders:
            self._folders[stage] = self._stages[stage]()
        return self._folders[stage]


class StageOne:
    """Answers queries whose condition is a prompt, at any mix of timesteps, in one forward pass.

    unet: returns the network, on the device. foreseen: the number of queries that memory is
    expected to hold; None: unknown.
    """

    def __init__(
        self,
        unet: Callable[[], nn.Module],
        prompts: Prompts,
        device: str,
        dtype: torch.dtype,
        foreseen: int | None = None,
    ) -> None:
        self.device = device
        self.foreseen = foreseen
        self._place = torch.device(device)
        self._unet = unet
        self._prompts = prompts
        self._dtype = dtype

    def signature(self, query: Query) -> Any:
        return tuple(query.x.shape)

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        x = stacked([query.x for query in queries], self._place)
        return self._predict(queries, x, [query.condition for query in queries])

    @torch.inference_mode()
    def _predict(
        self, queries: Sequence[Query], x: Tensor, prompts: Sequence[str], **labels: Tensor
    ) -> list[Prediction]:
        embeddings = self._prompts.embeddings(prompts)
        t = numbers([int(query.t) for query in queries], self.device)
        output = self._unet()(
            x.to(self._dtype, memory_format=torch.channels_last),
            t,
            embeddings,
            return_dict=False,
            **labels,
        )[0]
        return predictions(kept_finite(output, self._dtype), queries[0].x.shape[0])


class StageTwo(StageOne):
    """Answers queries whose condition is an `Upscaling`.

    The inputs of the last batches are remembered with their `low` images in place: a sampling loop
    asks under the same conditions at every step, so only x is copied there.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._inputs: dict[tuple[Upscaling, ...], Tensor] = {}

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        conditions = tuple(query.condition for query in queries)
        x = stacked([query.x for query in queries], self._place)
        inputs = self._with_low(conditions)
        inputs[:, : x.shape[1]] = x
        levels = numbers([condition.noise_level for condition in conditions], self.device)
        prompts = [condition.prompt for condition in conditions]
        return self._predict(queries, inputs, prompts, class_labels=levels)

    def _with_low(self, conditions: tuple[Upscaling, ...]) -> Tensor:
        """The network's inputs, (B, 2C, H, W), of which the first half is yet to be written."""
        inputs = self._inputs.get(conditions)
        if inputs is None:
            low = stacked([condition.low for condition in conditions], self._place)
            both = low.new_empty(len(low), 2 * low.shape[1], *low.shape[2:], dtype=self._dtype)
            inputs = both.to(memory_format=torch.channels_last)
            inputs[:, low.shape[1] :] = low
            while len(self._inputs) >= BATCHES_REMEMBERED:
                del self._inputs[next(iter(self._inputs))]
            self._inputs[conditions] = inputs
        return inputs
