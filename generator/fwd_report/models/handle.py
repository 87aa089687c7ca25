"""A model as programs see it: a name for queries, a process, a shape, a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from fwd_report.diffusion.process import Process
from fwd_report.diffusion.program import Estimator, Prediction, Program, Query
from fwd_report.outside import outside_keys


@dataclass(frozen=True, eq=False)
class ModelHandle:
    """What a program may know of a model.

    name: what its queries are addressed to. shape: (C, H, W) of its images. value_range: of its
    clean images: (-1, 1) for text-to-image models, (0, 1) for those trained in Part B.
    unconditional: the condition that means "no condition" ("" for prompts, None for classes).
    noising: of a stage II model, the process that noises the picture it enlarges.
    """

    name: str
    process: Process
    shape: tuple[int, int, int]
    value_range: tuple[float, float]
    unconditional: Any
    noising: Process | None = None

    def estimate(self, condition: Any) -> Estimator:
        """The estimator that queries this model under `condition`: one query per call."""

        def estimate(x: Tensor, t: float) -> Program[Prediction]:
            prediction: Prediction
            (prediction,) = yield (Query(self.name, x, t, condition),)
            return prediction

        return estimate

    @outside_keys
    def check(self, query: Query) -> None:
        """Raise ValueError for a query that the model cannot answer: another shape of image, or a
        time that its process does not have.
        """
        x: Any = query.x
        if not isinstance(x, Tensor) or x.shape != self.shape:
            shape = f"tensor {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
            raise ValueError(f"asked about a {shape}; the model takes {tuple(self.shape)}")
        known = getattr(self.process, "check_time", None)
        try:
            if known is not None:
                known(query.t)
        except ValueError as error:
            raise ValueError(f"asked at the time {query.t!r}; {error}") from error
        except (TypeError, RuntimeError, OverflowError) as error:
            raise ValueError(f"asked at the time {query.t!r:.60}, which is no number") from error


@dataclass(frozen=True, eq=False)
class Upscaling:
    """The condition of a stage II model: what to enlarge, and a prompt for it.

    low: (C, H, W) at the model's own size, enlarged and noised to `noise_level`, an integer time
    of the model's noising process.
    """

    prompt: str
    low: Tensor
    noise_level: int


class Evaluator(Protocol):
    """Answers queries in one batch; the engine's view of a network."""

    device: Any

    def signature(self, query: Query) -> Any:
        """Queries with equal signatures, such as a shape, may share a batch."""

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        """The predictions, in order, in float32, on the network's device, without gradients.

        Nothing waits for the device: uploads are pinned, and nothing is read back.
        """


def predictions(output: Tensor, channels: int) -> list[Prediction]:
    """A network's output, (B, D, H, W), as a float32 prediction for each image.

    channels: of an image. The remaining channels are the variance.
    """
    output = output.float().contiguous()
    values = output[:, :channels].unbind()
    if output.shape[1] == channels:
        return [Prediction(value) for value in values]
    return list(map(Prediction, values, output[:, channels:].unbind()))
