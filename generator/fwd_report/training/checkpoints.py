"""A stored training as a model that programs can query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from fwd_report.diffusion.program import Prediction, Query
from fwd_report.diffusion.rows import numbers, stacked
from fwd_report.models.handle import Evaluator, ModelHandle, predictions
from fwd_report.models.stored import tensors_of
from fwd_report.store.entry import Entry
from fwd_report.training.named_networks import network_of
from fwd_report.training.objectives import process_of
from fwd_report.training.state import weights_file
from fwd_report.training.unet import NO_CLASS

SHAPE = (1, 28, 28)


def load_trained(entry: Entry, epoch: int | None, device: str) -> tuple[ModelHandle, Evaluator]:
    """The network of a training after `epoch` (counted from 1; None: the last).

    Its images are (1, 28, 28) in [0, 1]; its conditions are class labels, None for no class. Raises
    FileNotFoundError if the training has no such epoch.
    """
    epoch = epoch or int(entry.params["epochs"])
    network = network_of(entry.params)
    network.load_state_dict(tensors_of(entry, weights_file(epoch)))
    name = f"{entry.key}@{epoch}"
    model = ModelHandle(name, process_of(entry.params), SHAPE, (0.0, 1.0), unconditional=None)
    return model, TrainedEvaluator(network, entry.params, device)


class TrainedEvaluator:
    """Answers queries with a trained UNet; any mix of times and labels shares a batch.

    A DDPM's time indexes its T noise levels from 0, as in diffusers; the assignment counts from 1.
    The network was trained with the assignment's t / T, so it is given (t + 1) / T. A flow's time
    is given unchanged, a plug-in's as its `told` returns it, and a one-step denoiser gets none.
    """

    def __init__(self, network: nn.Module, params: Mapping[str, Any], device: str) -> None:
        self.device = torch.device(device)
        self._network = network.eval().to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._timesteps = params["timesteps"] if params["objective"] == "ddpm" else None
        self._tells = getattr(process_of(params), "told", float)

    def signature(self, query: Query) -> Any:
        """All queries of one shape share a batch."""
        return tuple(query.x.shape)

    @torch.inference_mode()
    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        """The predictions, in order, in float32, on the network's device."""
        x = stacked([query.x for query in queries], self.device)
        t = numbers([self._told(query.t) for query in queries], self.device)
        labels = [NO_CLASS if query.condition is None else query.condition for query in queries]
        answers = self._network(x, t, numbers(labels, self.device))
        return predictions(answers, answers.shape[1])

    def _told(self, t: float) -> float:
        return float(self._tells(t)) if self._timesteps is None else (t + 1) / self._timesteps
