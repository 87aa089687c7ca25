"""What is computed in: the number format, and how products of float32 may be rounded.

The one place that decides, sets and names it, for sampling, trainings and scorers alike.
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
"""How torch names float32 as it is, and with its last 13 bits dropped before a product."""


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
    """While it lasts, products and convolutions of float32 are rounded as float32, or as TF32.

    torch lets convolutions use TF32 (10 bits of fraction, not 23) on Ampere and newer unless it is
    told otherwise. Sums of half precision are kept in float32, whatever torch would do. What held
    before holds again afterwards.
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
    """Whether float32 is rounded to TF32 on GPUs now, in products and in convolutions."""
    return all(place.fp32_precision == TF32 for place in _on_gpus())


def rounding_policy(device: str) -> str:
    """How float32 is rounded there now, in words, for a result's provenance."""
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
    """Raise UserError, with the way out, where an answer holds infinities or is no number.

    output: any shape; dtype: what the network computes in.
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
    """A network's answers, (B, …), of which none is finite in part.

    On the CPU it raises as `require_finite`. Elsewhere looking would wait for the device, so an
    answer that is not finite is made to hold no number at all. It stays so through every step, and
    is found when the result is stored.
    """
    if output.device.type == "cpu":
        require_finite(output, dtype)
        return output
    zeros = (output * 0).flatten(1).sum(1)  # 0, or no number where one of them is not finite
    return output + zeros.view(-1, *[1] * (output.ndim - 1))


def _backends() -> Any:
    import torch

    return torch.backends


def _on_gpus() -> list[Any]:
    """Where torch keeps how GPUs round: products, convolutions, recurrent networks."""
    backends = _backends()
    return [backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn]


def _on_cpus() -> list[Any]:
    """Likewise of CPUs, some of which have products of bfloat16."""
    backends = _backends()
    return [backends.mkldnn.matmul, backends.mkldnn.conv, backends.mkldnn.rnn]


def _older() -> tuple[str | None, bool | None]:
    """What the switches say that torch had before `fp32_precision`; None for one that errs.

    They err where somebody set some of the newer ones to what the older ones cannot say.
    """
    import torch

    products = convolutions = None
    with suppress(RuntimeError):
        products = torch.get_float32_matmul_precision()
    with suppress(RuntimeError):
        convolutions = torch.backends.cudnn.allow_tf32
    return products, convolutions


def _set_older(products: str | None, convolutions: bool | None) -> None:
    """Set them too: they err, to libraries that still ask them, unless they say the same."""
    import torch

    if products is not None:
        torch.set_float32_matmul_precision(products)
    if convolutions is not None:
        torch.backends.cudnn.allow_tf32 = convolutions
