"""The fields that describe a UNet."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fwd_report.techniques.base import Technique


class Network(Technique):
    """The fields of a UNet, shared by the techniques that train one and draw one."""

    conditioning: Literal["none", "time", "class"] = "time"
    """What the network is conditioned on besides the image; "class" means time and class."""
    hidden: int = Field(default=64, ge=1, le=512)
    """The assignment's D: channels at full resolution."""
    class_input: Literal["one_hot", "embedding"] = "one_hot"
    modulation: Literal["multiply", "add"] = "multiply"
    """Whether the class multiplies the feature maps or is added to them."""
    normalise: bool = False
    """Normalise the input by the mean and variance of uniform pixels with noise of σ."""
    sigma: float = Field(default=0.5, gt=0)
    """The σ of a denoiser's noise."""
