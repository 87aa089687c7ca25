"""A `UNet2DConditionModel` that processes patches of pixels, for machines without a GPU.

Space-to-depth as in *simple diffusion* (Hoogeboom et al. 2023): the inner network sees p x p pixels
as channels, which is p*p times cheaper, and the noise stays independent, so nothing outside the
model changes. A small head at full resolution removes the grid that patches would leave.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from diffusers import ModelMixin, UNet2DConditionModel
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.unets.unet_2d_condition import UNet2DConditionOutput
from diffusers.schedulers import DDPMScheduler
from torch import Tensor, nn
from torch.nn import functional as F

from fwd_report.models.text_gallery import SHOWN, TextGallery
from fwd_report.models.text_layout import TextLayout

MOST_GAIN = 8.0
"""The largest factor by which the noisy image is amplified to noise of unit variance for the
head."""


class Head(nn.Module):
    """Pixels from patch features: a small filter bank that the features steer at every pixel.

    Little noise is told from the picture by looking at pixels, not at patches. So the head filters
    the image itself, as it is and amplified, and the features scale and shift every filter's answer
    where they see edges or plain ground (FiLM, Perez et al. 2018).
    """

    def __init__(self, in_channels: int, features: int, hidden: int, out_channels: int) -> None:
        super().__init__()
        self.look = nn.Conv2d(2 * in_channels, hidden, 5, padding=2)
        self.steer = nn.Conv2d(features, 2 * hidden, 3, padding=1)
        self.mix = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.out = nn.Conv2d(hidden, out_channels, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor, sample: Tensor, gain: Tensor) -> Tensor:
        """Steer the filters by features (B, F, H, W), at every pixel of sample (B, C, H, W).

        gain: (1 or B, 1, 1, 1); returns (B, out_channels, H, W).
        """
        scale, shift = self.steer(features).chunk(2, dim=1)
        seen = self.look(torch.cat([sample, (gain * sample).to(sample.dtype)], dim=1))
        mixed = self.mix(F.silu(seen * (1 + scale) + shift))
        return self.out(F.silu(mixed))  # type: ignore[no-any-return]


def cosines(count: int, side: int) -> Tensor:
    """The `count` slowest two-dimensional cosines of a square: (count, side, side) in [-1, 1]."""
    waves = sorted(product(range(side), repeat=2), key=lambda wave: (sum(wave), wave))
    centres = (torch.arange(side) + 0.5) * torch.pi / side
    lines = torch.cos(torch.arange(side)[:, None] * centres)
    return torch.stack([lines[a][:, None] * lines[b] for a, b in waves[1 : count + 1]])


def skip_levels(unet: UNet2DConditionModel) -> list[tuple[int, int]]:
    """Channels and halvings of each skip connection of a UNet, then of its middle."""
    widths, layers = unet.config.block_out_channels, unet.config.layers_per_block
    counts = [layers] * len(widths) if isinstance(layers, int) else layers
    levels = [(widths[0], 0)]
    for halved, (width, count) in enumerate(zip(widths, counts, strict=True)):
        levels += [(width, halved)] * count
        if halved < len(widths) - 1:
            levels.append((width, halved + 1))
    return [*levels, levels[-1]]


class PatchedUNet2DConditionModel(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Predicts noise and variance like DeepFloyd IF's UNets, a patch at a time.

    The network itself estimates the velocity v = sqrt(abar)*eps - sqrt(1-abar)*x0 (Salimans & Ho
    2022) and `forward` returns eps = sqrt(abar)*v + sqrt(1-abar)*x_t. So an error of the network
    stays an error of the same size in x0 at every t, where an error in a directly predicted eps is
    multiplied by sqrt((1-abar)/abar), about 70 at t = 990.

    in_channels, out_channels, sample_size and the text fields describe the model as a pipeline
    sees it; `inner` holds the remaining arguments of the inner `UNet2DConditionModel`. The first
    half of out_channels is the noise, the second the variance of `learned_range`, kept within that
    range: beyond it, a coarser sampler than the training's would add too much noise. Further input
    channels (the upscaled image of a second stage) follow the noisy image.

    A shallow network of convolutions hardly knows where in the picture it is, and so cannot turn
    a word into a shape. position_channels learned maps, cosines at first, tell it; a picture of
    another size sees them resampled to its own, so a network that is shown crops has none. layout,
    the channels, side and hidden width of a `TextLayout`, shows it maps of its text as well;
    gallery, the arguments of a `TextGallery`, drawings of what its text names.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        sample_size: int = 64,
        in_channels: int = 3,
        out_channels: int = 6,
        patch_size: int = 4,
        feature_channels: int = 8,
        head_channels: int = 24,
        position_channels: int = 0,
        layout: dict[str, int] | None = None,
        gallery: dict[str, int] | None = None,
        encoder_hid_dim: int = 128,
        class_embed_type: str | None = None,
        beta_schedule: str = "squaredcos_cap_v2",
        num_train_timesteps: int = 1000,
        inner: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if sample_size % patch_size:
            raise ValueError(f"sample_size {sample_size} is no multiple of patch_size {patch_size}")
        self.unet = UNet2DConditionModel(
            sample_size=sample_size // patch_size,
            in_channels=in_channels * patch_size**2
            + position_channels
            + (layout["channels"] if layout else 0)
            + (gallery["channels"] + SHOWN if gallery else 0),
            out_channels=feature_channels * patch_size**2,
            encoder_hid_dim=encoder_hid_dim,
            class_embed_type=class_embed_type,
            addition_embed_type="text",
            **(inner or {}),
        )
        side = sample_size // patch_size
        self.position = (
            nn.Parameter(cosines(position_channels, side)) if position_channels else None
        )
        self.text_layout = (
            TextLayout(
                encoder_hid_dim,
                **layout,
                out_channels=out_channels // 2,
                levels=skip_levels(self.unet),
            )
            if layout
            else None
        )
        self.text_gallery = (
            TextGallery(encoder_hid_dim, **gallery, levels=skip_levels(self.unet))
            if gallery
            else None
        )
        self.head = Head(in_channels, feature_channels, head_channels, out_channels)
        abar = DDPMScheduler(num_train_timesteps, beta_schedule=beta_schedule).alphas_cumprod
        self._abar = abar.float()

    def velocity(
        self,
        sample: Tensor,
        timestep: Tensor | float | int,
        encoder_hidden_states: Tensor,
        class_labels: Tensor | None = None,
        **inner: Any,
    ) -> tuple[Tensor, Tensor]:
        """V and the variance channels, each (B, out_channels / 2, H, W).

        sample: (B, in_channels, H, W) with H and W multiples of patch_size; timestep: a number or
        (B,); encoder_hidden_states: (B, L, encoder_hid_dim).
        """
        patches = F.pixel_unshuffle(sample, self.config["patch_size"])
        if self.position is not None:
            where: Tensor = self.position
            if where.shape[1:] != patches.shape[2:]:
                where = F.interpolate(where[None], patches.shape[2:], mode="area")[0]
            where = where.to(patches.dtype).expand(len(patches), -1, -1, -1)
            patches = torch.cat([patches, where], dim=1)
        abar = self._abar_at(timestep, sample)
        text = encoder_hidden_states.to(patches.dtype)
        expected: Tensor | None = None
        added: list[list[Tensor]] = []
        if self.text_layout is not None:
            maps = self.text_layout(text)
            expected = self.text_layout.velocity(maps, abar, sample.shape[2:])
            shown = self.text_layout.seen(maps, patches.shape[2:])
            added.append(self.text_layout.added(shown))
            patches = torch.cat([patches, shown[0]], dim=1)
        if self.text_gallery is not None:
            noisy = sample[:, :3]
            features, drawn, named = self.text_gallery(text, noisy, abar, patches.shape[2:])
            added.append(self.text_gallery.added(features))
            patches = torch.cat([patches, features], dim=1)
        if added:
            *skips, middle = map(sum, zip(*added, strict=True))
            inner |= {
                "down_block_additional_residuals": skips,
                "mid_block_additional_residual": middle,
            }
        patches = patches.contiguous(memory_format=torch.channels_last)
        features = self.unet(
            patches,
            timestep,
            encoder_hidden_states,
            class_labels=class_labels,
            return_dict=False,
            **inner,
        )[0]
        features = F.pixel_shuffle(features, self.config["patch_size"])
        gain = (1 - abar).rsqrt().clamp(max=MOST_GAIN)
        v, variance = self.head(features, sample, gain).chunk(2, dim=1)
        if expected is not None:
            v = v + expected
        if self.text_gallery is not None:
            time = torch.as_tensor(timestep, device=v.device).reshape(-1) / len(self._abar)
            v = self.text_gallery.corrected(v, drawn, named, noisy, abar, time)
        return v, variance

    def forward(
        self,
        sample: Tensor,
        timestep: Tensor | float | int,
        encoder_hidden_states: Tensor,
        class_labels: Tensor | None = None,
        timestep_cond: Tensor | None = None,
        attention_mask: Tensor | None = None,
        cross_attention_kwargs: dict[str, Any] | None = None,
        return_dict: bool = True,
    ) -> UNet2DConditionOutput | tuple[Tensor]:
        """Noise and variance, (B, out_channels, H, W), returned as `UNet2DConditionModel` does."""
        v, variance = self.velocity(
            sample,
            timestep,
            encoder_hidden_states,
            class_labels,
            timestep_cond=timestep_cond,
            attention_mask=attention_mask,
            cross_attention_kwargs=cross_attention_kwargs,
        )
        abar = self._abar_at(timestep, sample)
        noisy = sample[:, : v.shape[1]]
        eps = (abar.sqrt() * v + (1 - abar).sqrt() * noisy).to(v.dtype)
        output = torch.cat([eps, variance.clamp(-1, 1)], dim=1)
        return UNet2DConditionOutput(sample=output) if return_dict else (output,)

    def _abar_at(self, timestep: Tensor | float | int, sample: Tensor) -> Tensor:
        """(1 or B, 1, 1, 1) float32, where the sample is."""
        steps = torch.as_tensor(timestep, device=sample.device).reshape(-1).long()
        return self._abar.to(sample.device)[steps].view(-1, 1, 1, 1)  # type: ignore[no-any-return]
