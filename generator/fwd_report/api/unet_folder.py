"""A UNet without text conditioning, from a folder in diffusers' layout."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fwd_report.diffusion.ddpm import CLEAN, DDPM, Threshold
from fwd_report.diffusion.program import Prediction, Query
from fwd_report.diffusion.rows import numbers, stacked
from fwd_report.errors import UserError, first_line
from fwd_report.models.handle import Evaluator, ModelHandle, predictions
from fwd_report.precision import kept_finite

NETWORK = "UNet2DModel"
VARIANCES = ("fixed_small", "fixed_small_log", "fixed_large", "learned_range")


def is_unet_folder(folder: Path) -> bool:
    """Whether the folder, or its unet/, holds a UNet2DModel of diffusers."""
    return folder.is_dir() and _config(_unet_part(folder)).get("_class_name") == NETWORK


def open_unet_folder(
    folder: Path, device: str, dtype: torch.dtype
) -> tuple[ModelHandle, Evaluator]:
    """The UNet, and the process that scheduler/ describes; without one, DDPM's own of 1,000 steps.

    Raises UserError for weights that are not safetensors or cannot be read, for a scheduler that is
    not DDPM, and for a network that does not predict ε.
    """
    from diffusers import UNet2DModel

    part = _unet_part(folder)
    try:
        network: Any = UNet2DModel.from_pretrained(part, use_safetensors=True, torch_dtype=dtype)
    except Exception as error:
        raise UserError(f"the UNet in {part} cannot be loaded: {first_line(error)}") from error
    size = network.config["sample_size"]
    height, width = (size, size) if isinstance(size, int) else size
    process, fixed_small = _process(folder / "scheduler")
    model = ModelHandle(
        name=str(folder),
        process=process,
        shape=(network.config["in_channels"], height, width),
        value_range=(-1.0, 1.0),
        unconditional=None,
    )
    return model, UNetEvaluator(network, device, fixed_small)


class UNetEvaluator:
    """Answers queries with a UNet2DModel; conditions are class labels, or None.

    fixed_small: the process uses the posterior's variance, the lower end of the learned range.
    """

    def __init__(self, network: nn.Module, device: str, fixed_small: bool) -> None:
        self.device = torch.device(device)
        self._network = network.to(self.device).eval().requires_grad_(False)
        self._dtype = next(network.parameters()).dtype
        self._fixed_small = fixed_small

    def signature(self, query: Query) -> Any:
        return tuple(query.x.shape), query.condition is None

    @torch.inference_mode()
    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        x = stacked([query.x for query in queries], self.device).to(self._dtype)
        t = numbers([int(query.t) for query in queries], self.device)
        labels = None
        if queries[0].condition is not None:
            labels = numbers([query.condition for query in queries], self.device)
        output = self._network(x, t, labels, return_dict=False)[0]
        answers = predictions(kept_finite(output, self._dtype), queries[0].x.shape[0])
        if self._fixed_small:
            return [Prediction(each.value, torch.full_like(each.value, -1.0)) for each in answers]
        return answers


def _process(folder: Path) -> tuple[DDPM, bool]:
    """The process, and whether it uses the posterior's variance."""
    from diffusers import DDPMScheduler

    config = _config(folder, "scheduler_config.json")
    if "_class_name" in config and config["_class_name"] not in ("DDPMScheduler", "DDIMScheduler"):
        raise UserError(f"the scheduler in {folder} is a {config['_class_name']}, not a DDPM's")
    scheduler: Any = DDPMScheduler.from_config(config)
    known = scheduler.config
    if known["prediction_type"] != "epsilon" or known["variance_type"] not in VARIANCES:
        raise UserError(
            f"the scheduler in {folder} has prediction_type {known['prediction_type']!r} and "
            f"variance_type {known['variance_type']!r}: a network that predicts epsilon is asked"
        )
    threshold = None
    if known["thresholding"]:
        threshold = Threshold(known["dynamic_thresholding_ratio"], known["sample_max_value"])
    elif known["clip_sample"]:
        threshold = Threshold(maximum=1.0)
    small = known["variance_type"].startswith("fixed_small")
    process = DDPM(
        scheduler.betas,
        "fixed_large" if known["variance_type"] == "fixed_large" else "learned_range",
        [*range(len(scheduler.betas) - 1, -1, -1), CLEAN],
        threshold,
    )
    return process, small


def _unet_part(folder: Path) -> Path:
    return folder / "unet" if (folder / "unet").is_dir() else folder


def _config(folder: Path, name: str = "config.json") -> dict[str, Any]:
    """A configuration file; empty if it cannot be read."""
    try:
        content = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
