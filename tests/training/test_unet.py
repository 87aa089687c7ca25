"""The UNet against an independent transcription of the assignment's wiring."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from fwd_report.training.unet import NO_CLASS, UNet

D = 8


def norm(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    """BatchNorm in evaluation, then GELU by its definition."""
    mean, variance = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
    shape = (1, -1, 1, 1)
    x = (x - mean.view(shape)) / (variance.view(shape) + 1e-5).sqrt()
    x = x * weights[f"{name}.weight"].view(shape) + weights[f"{name}.bias"].view(shape)
    return x * 0.5 * (1 + torch.erf(x / 2**0.5))


def transcribed(weights: dict[str, Tensor], x: Tensor, t: Tensor, c: Tensor) -> Tensor:
    """The assignment's diagrams and pseudocode, layer by layer, without its modules."""

    def conv(name: str, x: Tensor, stride: int = 1) -> Tensor:
        weight, bias = weights[f"{name}.0.weight"], weights[f"{name}.0.bias"]
        return norm(weights, f"{name}.1", F.conv2d(x, weight, bias, stride=stride, padding=1))

    def up_conv(name: str, x: Tensor, stride: int, padding: int) -> Tensor:
        weight, bias = weights[f"{name}.0.weight"], weights[f"{name}.0.bias"]
        x = F.conv_transpose2d(x, weight, bias, stride=stride, padding=padding)
        return norm(weights, f"{name}.1", x)

    def conv_block(name: str, x: Tensor) -> Tensor:
        return conv(f"{name}.1", conv(f"{name}.0", x))

    def fc(name: str, x: Tensor) -> Tensor:
        x = F.gelu(F.linear(x, weights[f"{name}.0.weight"], weights[f"{name}.0.bias"]))
        return F.linear(x, weights[f"{name}.2.weight"], weights[f"{name}.2.bias"])[:, :, None, None]

    x1 = conv_block("conv", x)
    x2 = conv_block("down1.1", conv("down1.0", x1, stride=2))
    x3 = conv_block("down2.1", conv("down2.0", x2, stride=2))
    bottom = F.gelu(F.avg_pool2d(x3, 7))
    unflatten = up_conv("unflatten", bottom, stride=7, padding=0)
    unflatten = fc("class1.1", c) * unflatten + fc("time1", t[:, None])
    up1 = torch.cat((unflatten, x3), 1)
    up1 = conv_block("up1.1", up_conv("up1.0", up1, stride=2, padding=1))
    up1 = fc("class2.1", c) * up1 + fc("time2", t[:, None])
    up2 = torch.cat((up1, x2), 1)
    up2 = conv_block("up2.1", up_conv("up2.0", up2, stride=2, padding=1))
    out = conv_block("out.0", torch.cat((up2, x1), 1))
    return F.conv2d(out, weights["out.1.weight"], weights["out.1.bias"], padding=1)


@pytest.fixture
def network() -> UNet:
    torch.manual_seed(0)
    network = UNet(D, "class").train()
    for _ in range(2):  # so that the running statistics are not their initial ones
        network(torch.rand(4, 1, 28, 28), torch.rand(4), torch.arange(4))
    return network.eval()


@torch.inference_mode()
def test_forward_equals_the_assignments_wiring(network: UNet) -> None:
    x, t = torch.randn(3, 1, 28, 28), torch.tensor([0.1, 0.5, 1.0])
    one_hot = torch.zeros(3, 10)
    one_hot[0, 7] = one_hot[1, 0] = 1  # the third has no class: the zero vector
    answer = network(x, t, torch.tensor([7, 0, NO_CLASS]))
    torch.testing.assert_close(answer, transcribed(network.state_dict(), x, t, one_hot))
    assert answer.shape == (3, 1, 28, 28)


def conv(i: int, o: int, kernel: int = 3) -> int:
    """Weights, bias, and BatchNorm's scale and shift."""
    return kernel**2 * i * o + o + 2 * o


def fc(i: int, o: int) -> int:
    return i * o + o + o * o + o


@pytest.mark.parametrize("hidden", [8, 64])
def test_parameter_counts(hidden: int) -> None:
    d = hidden
    unconditional = (
        conv(1, d) + conv(d, d)
        + conv(d, d) + 2 * conv(d, d)
        + conv(d, 2 * d) + 2 * conv(2 * d, 2 * d)
        + conv(2 * d, 2 * d, kernel=7)
        + conv(4 * d, d, kernel=4) + 2 * conv(d, d)
        + conv(2 * d, d, kernel=4) + 2 * conv(d, d)
        + conv(2 * d, d) + conv(d, d)
        + 9 * d + 1
    )  # fmt: skip
    time = fc(1, 2 * d) + fc(1, d)
    one_hot = fc(10, 2 * d) + fc(10, d)

    def count(*options: str) -> int:
        return sum(parameter.numel() for parameter in UNet(hidden, *options).parameters())

    assert count("none") == unconditional
    assert count("time") == unconditional + time
    assert count("class") == unconditional + time + one_hot
    assert count("class", "embedding") == unconditional + time + 11 * 3 * d


@torch.inference_mode()
def test_no_label_is_the_label_that_means_no_class(network: UNet) -> None:
    x, t = torch.randn(2, 1, 28, 28), torch.rand(2)
    none = torch.full((2,), NO_CLASS)
    assert torch.equal(network(x, t), network(x, t, none))
    assert not torch.allclose(network(x, t), network(x, t, torch.tensor([3, 4])))


@torch.inference_mode()
def test_an_embedding_has_its_own_row_for_no_class() -> None:
    torch.manual_seed(0)
    network = UNet(D, "class", class_input="embedding").eval()
    x, t = torch.randn(1, 1, 28, 28), torch.rand(1)
    none = torch.tensor([NO_CLASS])
    before = network(x, t, none)
    for place in (1, 2):
        network.get_submodule(f"class{place}").weight[:10] += 1
    assert torch.equal(before, network(x, t, none))
    for place in (1, 2):
        network.get_submodule(f"class{place}").weight[10] += 1
    assert not torch.equal(before, network(x, t, none))


@torch.inference_mode()
def test_adding_the_class_shifts_what_multiplying_scales() -> None:
    torch.manual_seed(0)
    network = UNet(D, "class", class_input="embedding", modulation="add").eval()
    x, t, label = torch.randn(1, 1, 28, 28), torch.rand(1), torch.tensor([2])
    for place in (1, 2):
        network.get_submodule(f"class{place}").weight.zero_()
    added = network(x, t, label)
    network.modulation = "multiply"
    for place in (1, 2):
        network.get_submodule(f"class{place}").weight.fill_(1)
    torch.testing.assert_close(added, network(x, t, label))


@torch.inference_mode()
def test_normalised_input_has_mean_0_and_variance_1() -> None:
    sigma, seen = 0.5, []
    network = UNet(D, "none", input_sigma=sigma).eval()
    network.conv.register_forward_hook(lambda module, given, answer: seen.append(given[0]))
    torch.manual_seed(0)
    x = torch.rand(64, 1, 28, 28)
    network(x + sigma * torch.randn_like(x))
    assert seen[0].mean().abs() < 0.02
    assert abs(seen[0].var() - 1) < 0.02


def test_a_time_conditioned_network_needs_t() -> None:
    with pytest.raises(ValueError, match="needs t"):
        UNet(D, "time")(torch.rand(1, 1, 28, 28))
