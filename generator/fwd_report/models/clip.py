"""A CLIP model as a scorer, in transformers' layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from fwd_report.models import weights
from fwd_report.models.folder_layout import PREPROCESSOR, WHOLE
from fwd_report.models.model_folder import ModelFolder


@dataclass(frozen=True, eq=False)
class CLIPScorer:
    """A CLIP model (Radford et al. 2021), the scorer of the papers on anagrams and hybrids."""

    model: Any
    tokenizer: Any
    mean: Tensor
    std: Tensor

    @property
    def temperature(self) -> float:
        return float((-self.model.logit_scale).exp())

    def images(self, pictures: Tensor) -> Tensor:
        side = self.model.config.vision_config.image_size
        pixels = F.interpolate(
            (pictures + 1) / 2, (side, side), mode="bicubic", antialias=True
        ).clamp(0, 1)
        pixels = ((pixels - self.mean) / self.std).to(self.model.device)
        pooled = self.model.vision_model(pixel_values=pixels).pooler_output
        return F.normalize(self.model.visual_projection(pooled), dim=-1).cpu()

    def texts(self, prompts: Sequence[str]) -> Tensor:
        tokens = self.tokenizer(
            list(prompts),
            padding=True,
            truncation=True,
            max_length=self.model.config.text_config.max_position_embeddings,
            return_tensors="pt",
        ).to(self.model.device)
        pooled = self.model.text_model(**tokens).pooler_output
        return F.normalize(self.model.text_projection(pooled), dim=-1).cpu()


def load_clip(folder: ModelFolder, device: str) -> CLIPScorer:
    from transformers import CLIPConfig, CLIPModel

    model = weights.load_transformer(CLIPModel, CLIPConfig, folder, WHOLE, device, torch.float32)
    says = folder.config(WHOLE, PREPROCESSOR)
    try:
        mean, std = (torch.tensor(says[f"image_{name}"]).view(3, 1, 1) for name in ("mean", "std"))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise folder.damaged(PREPROCESSOR, error) from error
    return CLIPScorer(model, weights.load_tokenizer(folder, WHOLE), mean, std)
