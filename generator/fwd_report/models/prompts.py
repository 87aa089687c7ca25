"""Prompts as the UNets read them: encoded once, kept on disk, the encoder dropped after use."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fwd_report.models import weights
from fwd_report.models.model_folder import ModelFolder
from fwd_report.store.files import write_atomically

DIGEST = "sha256"
LENGTH = 77
"""Tokens a prompt is padded or cut to: what DeepFloyd IF was trained with."""


def embed(tokenizer: Any, encoder: Any, prompts: Sequence[str]) -> Tensor:
    """(B, 77, D), exactly as diffusers' `IFPipeline.encode_prompt` without clean_caption.

    Lower-cased, stripped, padded; the mask goes to the encoder alone.
    """
    tokens = tokenizer(
        [prompt.lower().strip() for prompt in prompts],
        padding="max_length",
        max_length=LENGTH,
        truncation=True,
        add_special_tokens=True,
        return_tensors="pt",
    ).to(encoder.device)
    embeddings: Tensor = encoder(tokens.input_ids, attention_mask=tokens.attention_mask)[0]
    return embeddings


class PromptEncoder:
    """Encodes prompts, each once.

    model: a stage I folder, `digest` what it is known by. folder: where encoded prompts are
    kept, by model digest, prompt and the code that encodes.
    """

    def __init__(
        self, model: ModelFolder, digest: str, folder: Path, device: str, dtype: torch.dtype
    ) -> None:
        self._model = model
        self._digest = digest
        self._folder = folder
        self._device = device
        self._dtype = dtype
        self._encoded: dict[str, Tensor] = {}

    def prepare(self, prompts: Iterable[str]) -> None:
        """Encode the prompts that are not known yet, loading the encoder once for all of them."""
        missing = []
        for prompt in dict.fromkeys(prompts):
            if prompt in self._encoded:
                continue
            stored = self._stored(prompt)
            if stored is None:
                missing.append(prompt)
            else:
                self._encoded[prompt] = stored.to(self._device, self._dtype)
        if missing:
            self._encode(missing)

    def embeddings(self, prompts: Iterable[str]) -> Tensor:
        """(B, 77, D) for B prompts, on the device in the model's dtype."""
        prompts = list(prompts)
        self.prepare(prompts)
        return torch.stack([self._encoded[prompt] for prompt in prompts])

    @torch.inference_mode()
    def _encode(self, prompts: list[str]) -> None:
        tokenizer = weights.load_tokenizer(self._model)
        encoder = weights.load_text_encoder(self._model, self._device, self._dtype)
        for prompt in prompts:
            hidden = embed(tokenizer, encoder, [prompt])[0]
            self._encoded[prompt] = hidden.to(self._device, self._dtype)
            self._keep(prompt, hidden)
        del encoder
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _path(self, prompt: str) -> Path:
        name = "\0".join((_code_digest(), self._digest, str(self._dtype), prompt))
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()}.safetensors"

    def _stored(self, prompt: str) -> Tensor | None:
        """The encoded prompt on disk; what is not exactly what was kept is encoded again."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._path(prompt), framework="pt") as file:
                embedding: Tensor = file.get_tensor("embedding")
                said = (file.metadata() or {}).get(DIGEST)
        except (OSError, SafetensorError):
            return None
        return embedding if said == _digest(embedding) else None

    def _keep(self, prompt: str, embedding: Tensor) -> None:
        """With its digest; nothing, where nothing can be kept."""
        from safetensors.torch import save

        kept = embedding.float().cpu().contiguous()
        data = save({"embedding": kept}, metadata={DIGEST: _digest(kept)})
        with suppress(OSError):
            write_atomically(self._path(prompt), data)


@cache
def _code_digest() -> str:
    """SHA-256 of the code that encodes: what other code kept is encoded again."""
    sources = (Path(__file__), Path(weights.__file__))
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


def _digest(embedding: Tensor) -> str:
    """SHA-256 of a tensor's type, shape and values."""
    from safetensors.torch import save

    return hashlib.sha256(save({"embedding": embedding})).hexdigest()
