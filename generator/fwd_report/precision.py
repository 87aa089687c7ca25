"""The number formats of computations, and how products of float32 may be rounded.

The only place that decides, sets and names them, for sampling, trainings and scorers alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from fwd_report.errors import UserError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

DTYPES = ("float32", "float16", "bfloat16")
IEEE, TF32 = "ieee", "tf32"
"""Torch's names for full float32, and for float32 without its last 13 bits in products."""


def choose_dtype(wanted: str, device: str) -> torch.dtype:
    """`auto` → float16 on CUDA, as DeepFloyd's weights are published, else float32.

    Raises UserError for a name that is not one of DTYPES.
    """
    import torch

    if wanted == "auto":
        return torch.float16 if device.startswith("cuda") else torch.float32
    if wanted not in DTYPES:
        raise UserError(f"dtype '{wanted}' is not one of auto, {', '.join(DTYPES)}")
    return getattr(torch, wanted)  # type: ignore[no-any-return]


@contextmanager
def rounding(tf32: bool = False) -> Iterator[None]:
    """For the duration of the block, products and convolutions of float32 use float32, or TF32.

    By default, torch lets convolutions use TF32 (10 bits of fraction, not 23) on Ampere and newer.
    Sums of half precision are kept in float32, whatever torch would do. The previous settings are
    restored afterwards.
    """
    import torch

    matmul = torch.backends.cuda.matmul
    wanted: list[tuple[Any, str, Any]] = [
        *((place, "fp32_precision", TF32 if tf32 else IEEE) for place in _on_gpus()),
        *((place, "fp32_precision", IEEE) for place in _on_cpus()),
        (matmul, "allow_fp16_reduced_precision_reduction", False),
        (matmul, "allow_bf16_reduced_precision_reduction", False),
    ]
    older = _older()
    before = [(place, name, getattr(place, name)) for place, name, _ in wanted]
    _set_older("high" if tf32 else "highest", tf32)
    for place, name, value in wanted:
        setattr(place, name, value)
    try:
        yield
    finally:
        _set_older(*older)
        for place, name, value in before:
            setattr(place, name, value)


def in_tf32() -> bool:
    """Whether float32 is currently rounded to TF32 on GPUs, in products and in convolutions."""
    return all(place.fp32_precision == TF32 for place in _on_gpus())


def rounding_policy(device: str) -> str:
    """How float32 is currently rounded on that device, in words, for a result's provenance."""
    if device.startswith("cuda"):
        matmul, convolution, *_ = (place.fp32_precision == TF32 for place in _on_gpus())
        if matmul and convolution:
            return "float32 products and convolutions in TF32"
        if matmul or convolution:
            return f"float32 {'products' if matmul else 'convolutions'} in TF32"
        return "float32 products and convolutions in float32"
    named = {place.fp32_precision for place in _on_cpus()} - {"none", IEEE}
    return f"float32 products in {', '.join(sorted(named)) or 'float32'}"


def require_finite(output: Tensor, dtype: torch.dtype, what: str = "the network's answer") -> None:
    """Raise UserError, with the way out, if an output holds infinities or NaN.

    output: any shape; dtype: the network's number format.
    """
    # One pass tells nearly always: what is not finite stays so in a sum.
    if bool(output.sum().isfinite()) or bool(output.isfinite().all()):
        return
    name = str(dtype).removeprefix("torch.")
    if name == "float16":
        raise UserError(
            f"{what} is not finite: a value was beyond 65504, the largest of float16",
            hint="set `dtype: bfloat16` in report.yaml, whose range is float32's, or float32",
        )
    raise UserError(
        f"{what} in {name} is not finite",
        hint="its weights are damaged, or it was asked about values that are not finite",
    )


def kept_finite(output: Tensor, dtype: torch.dtype) -> Tensor:
    """The outputs of a network, (B, …), where each is either finite or entirely NaN.

    On the CPU it raises as `require_finite`. Elsewhere a check would wait for the device, so an
    output that is not finite is replaced by NaN. It stays NaN through every step, and is detected
    when the result is stored.
    """
    if output.device.type == "cpu":
        require_finite(output, dtype)
        return output
    return marked_not_finite(output)


def marked_not_finite(output: Tensor) -> Tensor:
    """The outputs, (B, …), in place: each as it is or, if it is not finite, entirely NaN.

    No number is looked at, so nothing waits for the device.
    """
    import torch

    # In float32, where no sum of half-precision numbers overflows.
    zeros = output.flatten(1).sum(1, dtype=torch.float32).mul_(0)  # or NaN
    return output.add_(zeros.view(-1, *[1] * (output.ndim - 1)))


def _backends() -> Any:
    import torch

    return torch.backends


def _on_gpus() -> list[Any]:
    """Where torch keeps the rounding of GPUs: for products, convolutions, recurrent networks."""
    backends = _backends()
    return [backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn]


def _on_cpus() -> list[Any]:
    """The same for CPUs, some of which have bfloat16 products."""
    backends = _backends()
    return [backends.mkldnn.matmul, backends.mkldnn.conv, backends.mkldnn.rnn]


def _older() -> tuple[str | None, bool | None]:
    """The values of the switches that torch had before `fp32_precision`; None for one that fails.

    They fail if some of the newer ones are set to something the older ones cannot express.
    """
    import torch

    products = convolutions = None
    with suppress(RuntimeError):
        products = torch.get_float32_matmul_precision()
    with suppress(RuntimeError):
        convolutions = torch.backends.cudnn.allow_tf32
    return products, convolutions


def _set_older(products: str | None, convolutions: bool | None) -> None:
    """Set the older switches too: unless they agree, they fail for libraries that still read
    them.
    """
    import torch

    if products is not None:
        torch.set_float32_matmul_precision(products)
    if convolutions is not None:
        torch.backends.cudnn.allow_tf32 = convolutions
