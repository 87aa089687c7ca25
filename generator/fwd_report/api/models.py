"""Networks to query by hand: the embedded model, a folder, a hub id, the result of a training."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fwd_report.api.unet_folder import is_unet_folder, open_unet_folder
from fwd_report.diffusion.program import Estimator, Prediction, Query
from fwd_report.engine.batching import Batcher
from fwd_report.engine.device import choose_device
from fwd_report.engine.process_state import process_state_kept
from fwd_report.models.handle import Evaluator, ModelHandle
from fwd_report.models.names import EMBEDDED, model_place
from fwd_report.precision import choose_dtype, rounding

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from fwd_report.store.entry import Entry

BATCH = 16
"""Most queries answered in one forward pass; fewer if memory runs out."""


@dataclass(frozen=True, eq=False)
class LoadedModel(ModelHandle):
    """A model and its network: what `answer` queries.

    name: what queries are addressed to. process: its `DDPM` or `Flow`. shape: (C, H, W) of its
    images. value_range: of its clean images. unconditional: the condition that means "none".
    `estimate(condition)` is its estimator under a condition: a prompt, a class label or None.
    """

    batcher: Batcher = field(kw_only=True, repr=False)

    def __repr__(self) -> str:
        kind = type(self.process).__name__
        return f"<LoadedModel {self.name!r}: {kind}, images {self.shape} in {self.value_range}>"

    @classmethod
    def of(cls, model: ModelHandle, evaluator: Evaluator, batch: int = BATCH) -> LoadedModel:
        """A model as programs see it, together with what answers its queries."""
        known = {name: getattr(model, name) for name in ModelHandle.__dataclass_fields__}
        return cls(**known, batcher=Batcher(evaluator, batch))

    def estimate(self, condition: Any) -> Estimator:
        """The estimator that queries this model under `condition`, once a call.

        Raises TypeError for what is not a condition of the model.
        """
        if self.unconditional == "" and not isinstance(condition, str):
            raise TypeError(f"{self.name} is asked under a prompt, a text, not under {condition!r}")
        if self.unconditional is None and not isinstance(condition, Integral | None):
            raise TypeError(
                f"{self.name} is asked under a class label, a whole number, or None, "
                f"not under {condition!r}"
            )
        return super().estimate(condition)

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        """The predictions, in order, in float32, each on the device of its query's x.

        Raises what the network raises, and ValueError for an x that is not a single image of the
        model's shape, or a time that its process does not have.
        """
        for query in queries:
            try:
                self.check(query)
            except ValueError as error:
                batch = getattr(query.x, "ndim", 0) > len(self.shape)
                more = "; together(…) draws several" if batch else ""
                raise ValueError(f"{self.name} is {error}{more}") from None
        found: dict[int, Prediction] = {}
        groups: dict[Any, list[int]] = {}
        for place, query in enumerate(queries):
            signature = self.batcher.evaluator.signature(query), query.x.device
            groups.setdefault(signature, []).append(place)
        for places in groups.values():
            with process_state_kept(), rounding():
                answers = self.batcher.answer([queries[place] for place in places])
            for place, answered in zip(places, answers, strict=True):
                if isinstance(answered, Exception):
                    raise answered
                found[place] = _moved(answered, queries[place].x.device)
        return [found[place] for place in range(len(queries))]


def _moved(prediction: Prediction, device: torch.device) -> Prediction:
    value, variance = prediction.value, prediction.variance
    if value.device == device:
        return prediction
    return Prediction(value.to(device), None if variance is None else variance.to(device))


def load_model(
    source: str | Path = EMBEDDED,
    *,
    device: str = "auto",
    dtype: str = "auto",
    batch: int = BATCH,
    embeddings: str | Path | None = None,
) -> LoadedModel:
    """Load a pretrained model to query by hand.

    source: "emoji-if", the embedded model; a folder or hub id in DeepFloyd IF's layout, whose
    conditions are prompts; or a folder in diffusers' layout with an unconditional or
    class-conditional UNet, in unet/ or in the folder itself, whose conditions are class labels or
    None. device: "auto", "cpu", "cuda", … dtype: "auto", "float32", "float16" or "bfloat16". batch:
    most queries in one forward pass. embeddings: a .pth or .safetensors file of encoded prompts,
    which replaces the text encoder. Encoded prompts are cached in the user's cache folder.

    Raises UserError for what is not a model, ValueError for a batch below 1.
    """
    if batch < 1:
        raise ValueError(f"batch is {batch}; at least one query is answered in a forward pass")
    device = choose_device(device)
    precision = choose_dtype(dtype, device)
    with process_state_kept():
        folder = Path(os.path.expanduser(source))
        if is_unet_folder(folder):
            return LoadedModel.of(*open_unet_folder(folder, device, precision), batch)
        return LoadedModel.of(*_load_stage_one(str(source), device, precision, embeddings), batch)


def trained_model(entry: Entry, epoch: int | None = None) -> LoadedModel:
    """The network of a stored training after `epoch`, counted from 1; None: after the last."""
    from fwd_report.training.checkpoints import load_trained

    return LoadedModel.of(*load_trained(entry, epoch, choose_device("auto")))


def to_image(tensor: torch.Tensor, value_range: tuple[float, float] = (-1.0, 1.0)) -> Image.Image:
    """Convert a tensor to a picture, clipped and rounded to 8 bits as results are.

    tensor: (C, H, W) with 1 or 3 channels. value_range: the values of black and white. Raises
    TypeError for what is not a tensor, ValueError for another shape.
    """
    import torch

    from fwd_report.recording.pictures import to_picture

    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"to_image takes a tensor (C, H, W), not a {type(tensor).__name__}")
    if tensor.ndim != 3 or tensor.shape[0] not in (1, 3):
        raise ValueError(
            f"to_image takes a tensor (C, H, W) of 1 or 3 channels, not {tuple(tensor.shape)}"
        )
    return to_picture(tensor, value_range)


def _load_stage_one(
    source: str, device: str, dtype: torch.dtype, embeddings: str | Path | None
) -> tuple[ModelHandle, Evaluator]:
    import pooch

    from fwd_report.models.cascade import Cascade
    from fwd_report.models.digest import digest_of_parts, digests_in
    from fwd_report.models.embeddings import EmbeddingFiles, encoded_prompts
    from fwd_report.models.folder_layout import ENCODER_PARTS, STAGE_PARTS
    from fwd_report.models.foresight import Foresight
    from fwd_report.models.opening import open_model
    from fwd_report.models.prompts import PromptEncoder, Prompts
    from fwd_report.store.memory import Memory

    memory = Memory(Path(pooch.os_cache("fwd-report")) / "memory")
    unread = () if embeddings is None else ENCODER_PARTS
    parts = [part for part in STAGE_PARTS[1] if part not in unread]
    folder = open_model(model_place(source, 1, Path.cwd()), memory, parts)
    digest = digest_of_parts(digests_in(folder.path, memory, parts))
    encoder: Callable[[], Prompts]
    if embeddings is None:
        place = partial(Foresight(device, dtype, 1, memory).encoder, lambda: folder)
        encoder = partial(PromptEncoder, lambda: folder, digest, memory, device, dtype, place)
    else:
        known = encoded_prompts([Path(os.path.expanduser(embeddings))], memory)
        encoder = partial(EmbeddingFiles, known, device, dtype)
    cascade = Cascade({1: lambda: folder}, encoder, device, dtype)
    memory.save()
    return cascade.model(1), cascade.evaluator(1)
