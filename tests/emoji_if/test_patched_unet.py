"""The patched UNet behaves as the UNet of an IF pipeline, in patches."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import DDPMScheduler
from torch.nn import functional as F

from fwd_report.models.patched_unet import PatchedUNet2DConditionModel

SMALL = {
    "block_out_channels": (16, 32),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "SimpleCrossAttnDownBlock2D"),
    "up_block_types": ("SimpleCrossAttnUpBlock2D", "UpBlock2D"),
    "mid_block_type": "UNetMidBlock2DSimpleCrossAttn",
    "cross_attention_dim": 16,
    "attention_head_dim": 8,
    "addition_embed_type_num_heads": 2,
    "norm_num_groups": 4,
}


def small(**changes: object) -> PatchedUNet2DConditionModel:
    torch.manual_seed(0)
    model = PatchedUNet2DConditionModel(
        sample_size=16, encoder_hid_dim=16, inner=SMALL, **changes
    ).eval()
    torch.nn.init.normal_(model.head.out.weight, std=0.1)
    return model


@pytest.fixture(scope="module")
def model() -> PatchedUNet2DConditionModel:
    return small()


@pytest.fixture(scope="module")
def inputs() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 3, 16, 16, generator=generator)
    return x, torch.tensor([990, 120]), torch.randn(2, 7, 16, generator=generator)


@torch.no_grad()
def test_round_trip(model, inputs, tmp_path: Path) -> None:
    model.save_pretrained(tmp_path)
    again = PatchedUNet2DConditionModel.from_pretrained(tmp_path).eval()
    assert again.config.in_channels == 3
    assert again.config.out_channels == 6
    assert again.config.sample_size == 16
    assert torch.equal(again(*inputs).sample, model(*inputs).sample)


@torch.no_grad()
def test_equals_the_parts_by_hand(model, inputs) -> None:
    x, t, text = inputs
    patches = F.pixel_unshuffle(x, 4)
    features = F.pixel_shuffle(model.unet(patches, t, text).sample, 4)
    abar = DDPMScheduler(1000, beta_schedule="squaredcos_cap_v2").alphas_cumprod[t]
    abar = abar.view(-1, 1, 1, 1)
    gain = (1 - abar).rsqrt().clamp(max=8)
    scale, shift = model.head.steer(features).chunk(2, dim=1)
    seen = model.head.look(torch.cat([x, gain * x], 1)) * (1 + scale) + shift
    v, variance = model.head.out(F.silu(model.head.mix(F.silu(seen)))).chunk(2, dim=1)
    expected = torch.cat([abar.sqrt() * v + (1 - abar).sqrt() * x, variance.clamp(-1, 1)], dim=1)
    output = model(x, t, text)
    torch.testing.assert_close(output.sample, expected)
    (in_a_tuple,) = model(x, t, text, return_dict=False)
    assert torch.equal(in_a_tuple, output.sample)


@torch.no_grad()
def test_clean_estimate_is_as_good_as_the_velocity(model, inputs) -> None:
    """x0 from eps is sqrt(abar) x_t - sqrt(1 - abar) v: bounded even at t = 990."""
    x, t, text = inputs
    eps = model(x, t, text).sample[:, :3].double()
    v = model.velocity(x, t, text)[0].double()
    abar = DDPMScheduler(1000, beta_schedule="squaredcos_cap_v2").alphas_cumprod[t].double()
    abar = abar.view(-1, 1, 1, 1)
    x0 = (x - (1 - abar).sqrt() * eps) / abar.sqrt()
    torch.testing.assert_close(x0, abar.sqrt() * x - (1 - abar).sqrt() * v, rtol=0, atol=1e-4)


@torch.no_grad()
def test_one_timestep_stands_for_the_batch(model, inputs) -> None:
    x, _, text = inputs
    expected = model(x, torch.tensor([40, 40]), text).sample
    for t in (40, torch.tensor(40), torch.tensor([40])):
        torch.testing.assert_close(model(x, t, text).sample, expected)


@torch.no_grad()
def test_no_seam_between_patches(inputs) -> None:
    """What the head adds does not know where patches begin: it commutes with any shift."""
    model = small()
    for parameter in model.unet.conv_out.parameters():
        torch.nn.init.zeros_(parameter)
    x, t, text = inputs
    v = model.velocity(x, t, text)[0]
    shifted = model.velocity(torch.roll(x, (1, 1), (2, 3)), t, text)[0]
    torch.testing.assert_close(shifted[..., 6:-5, 6:-5], v[..., 5:-6, 5:-6])


@torch.no_grad()
def test_second_stage_takes_more_channels_and_a_noise_level(inputs) -> None:
    model = small(in_channels=6, class_embed_type="timestep")
    x, t, text = inputs
    both = torch.cat([x, x], dim=1)
    quiet = model(both, t, text, class_labels=torch.tensor([0, 0])).sample
    loud = model(both, t, text, class_labels=torch.tensor([250, 250])).sample
    assert quiet.shape == (2, 6, 16, 16)
    assert not torch.allclose(quiet, loud)


def test_refuses_a_size_that_patches_do_not_tile() -> None:
    with pytest.raises(ValueError, match="no multiple of patch_size"):
        PatchedUNet2DConditionModel(sample_size=18)


@torch.no_grad()
def test_a_smaller_picture_sees_the_mean_of_the_position_maps(inputs) -> None:
    x, t, text = inputs
    model, small_picture = small(patch_size=2, position_channels=6), x[..., :8, :8]
    before = model.velocity(small_picture, t, text)[0]
    maps = model.position.data
    blocks = maps.unflatten(2, (4, 2)).unflatten(1, (4, 2))  # (6, 4, 2, 4, 2)
    means = blocks.mean((2, 4), keepdim=True).expand_as(blocks).reshape(maps.shape)
    maps.copy_(means)
    torch.testing.assert_close(model.velocity(small_picture, t, text)[0], before)
    maps[:, :4] += 1
    assert not torch.allclose(model.velocity(small_picture, t, text)[0], before)


LAYOUT = {"channels": 5, "side": 4, "hidden": 8}


@torch.no_grad()
def test_a_layout_survives_saving_and_tells_texts_apart(inputs, tmp_path: Path) -> None:
    x, t, text = inputs
    model = small(patch_size=2, layout=LAYOUT)
    model.save_pretrained(tmp_path)
    again = PatchedUNet2DConditionModel.from_pretrained(tmp_path).eval()
    assert torch.equal(again(x, t, text).sample, model(x, t, text).sample)
    assert model.text_layout(text).shape == (2, 5, 4, 4)
    assert not torch.allclose(*model.text_layout(text))
    assert model(x[..., :8, :8], t, text).sample.shape == (2, 6, 8, 8)


@torch.no_grad()
@pytest.mark.parametrize("t", [20, 500, 990])
def test_what_a_text_leads_to_expect_counts_as_bayes_rule_says(t: int) -> None:
    """For pixels of a normal distribution around the expected picture, a closed form."""
    layout = small(layout=LAYOUT).text_layout
    expected, x = torch.randn(2, 1, 3, 4, 4).double()
    maps = torch.cat([expected, torch.randn(1, 2, 4, 4).double()], dim=1)
    abar = DDPMScheduler(1000, beta_schedule="squaredcos_cap_v2").alphas_cumprod[t].double()
    variance = layout.spread.exp().double()

    def velocity(mean: torch.Tensor) -> torch.Tensor:
        gain = abar.sqrt() * variance / (abar * variance + 1 - abar)
        x0 = mean + gain * (x - abar.sqrt() * mean)
        return (abar.sqrt() * x - x0) / (1 - abar).sqrt()

    told = layout.double().velocity(maps, abar, x.shape[2:])
    torch.testing.assert_close(told, velocity(expected) - velocity(torch.zeros_like(expected)))


@torch.no_grad()
def test_a_layout_is_added_at_every_level(inputs) -> None:
    """Each of the skip connections, and the middle, changes the answer by itself."""
    x, t, text = inputs
    model = small(patch_size=2, layout=LAYOUT)
    torch.nn.init.normal_(model.unet.conv_out.weight)
    before = model.velocity(x, t, text)[0]
    additions = model.text_layout.add
    assert [add.out_channels for add in additions] == [16, 16, 16, 32, 32]
    for add in additions:
        torch.nn.init.normal_(add.weight)
        assert not torch.allclose(model.velocity(x, t, text)[0], before)
        torch.nn.init.zeros_(add.weight)
    assert torch.equal(model.velocity(x, t, text)[0], before)
