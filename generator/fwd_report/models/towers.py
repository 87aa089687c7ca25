"""The embedded model's scorer: a small image tower and a small text tower that share one space."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fwd_report.errors import UserError, first_line
from fwd_report.models import weights
from fwd_report.models.folder_layout import CONFIG, RESTORE, TOKENS, WHOLE
from fwd_report.models.model_folder import ModelFolder

SIZE = 64
"""The size to which `Towers` scales pictures, in pixels."""
MOST_LOG_SCALE = 4.0
"""The upper bound of the logarithm of the inverse temperature in training."""


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
        """images: (B, 3, S, S) in [-1, 1], any S, to (B, width) unit vectors; images are scaled to
        64 px.
        """
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
    """`Towers` with the tokenizer that numbers its word vectors."""

    towers: Towers
    tokenizer: Any

    @property
    def temperature(self) -> float:
        return float((-self.towers.log_scale.clamp(max=MOST_LOG_SCALE)).exp())

    def save(self, folder: Path) -> None:
        """Write the files that `load_scorer` reads: config.json, half-precision weights, the
        tokenizer.
        """
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
    """(B, L) token numbers of the lower-cased texts, padded with 0."""
    lowered = [text.lower().strip() for text in texts]
    return tokenizer(  # type: ignore[no-any-return]
        lowered, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt"
    ).input_ids


def load_towers(folder: ModelFolder, config: dict[str, Any], device: str) -> TowersScorer:
    try:
        towers = Towers(config["tokens"], config["width"], config["channels"])
    except (KeyError, TypeError, ValueError) as error:
        raise folder.damaged(CONFIG, error) from error
    tensors = {name: value.float() for name, value in folder.tensors(WHOLE)}
    try:
        towers.load_state_dict(tensors)
    except RuntimeError as error:
        raise UserError(
            f"the weights in {folder.path} cannot be loaded: {first_line(error)}", hint=RESTORE
        ) from error
    towers = towers.to(device).eval().requires_grad_(False)
    return TowersScorer(towers, weights.load_tokenizer(folder, WHOLE))
