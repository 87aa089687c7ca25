"""The memory that a network takes: its weights, and what it computes. Nothing is loaded for it.

Weights are counted from the headers of the safetensors files; the memory for a picture is the peak
of a forward pass on torch's `meta` device, where tensors have shapes and no numbers.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from fwd_report.models import weights
from fwd_report.models.folder_layout import TOKENS
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.tensors import Described
from fwd_report.store.memory import Memory, digest_of

OUTSIDE_KEYS = "how much memory a network takes changes no result"


@dataclass(frozen=True)
class Footprint:
    """Bytes on the device: of a network's weights, and of one picture while it is computed."""

    weights: int
    picture: int = 0

    def batch(self, pictures: int) -> int:
        """Bytes for a batch of that many pictures."""
        return self.weights + pictures * self.picture


def encoder_footprint(folder: ModelFolder, dtype: torch.dtype) -> Footprint:
    """Of the text encoder in `dtype`; a prompt of 77 tokens takes little beside the weights."""
    return Footprint(
        weights_held(
            folder.described("text_encoder"), lambda name: weights.encoder_dtype(name, dtype)
        )
    )


def unet_footprint(folder: ModelFolder, dtype: torch.dtype, memory: Memory) -> Footprint:
    """Of a stage's UNet in `dtype`. memory: remembers the bytes for a picture.

    picture is 0 where it cannot be foreseen. Raises UserError for weights that are not whole.
    """
    held = weights_held(folder.described("unet"), lambda name: dtype)
    config = folder.config("unet")
    made_of = [config, str(dtype), memory.code]
    try:
        picture = memory.recall(
            digest_of("picture", *made_of),
            lambda: picture_memory(weights.empty_unet(folder), dtype),
        )
    except Exception:
        # A network may do what `meta` cannot. Then its pictures are not foreseen, but seen.
        picture = 0
    return Footprint(held, picture)


def weights_held(tensors: Iterable[Described], dtype_of: Callable[[str], torch.dtype]) -> int:
    """Bytes of the weights, those of floating point converted to the dtype as they are loaded."""
    held = 0
    for tensor in tensors:
        floats = tensor.dtype.is_floating_point
        into = dtype_of(tensor.name) if floats else tensor.dtype
        held += tensor.size // tensor.dtype.itemsize * into.itemsize
    return held


@torch.no_grad()
def picture_memory(unet: Any, dtype: torch.dtype) -> int:
    """The peak memory of a forward pass for one picture, in bytes, without the weights.

    unet: without numbers. The table of attention weights is not counted, because the devices' own
    kernels never store it.
    """
    unet = unet.to("meta", dtype)
    with _FusedAttention(), LiveBytes(unet.parameters()) as held:
        _query(unet, dtype)
    return int(held.most)


@torch.no_grad()
def picture_operations(unet: Any) -> int:
    """Floating-point operations of a forward pass for one picture: of products and convolutions.

    unet: without numbers.
    """
    with FlopCounterMode(display=False) as counter:
        _query(unet.to("meta"), torch.float32)
    return int(counter.get_total_flops())


def _query(unet: Any, dtype: torch.dtype) -> None:
    """A forward pass for one picture on `meta`."""
    config = unet.config
    side = config["sample_size"]
    x = torch.empty(1, config["in_channels"], side, side, dtype=dtype, device="meta")
    width = config.get("encoder_hid_dim") or config["cross_attention_dim"]
    text = torch.empty(1, TOKENS, width, dtype=dtype, device="meta")
    t = torch.zeros(1, dtype=torch.long, device="meta")
    labels = {"class_labels": t} if config.get("class_embed_type") else {}
    unet(x, t, text, return_dict=False, **labels)


class _FusedAttention(TorchFunctionMode):
    """Attention that allocates only its result: on `meta`, torch would store the table."""

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function is scaled_dot_product_attention:
            query, _, value = args[:3]
            return query.new_empty(*query.shape[:-1], value.shape[-1])
        return function(*args, **(kwargs or {}))


class LiveBytes(TorchDispatchMode):
    """Counts the bytes of the tensors that are created and still alive."""

    def __init__(self, before: Iterable[torch.Tensor]) -> None:
        """before: tensors that do not count; nor do views of them."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.most = 0
        self._now = 0
        self._sizes = {tensor.untyped_storage()._cdata: 0 for tensor in before}

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        made = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        name = storage._cdata
        if name in self._sizes:
            return
        self._sizes[name] = storage.nbytes()
        self._now += self._sizes[name]
        self.most = max(self.most, self._now)
        weakref.finalize(storage, self._gone, name)

    def _gone(self, name: int) -> None:
        self._now -= self._sizes.pop(name)
