"""What is measured of a model is right where the answer is known."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from diffusers import DDPMScheduler
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from emoji_if.diversity import clipped, distances, nearest_other, spread
from emoji_if.drawings import DataError
from emoji_if.recall import measure, recognised
from emoji_if.restoration import best_blur, psnr, read_photos
from emoji_if.things import evenly


def flats(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 3, 64, 64)


def test_distance_is_the_root_mean_square_of_the_difference() -> None:
    assert distances(flats(0.0), flats(0.5, -1.0)).tolist() == [[0.5, 1.0]]


def test_spread_and_nearest_leave_out_a_picture_itself() -> None:
    pictures = flats(0.0, 0.1, 1.0)
    assert spread(pictures) == pytest.approx(2 * (0.1 + 0.9 + 1.0) / 6, rel=1e-4)
    torch.testing.assert_close(
        nearest_other(pictures), torch.tensor([0.1, 0.1, 0.9]), rtol=1e-3, atol=0
    )


def test_psnr_of_a_known_error() -> None:
    assert psnr(flats(0.2), flats(0.0)).item() == pytest.approx(20.0)
    assert psnr(flats(7.0), flats(1.0)).isinf().all(), "out of range is clamped first"


def test_the_best_blur_is_the_best() -> None:
    original = flats(0.3)
    noisy = original + 0.4 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert best_blur(noisy, original).item() > psnr(noisy, original).item() + 10


def test_photos_are_read_as_squares(tmp_path: Path) -> None:
    Image.new("RGBA", (90, 60), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    (tmp_path / "notes.md").write_text("no picture", "utf-8")
    (photo,) = read_photos(tmp_path).values()
    assert photo.shape == (3, 64, 64)
    assert photo.min() == 1, "what is transparent is white"
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match=r"no \.jpg and no \.png"):
        read_photos(empty)


def test_an_answer_is_recognised_by_the_mean_picture_next_to_it() -> None:
    means = flats(-0.5, 0.0, 0.5)
    assert recognised(flats(-0.6, 0.2, 0.9), means) == 1
    assert recognised(flats(-0.6, 0.4, 0.1), means) == pytest.approx(1 / 3)


def test_a_model_that_knows_the_means_is_measured_so() -> None:
    """Of pictures without noise, the velocity that leads to the mean picture of the name."""
    drawn = torch.stack([flats(-0.6, -0.4), flats(0.0, 0.2)])
    means = dict(zip("ab", drawn.mean(1), strict=True))
    abar = DDPMScheduler(1000, beta_schedule="squaredcos_cap_v2").alphas_cumprod

    def velocity(xt: torch.Tensor, t: torch.Tensor, text: list[str]) -> tuple[torch.Tensor]:
        known = torch.stack([means[name] for name in text])
        a = abar[t].view(-1, 1, 1, 1)
        return ((a.sqrt() * xt - known) / (1 - a).sqrt(),)

    model = SimpleNamespace(unet=SimpleNamespace(velocity=velocity), embed=lambda names: names)
    told = measure(model, "ab", drawn)
    assert told["recognised"] == 1
    assert told["t = 980"] == told["t = 600"] == pytest.approx(0.01, abs=1e-4)


def test_what_is_black_or_white_is_clipped() -> None:
    pictures = torch.tensor([-1.0, 1.0, 0.99, 0.0]).expand(2, 3, 1, 4)
    assert clipped(pictures) == 0.5


@given(st.integers(1, 400), st.integers(1, 400))
def test_as_many_are_measured_as_asked_for(count: int, most: int) -> None:
    asked = evenly(count, most)
    assert len(asked) == min(count, most)
    gaps = {after - before for before, after in pairwise([*asked, count])}
    assert gaps <= {count // len(asked), -(-count // len(asked))}
