"""Does a picture show what was asked? Image and text towers trained contrastively.

Small enough to ship, and honest in two ways: it never trains on the generator's pictures, and one
icon set is held out of its training to measure it. Its text tower reads the generator's tokens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast

from emoji_if.drawings import DataError
from emoji_if.networks import TOKENS


class Scorer(nn.Module):
    """Pictures and captions to unit vectors of one space, `width` long."""

    def __init__(self, tokens: int, width: int = 128, channels: Sequence[int] = (24, 48, 96, 160)):
        super().__init__()
        self.config = {"tokens": tokens, "width": width, "channels": list(channels)}
        layers: list[nn.Module] = []
        for before, after in zip((3, *channels[:-1]), channels, strict=True):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.GroupNorm(8, after), nn.SiLU()]
            layers += [nn.Conv2d(after, after, 3, 1, 1), nn.GroupNorm(8, after), nn.SiLU()]
        self.look = nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * channels[-1], width))
        self.word = nn.Embedding(tokens, width, padding_idx=0)
        self.read = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.log_scale = nn.Parameter(torch.tensor(2.5))

    def images(self, pictures: Tensor) -> Tensor:
        """(B, 3, S, S) in [-1, 1], any S, to (B, width) unit vectors; S is brought to 64."""
        if pictures.shape[-1] != 64:
            pictures = F.interpolate(pictures, (64, 64), mode="area")
        return F.normalize(self.look(pictures), dim=-1)

    def texts(self, tokens: Tensor) -> Tensor:
        """(B, L) token numbers, padded with 0, to (B, width) unit vectors."""
        present = (tokens != 0).unsqueeze(-1)
        mean = (self.word(tokens) * present).sum(1) / present.sum(1).clamp(min=1)
        return F.normalize(self.read(mean), dim=-1)

    def save(self, folder: Path) -> None:
        """Write `config.json` and half-precision `model.safetensors`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(self.config, indent=2) + "\n", "utf-8")
        weights = {name: value.half().contiguous() for name, value in self.state_dict().items()}
        save_file(weights, folder / "model.safetensors")

    @classmethod
    def load(cls, folder: Path) -> Scorer:
        """Read what `save` wrote, in float32. Raises DataError where that is not there."""
        try:
            scorer = cls(**json.loads((folder / "config.json").read_text("utf-8")))
            weights = load_file(folder / "model.safetensors")
        except FileNotFoundError as error:
            raise DataError(f"{error.filename or folder} is missing: export a scorer") from None
        scorer.load_state_dict({name: value.float() for name, value in weights.items()})
        return scorer.eval()


def tokenise(tokenizer: PreTrainedTokenizerFast, captions: Sequence[str]) -> Tensor:
    """(B, L) token numbers padded with 0, lower-cased."""
    lowered = [caption.lower().strip() for caption in captions]
    return tokenizer(
        lowered, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt"
    ).input_ids


def contrastive(pictures: Tensor, texts: Tensor, things: Tensor, log_scale: Tensor) -> Tensor:
    """CLIP's symmetric loss, every pair of the same thing counting as a match.

    pictures, texts: (B, width) unit vectors; things: (B,) numbers.
    """
    logits = log_scale.clamp(max=4.0).exp() * pictures @ texts.T
    same = (things[:, None] == things[None, :]).float()
    target = same / same.sum(1, keepdim=True)
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))


@torch.inference_mode()
def retrieval(
    scorer: Scorer,
    tokenizer: PreTrainedTokenizerFast,
    pictures: Tensor,
    wanted: Tensor,
    names: Sequence[str],
) -> Tensor:
    """(N,) booleans: whether each picture's nearest name, of all names, is the wanted one."""
    texts = scorer.texts(tokenise(tokenizer, names))
    nearest = [(scorer.images(part) @ texts.T).argmax(1) for part in pictures.split(256)]
    return torch.cat(nearest) == wanted
