"""Does a picture show what a text says? Image and text towers that share one space.

A scorer is a folder: the embedded model's own, or a CLIP model in transformers' layout.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fwd_report.errors import UserError, first_line
from fwd_report.models import weights
from fwd_report.models.folder_layout import CONFIG, PREPROCESSOR, RESTORE, TOKENS, WHOLE
from fwd_report.models.model_folder import ModelFolder

SIZE = 64
"""What `Towers` brings pictures to, in pixels."""
MOST_LOG_SCALE = 4.0
"""The logarithm of the inverse temperature is held below this in training."""


class Scorer(Protocol):
    """Pictures and texts as unit vectors of one space: their products are cosines."""

    @property
    def temperature(self) -> float:
        """What cosines were divided by in training, before the softmax."""
        ...

    def images(self, pictures: Tensor) -> Tensor:
        """(N, 3, S, S) in [-1, 1], any S, to (N, width)."""
        ...

    def texts(self, prompts: Sequence[str]) -> Tensor:
        """(N, width)."""
        ...


def load_scorer(folder: ModelFolder, device: str) -> Scorer:
    """The scorer in `folder`, by what its config.json says it is.

    Raises UserError that names the file which is missing, damaged or of a kind not known.
    """
    config = folder.config(WHOLE)
    if config.get("model_type") == "clip":
        return _load_clip(folder, device)
    if config.get("_class_name") == Towers.__name__:
        return _load_towers(folder, config, device)
    raise UserError(
        f"{folder.path / CONFIG} describes no known scorer",
        hint="name emoji-if, or a CLIP model in transformers' layout",
    )


class Towers(nn.Module):
    """Two small towers: convolutions for 64 px pictures, a mean of word vectors for texts."""

    def __init__(
        self, tokens: int, width: int = 128, channels: Sequence[int] = (24, 48, 96, 160)
    ) -> None:
        super().__init__()
        self.config = {"tokens": tokens, "width": width, "channels": list(channels)}
        layers: list[nn.Module] = []
        for before, after in zip((3, *channels[:-1]), channels, strict=True):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.GroupNorm(8, after), nn.SiLU()]
            layers += [nn.Conv2d(after, after, 3, 1, 1), nn.GroupNorm(8, after), nn.SiLU()]
        flat = channels[-1] * (SIZE // 2 ** len(channels)) ** 2
        self.look = nn.Sequential(*layers, nn.Flatten(), nn.Linear(flat, width))
        self.word = nn.Embedding(tokens, width, padding_idx=0)
        self.read = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.log_scale = nn.Parameter(torch.tensor(2.5))

    def images(self, pictures: Tensor) -> Tensor:
        """(B, 3, S, S) in [-1, 1], any S, to (B, width) unit vectors; S is brought to 64."""
        if pictures.shape[-1] != SIZE:
            pictures = F.interpolate(pictures, (SIZE, SIZE), mode="area")
        return F.normalize(self.look(pictures), dim=-1)

    def texts(self, tokens: Tensor) -> Tensor:
        """(B, L) token numbers, padded with 0, to (B, width) unit vectors."""
        present = (tokens != 0).unsqueeze(-1)
        mean = (self.word(tokens) * present).sum(1) / present.sum(1).clamp(min=1)
        return F.normalize(self.read(mean), dim=-1)


@dataclass(frozen=True, eq=False)
class TowersScorer:
    """`Towers` with the tokenizer that its word vectors are numbered by."""

    towers: Towers
    tokenizer: Any

    @property
    def temperature(self) -> float:
        return float((-self.towers.log_scale.clamp(max=MOST_LOG_SCALE)).exp())

    def save(self, folder: Path) -> None:
        """Write what `load_scorer` reads: config.json, half-precision weights, the tokenizer."""
        from safetensors.torch import save_file

        self.tokenizer.save_pretrained(folder)
        config = {"_class_name": Towers.__name__, **self.towers.config}
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
        weights = self.towers.state_dict()
        save_file(
            {name: value.half().contiguous() for name, value in weights.items()},
            folder / "model.safetensors",
        )

    def images(self, pictures: Tensor) -> Tensor:
        return self.towers.images(pictures.to(self.towers.log_scale.device)).cpu()

    def texts(self, prompts: Sequence[str]) -> Tensor:
        tokens = tokenise(self.tokenizer, prompts).to(self.towers.log_scale.device)
        return self.towers.texts(tokens).cpu()


def tokenise(tokenizer: Any, texts: Sequence[str]) -> Tensor:
    """(B, L) token numbers padded with 0, lower-cased."""
    lowered = [text.lower().strip() for text in texts]
    return tokenizer(  # type: ignore[no-any-return]
        lowered, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt"
    ).input_ids


@dataclass(frozen=True, eq=False)
class CLIPScorer:
    """A CLIP model (Radford et al. 2021): what the papers on anagrams and hybrids score with."""

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


def _load_towers(folder: ModelFolder, config: dict[str, Any], device: str) -> TowersScorer:
    try:
        towers = Towers(config["tokens"], config["width"], config["channels"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, CONFIG, error) from error
    tensors = {
        name: value.float() for file in folder.tensors(WHOLE) for name, value in file.items()
    }
    try:
        towers.load_state_dict(tensors)
    except RuntimeError as error:
        raise UserError(
            f"the weights in {folder.path} cannot be loaded: {first_line(error)}", hint=RESTORE
        ) from error
    towers = towers.to(device).eval().requires_grad_(False)
    return TowersScorer(towers, weights.load_tokenizer(folder, WHOLE))


def _load_clip(folder: ModelFolder, device: str) -> CLIPScorer:
    from transformers import CLIPConfig, CLIPModel

    model = weights.load_transformer(CLIPModel, CLIPConfig, folder, WHOLE, device, torch.float32)
    says = folder.config(WHOLE, PREPROCESSOR)
    try:
        mean, std = (torch.tensor(says[f"image_{name}"]).view(3, 1, 1) for name in ("mean", "std"))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise _damaged(folder, PREPROCESSOR, error) from error
    return CLIPScorer(model, weights.load_tokenizer(folder, WHOLE), mean, std)


def _damaged(folder: ModelFolder, file: str, error: Exception) -> UserError:
    path = folder.path / file
    return UserError(f"the model's {path} is damaged: {first_line(error)}", hint=RESTORE)
