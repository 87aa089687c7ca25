"""Prompts that were encoded elsewhere: files that hold a tensor for each prompt.

The course hands out such a file, because no free machine holds DeepFloyd IF's text encoder.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from fwd_report.errors import OutdatedError, UserError, first_line, quoted, reason
from fwd_report.models.folder_layout import TOKENS
from fwd_report.models.vocabulary import CLOSE
from fwd_report.store.files import write_atomically
from fwd_report.store.memory import Memory, digest_of

if TYPE_CHECKING:
    import torch
    from torch import Tensor

OUTSIDE_KEYS = "the tensors that are read are in the keys by their digests"

FORMATS = (".safetensors", ".pth", ".pt")
WANTED = f"a dict of prompt to a tensor of shape (1, {TOKENS}, D) or ({TOKENS}, D)"


@dataclass(frozen=True)
class Encoded:
    """A prompt in a file: name is its spelling there, digest that of its tensor as float32.

    width: D, numbers per token.
    """

    file: Path
    name: str
    digest: str
    width: int


def spelling(prompt: str) -> str:
    """The prompt as DeepFloyd IF's text encoder reads it: lower-case, without surrounding
    spaces.
    """
    return prompt.lower().strip()


def sought(prompt: str) -> str:
    """What a prompt is found by in files: its spelling, with one character for a letter and its
    accent, however that is written (Unicode's NFC).
    """
    return normalize("NFC", spelling(prompt))


def encoded_prompts(files: Iterable[Path], memory: Memory) -> dict[str, Encoded]:
    """The contents of the files, by what a prompt is `sought` by.

    Files that were examined before are not opened again. Raises UserError for a file that is
    missing, damaged or holds anything else, and for a prompt that two files encode differently.
    """
    found: dict[str, Encoded] = {}
    for file in files:
        if file.suffix not in FORMATS:
            raise UserError(f"{file} is no file of embeddings: write it as .pth or .safetensors")
        try:
            name = digest_of("embeddings", file.suffix, memory.of_file(file), memory.code)
            held = memory.recall(name, partial(_listed, file))
        except FileNotFoundError:
            raise UserError(f"there is no file {file}") from None
        except OSError as error:
            raise UserError(f"{file} cannot be read: {reason(error)}") from error
        except ValueError as error:
            raise UserError(f"{file}: {error}", hint=f"wanted is {WANTED}") from error
        for written, digest, width in held:
            new = Encoded(file, written, digest, width)
            old = found.setdefault(sought(written), new)
            if old.digest != new.digest:
                where = f"{old.file} and {file} hold" if old.file != file else f"{file} holds"
                raise UserError(f"{where} two encodings of {quoted(sought(written))}")
    return found


def save_embeddings(file: Path, prompts: Mapping[str, Tensor]) -> None:
    """Write a file that `encoded_prompts` reads: the course's dict, or safetensors.

    prompts: (77, D) each; they are stored as (1, 77, D), on the CPU, in their own dtype.
    """
    import torch

    held = {prompt: tensor[None].cpu().contiguous() for prompt, tensor in prompts.items()}
    written = io.BytesIO()
    if file.suffix == ".safetensors":
        from safetensors.torch import save

        written.write(save(held))
    else:
        torch.save(held, written)
    write_atomically(file, written.getvalue())


class EmbeddingFiles:
    """Supplies the UNets with the prompts of files, in place of a text encoder.

    prompts: as `encoded_prompts` found them. planned: the prompts that the runs declare, with the
    digests in their keys; None: every prompt of the files may be used.
    """

    def __init__(
        self,
        prompts: Mapping[str, Encoded],
        device: str,
        dtype: torch.dtype,
        planned: Mapping[str, str] | None = None,
    ) -> None:
        digests = None if planned is None else {sought(p): d for p, d in planned.items()}
        self._prompts = prompts
        self._planned = digests
        self._device = device
        self._dtype = dtype
        self._read: dict[str, Tensor] = {}

    def prepare(self, prompts: Iterable[str]) -> None:
        """Read the tensors of these prompts, each file once.

        Raises OutdatedError if a file no longer holds what was planned, and LookupError for a
        prompt that is in no file or that no run declares.
        """
        wanted: dict[Path, dict[str, Encoded]] = {}
        for prompt in prompts:
            name = sought(prompt)
            if name in self._read:
                continue
            if self._planned is not None and name not in self._planned:
                raise LookupError(
                    f"{quoted(prompt)} is asked, and the technique's `prompts` does not name it"
                )
            if name not in self._prompts:
                raise LookupError(f"no file of embeddings holds {quoted(prompt)}")
            wanted.setdefault(self._prompts[name].file, {})[name] = self._prompts[name]
        for file, asked in wanted.items():
            tensors = _tensors(file)
            for name, entry in asked.items():
                tensor = _checked(tensors.get(entry.name))
                planned = entry.digest if self._planned is None else self._planned[name]
                if isinstance(tensor, str) or _digest(tensor) != planned:
                    raise OutdatedError(file)
                self._read[name] = tensor.to(self._device, self._dtype)

    def embeddings(self, prompts: Iterable[str]) -> Tensor:
        """(B, 77, D) for B prompts, on the device in the model's dtype."""
        import torch

        prompts = list(prompts)
        self.prepare(prompts)
        return torch.stack([self._read[sought(prompt)] for prompt in prompts])


def _listed(file: Path) -> list[tuple[str, str, int]]:
    """(prompt, digest, width) of each tensor. Raises ValueError with the reason if anything is
    wrong.
    """
    found = []
    for prompt, value in _tensors(file).items():
        if not isinstance(prompt, str):
            raise ValueError(f"one of its keys is no text: {prompt!r:.80}")
        tensor = _checked(value)
        if isinstance(tensor, str):
            name = quoted(prompt)[:200]
            raise ValueError(f"what it holds for {name} {tensor}")
        found.append((prompt, _digest(tensor), tensor.shape[1]))
    if not found:
        raise ValueError("it holds no prompt")
    return found


def _tensors(file: Path) -> Mapping[Any, Any]:
    """The contents of the file's bytes. Raises ValueError with the reason if they are damaged."""
    content = file.read_bytes()
    if file.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            return load(content)
        except (SafetensorError, ValueError, KeyError, AttributeError) as error:
            raise ValueError(f"it is no safetensors file: {first_line(error)}") from error
    import pickle

    import torch

    try:
        held = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "invalid load key" in str(error):
            raise ValueError("it is no file that torch wrote") from error
        raise ValueError(
            "it holds more than tensors, which could run code when it is loaded, so it is not"
        ) from error
    except Exception as error:
        raise ValueError(f"torch cannot read it: {first_line(error)}") from error
    if not isinstance(held, dict):
        raise ValueError(f"it holds a {type(held).__name__} and no dict")
    return held


def _checked(value: Any) -> Tensor | str:
    """The tensor as (77, D) in float32, or what is wrong with it."""
    import torch

    if not isinstance(value, torch.Tensor):
        return f"is a {type(value).__name__} and no tensor"
    if value.is_nested or value.device.type == "meta":
        return "is no plain tensor"
    if value.layout != torch.strided:
        return "is a sparse tensor"
    if not value.is_floating_point():
        return f"is a tensor of {str(value.dtype).removeprefix('torch.')}"
    shape = tuple(value.shape)
    if len(shape) == 3 and shape[0] == 1:
        value = value[0]
    if value.ndim != 2 or value.shape[0] != TOKENS or not value.shape[1]:
        return f"has the shape {shape}"
    value = value.detach().float().contiguous()
    return value if value.isfinite().all() else "is not finite"


def _digest(tensor: Tensor) -> str:
    """SHA-256 of a checked tensor's values: equal whatever float type they are stored in."""
    return hashlib.sha256(repr(tuple(tensor.shape)).encode() + _bytes(tensor)).hexdigest()


def _bytes(tensor: Tensor) -> bytes:
    return tensor.numpy().astype("<f4", copy=False).tobytes()


def nearest(prompt: str, known: Iterable[str]) -> Iterator[str]:
    """Up to three known prompts that this one may be a slip of, in order of the alphabet.

    Their words are the same up to spelling, apart from articles: "a photo of a cat" resembles
    "a photo of a man" letter by letter, but does not mean it.
    """
    words = _words(prompt)
    alike = (other for other in sorted(set(known)) if _alike(words, _words(other)))
    yield from islice(alike, 3)


def _words(prompt: str) -> list[str]:
    return [word for word in sought(prompt).split() if word not in ("a", "an", "the")]


def _alike(words: list[str], others: list[str]) -> bool:
    """Whether no word differs by more than a few letters."""
    return len(words) == len(others) > 0 and all(
        word == other or SequenceMatcher(None, word[:50], other[:50]).ratio() >= CLOSE
        for word, other in zip(words, others, strict=True)
    )
