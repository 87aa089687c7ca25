"""Prompts as the UNets read them: encoded once, stored on disk; the encoder is dropped after
use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, Protocol

import torch
from torch import Tensor

from fwd_report.capacity import DEVICE_LIMIT
from fwd_report.errors import UserError, first_line
from fwd_report.models import weights
from fwd_report.models.embeddings import spelling
from fwd_report.models.folder_layout import TOKENS
from fwd_report.models.model_folder import ModelFolder
from fwd_report.outside import outside_keys
from fwd_report.precision import require_finite, rounding_policy
from fwd_report.store.memory import Memory, digest_of


def embed(tokenizer: Any, encoder: Any, prompts: Sequence[str]) -> Tensor:
    """(B, 77, D), exactly as diffusers' `IFPipeline.encode_prompt` without clean_caption.

    Lower-cased, stripped, padded; only the encoder gets the mask.
    """
    tokens = tokenizer(  # `spelling`, written out: keys count this function, and not that one
        [prompt.lower().strip() for prompt in prompts],
        padding="max_length",
        max_length=TOKENS,
        truncation=True,
        add_special_tokens=True,
        return_tensors="pt",
    ).to(encoder.device)
    embeddings: Tensor = encoder(tokens.input_ids, attention_mask=tokens.attention_mask)[0]
    return embeddings


@outside_keys
def cut_off(model: ModelFolder, prompt: str) -> str:
    """The end of a prompt that exceeds the encoder's length, as its tokens spell it; "" for
    none.
    """
    tokenizer = weights.load_tokenizer(model)
    read = tokenizer(spelling(prompt)).input_ids
    lost = read[TOKENS - 1 :] if len(read) > TOKENS else []
    return str(tokenizer.decode(lost, skip_special_tokens=True)).strip()


class Prompts(Protocol):
    """Supplies the UNets with encoded prompts."""

    def prepare(self, prompts: Iterable[str]) -> None:
        """Have these prompts encoded, loading the encoder once."""

    def embeddings(self, prompts: Iterable[str]) -> Tensor:
        """(B, 77, D) for B prompts, on the device in the model's dtype."""
        ...


class PromptEncoder:
    """Encodes prompts, each once.

    model: opens a stage I folder, whose digest is `digest`. memory: remembers encoded prompts.
    place: on which device, and in which dtype, it encodes; None: as the UNets do.
    """

    def __init__(
        self,
        model: Callable[[], ModelFolder],
        digest: str,
        memory: Memory,
        device: str,
        dtype: torch.dtype,
        place: Callable[[], tuple[str, torch.dtype]] | None = None,
    ) -> None:
        self._place = cache(place or (lambda: (device, dtype)))
        self._model = model
        self._digest = digest
        self._memory = memory
        self._code = memory.code_of(__file__, weights.__file__)
        self._device = device
        self._dtype = dtype
        self._encoded: dict[str, Tensor] = {}

    @property
    def elsewhere(self) -> str:
        """Where prompts are encoded, in words, if not on the UNets' device in their dtype."""
        device, dtype = place = self._place()
        if place == (self._device, self._dtype):
            return ""
        return f"prompts encoded on {device} in {str(dtype).removeprefix('torch.')}"

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

    @outside_keys
    def given(self, prompts: Iterable[str]) -> dict[str, bytes]:
        """Prompts by their text as safetensors, for `take` in a process with the same device."""
        from safetensors.torch import save

        prompts = list(prompts)
        self.prepare(prompts)
        kept = {prompt: self._encoded[prompt].cpu().contiguous() for prompt in prompts}
        return {prompt: save({"embedding": encoded}) for prompt, encoded in kept.items()}

    @outside_keys
    def names(self, prompts: Iterable[str]) -> dict[str, str]:
        """The names under which this process remembers prompts, by their text: another one that has
        what `given` gave under these may give it back.
        """
        return {prompt: self._name(prompt) for prompt in prompts}

    @outside_keys
    def take(self, encoded: dict[str, bytes]) -> None:
        """Use what another process encoded, and `given` gave."""
        from safetensors.torch import load

        for prompt, content in encoded.items():
            self._encoded[prompt] = load(content)["embedding"].to(self._device, self._dtype)

    @torch.inference_mode()
    def _encode(self, prompts: list[str]) -> None:
        folder = self._model()
        tokenizer = weights.load_tokenizer(folder)
        device, dtype = self._place()
        try:
            encoder = weights.load_text_encoder(folder, device, dtype)
        except torch.OutOfMemoryError as error:
            raise UserError(
                f"{device} has no memory left for the text encoder: {first_line(error)}",
                hint=f"end what else uses it, or set {DEVICE_LIMIT}, such as 8GiB, to what is left",
            ) from error
        for prompt in prompts:
            hidden = embed(tokenizer, encoder, [prompt])[0]
            require_finite(hidden, dtype, "the text encoder's answer")
            self._encoded[prompt] = hidden.to(self._device, self._dtype)
            self._keep(prompt, hidden)
        del encoder
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()

    @outside_keys
    def _name(self, prompt: str) -> str:
        """The name under which an encoded prompt is remembered: all that it is computed from."""
        libraries = [version(name) for name in ("torch", "transformers")]
        # What an encoder makes in another number of threads differs in its last bits.
        threads = str(torch.get_num_threads())
        device, dtype = self._place()
        where = [device, str(dtype), rounding_policy(device), threads]
        return digest_of("prompt", prompt, self._digest, self._code, libraries, where)

    @outside_keys
    def _stored(self, prompt: str) -> Tensor | None:
        """The encoded prompt, if it is remembered."""
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            return load(self._memory.get(self._name(prompt)) or b"").get("embedding")
        except SafetensorError:
            return None

    @outside_keys
    def _keep(self, prompt: str, embedding: Tensor) -> None:
        """Remember an encoded prompt."""
        from safetensors.torch import save

        kept = embedding.float().cpu().contiguous()
        self._memory.put(self._name(prompt), save({"embedding": kept}))
