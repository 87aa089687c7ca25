"""How close a picture is to its original, as torchmetrics defines it."""

from __future__ import annotations

from torch import Tensor


def closeness(
    picture: Tensor, original: Tensor, value_range: tuple[float, float]
) -> dict[str, float]:
    """PSNR in dB and SSIM of a picture as it is shown, that is, clamped to the range.

    picture, original: (C, H, W) in `value_range`, at least 11 pixels a side. SSIM: Wang et al.
    2004, with a Gaussian window of σ = 1.5.
    """
    from torchmetrics.functional.image import (
        peak_signal_noise_ratio,
        structural_similarity_index_measure,
    )

    low, high = value_range
    shown, target = ((image.clamp(low, high) - low)[None] for image in (picture, original))
    ssim = structural_similarity_index_measure(shown, target, data_range=high - low)
    psnr = peak_signal_noise_ratio(shown, target, data_range=high - low)
    return {"psnr": psnr.item(), "ssim": ssim.item()}  # type: ignore[union-attr]
