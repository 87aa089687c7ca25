"""Stage I is shown drawings of what its text names, where the text has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.emoji_if.test_patched_unet import small
from tests.helpers.fake_sets import write_fake_sets, write_vocabulary
from torch import Tensor
from torch.nn import functional as F

from emoji_if.captions import EVERYDAY
from emoji_if.compose import Composer, load_drawings
from emoji_if.galleries import WIDTH, drawings_to_show, everyday
from emoji_if.stage_networks import GALLERY
from emoji_if.things import read_things
from fwd_report.models.patched_unet import PatchedUNet2DConditionModel
from fwd_report.models.text_gallery import GAIN, HALVED, PLACES, SHOWN, TextGallery, beside

NAMES, KEPT, SIDE, WIDE = 3, 3, 32, 16
SURE = 50.0


def gallery() -> TextGallery:
    """Every name a flat square of a colour of its own, opaque."""
    torch.manual_seed(0)
    made = TextGallery(WIDE, NAMES, KEPT, 1, SIDE, channels=4, levels=[(6, 0), (8, 1)])
    for name in range(NAMES):
        made.drawings[name, name::4] = 255
        made.drawings[name, 3::4] = 255
    return made


def pointing(
    monkeypatch: pytest.MonkeyPatch, made: TextGallery, *answers: tuple[int, int]
) -> Tensor:
    """Text for which the pointer answers so, 0 for none."""
    logits = torch.nn.functional.one_hot(torch.tensor(answers), 1 + NAMES) * SURE
    monkeypatch.setattr(made.pointer, "forward", lambda text: logits)
    return torch.randn(len(answers), 5, WIDE)


def halves(made: TextGallery, text: Tensor) -> Tensor:
    first, second, _, alone = made.found(text)
    return beside(first, second, alone)


def test_a_text_that_names_nothing_leads_to_expect_something_usual(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = gallery()
    made.usual[0] = 1
    text = pointing(monkeypatch, made, (0, 0))
    torch.testing.assert_close(halves(made, text), torch.zeros(1, HALVED, 4, SIDE, SIDE))
    noisy, abar = torch.zeros(1, 3, 32, 32), torch.full((1, 1, 1, 1), 1e-4)
    features, expects, named = made(text, noisy, abar, (4, 4))
    assert features.shape == (1, 4 + SHOWN, 4, 4)
    assert not named.item()
    green = torch.tensor([-1.0, 1, -1])
    torch.testing.assert_close(expects[0, :, 16, 16], green)
    v, time = torch.randn(1, 3, 32, 32), torch.tensor([0.9])
    torch.testing.assert_close(made.corrected(v, expects, named, noisy, abar, time), v)
    torch.nn.init.ones_(made.trust[1])
    answer = made.corrected(v, expects, named, noisy, abar, time)
    x0 = abar.sqrt() * noisy - (1 - abar).sqrt() * answer
    torch.testing.assert_close(x0, expects)


def test_one_name_is_found_and_shown_at_half_size_in_the_middle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = gallery()
    text = pointing(monkeypatch, made, (2, 0))
    first, second, named, alone = made.found(text)
    assert named.item()
    green = torch.tensor([0.0, 1, 0, 1]).view(4, 1, 1)
    torch.testing.assert_close(first[0], green.expand(KEPT, 4, SIDE, SIDE))
    assert not second.round(decimals=6).any()
    assert alone.item() == pytest.approx(1)
    shown = halves(made, text)[0]
    assert centre(shown[0, 3]) == pytest.approx(PLACES["middle"], abs=0.02)
    middle = torch.tensor([-1.0, 1, -1, 1])
    torch.testing.assert_close(shown[0, :, SIDE // 2, SIDE // 2], middle)
    assert (shown[:, :, 0, 0] == 0).all()  # a corner, where nothing is drawn


def test_two_names_stand_beside_each_other_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    made = gallery()
    shown = halves(made, pointing(monkeypatch, made, (1, 3), (3, 1)))
    for told, (left, right) in zip(shown, ((0, 2), (2, 0)), strict=True):
        assert centre(told[0, left] + told[0, 3])[0] < -0.2
        assert centre(told[0, right] + told[0, 3])[0] > 0.2
    torch.testing.assert_close(shown[0, :, 3], shown[1, :, 3])


def test_the_network_is_shown_the_drawing_that_the_noisy_picture_probably_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = gallery()
    made.drawings[2].zero_()
    made.drawings[2, 2::4, 8:24, 8:24] = 255
    made.drawings[2, 3::4, 8:24, 8:24] = 255  # a blue square in the middle
    text = pointing(monkeypatch, made, (3, 0))
    clean = -torch.ones(1, 3, 32, 32)
    clean[:, 2, 8:24, 8:24] = 1
    noisy, abar = 0.1 * clean, torch.full((1, 1, 1, 1), 0.01)
    features, expects, named = made(text, noisy, abar, (16, 16))
    shown = F.pixel_shuffle(features[:, -SHOWN:], 2)[:, :3] / GAIN
    torch.testing.assert_close(shown, expects)
    assert expects[0, 2, 16, 16] > 0.9
    assert expects[0, 0, 16, 16] < -0.9
    assert expects[0, 2, 2, 2] < -0.3

    v = torch.randn(1, 3, 32, 32)
    torch.nn.init.zeros_(made.trust)
    made.trust.data[0, [4, 5]] = torch.tensor([0.5, 1.0])

    def x0(time: float) -> Tensor:
        answer = made.corrected(v, expects, named, noisy, abar, torch.tensor([time]))
        return abar.sqrt() * noisy - (1 - abar).sqrt() * answer

    own = x0(0.0)
    torch.testing.assert_close(x0(5 / 20), expects, atol=1e-4, rtol=0)
    torch.testing.assert_close(x0(4.5 / 20), 0.25 * own + 0.75 * expects, atol=1e-4, rtol=0)
    torch.testing.assert_close(x0(1.0), own)


def test_a_text_turns_the_colours_of_what_is_drawn_and_leaves_the_ground() -> None:
    made = gallery()
    expects = torch.rand(2, 4, 8, 8)
    expects[:, 3] = 0
    expects[:, 3, :4] = 1
    text = torch.randn(2, 5, WIDE)
    torch.testing.assert_close(made.tinted(expects, text), expects)
    last = made.tint[1]
    assert isinstance(last, torch.nn.Linear)
    swapped = torch.tensor([[-1.0, 0, 1, 0], [0, 0, 0, 0.25], [1, 0, -1, 0]])
    last.bias.data.copy_(swapped.flatten())
    seen = made.tinted(expects, text)
    torch.testing.assert_close(seen[:, :, 4:], expects[:, :, 4:])
    torch.testing.assert_close(seen[:, [0, 2], :4], expects[:, [2, 0], :4])
    torch.testing.assert_close(seen[:, 1, :4], expects[:, 1, :4] + 0.25)


@pytest.mark.parametrize("answers", [((1, 0), (0, 0)), ((1, 2), (3, 0))])
def test_a_gallery_is_the_same_where_products_are_rounded(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[tuple[int, int], ...]
) -> None:
    made = gallery()
    text = pointing(monkeypatch, made, *answers)
    noisy, abar = torch.randn(2, 3, 32, 32), torch.full((2, 1, 1, 1), 0.3)
    exact = made(text, noisy, abar, (16, 16))
    with torch.autocast("cpu", torch.bfloat16):
        rounded = made(text, noisy, abar, (16, 16))
    torch.testing.assert_close(rounded[1], exact[1], atol=2e-2, rtol=0)
    torch.testing.assert_close(rounded[0].float(), exact[0], atol=0.2, rtol=0.05)
    assert rounded[1].dtype == torch.float32


def centre(weights: Tensor) -> tuple[float, float]:
    """(x, y) of a map's centre of mass, from -1 to 1."""
    places = (torch.arange(SIDE) + 0.5) * 2 / SIDE - 1
    mass = weights.sum()
    return ((weights.sum(0) @ places) / mass).item(), ((weights.sum(1) @ places) / mass).item()


SMALL = {"names": NAMES, "kept": KEPT, "usual": 2, "side": 8, "channels": 6}


@pytest.fixture
def asked() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(2)
    return torch.randn(2, 3, 16, 16), torch.tensor([900, 100]), torch.randn(2, 7, 16)


@torch.no_grad()
def test_a_gallery_survives_saving_in_half_precision(
    asked: tuple[Tensor, Tensor, Tensor], tmp_path: Path
) -> None:
    model = small(patch_size=4, gallery=SMALL).to(memory_format=torch.channels_last)
    drawings = torch.randint(256, model.text_gallery.drawings.shape, dtype=torch.uint8)
    model.text_gallery.drawings.copy_(drawings)
    model.half().save_pretrained(tmp_path)
    again = PatchedUNet2DConditionModel.from_pretrained(tmp_path).eval()
    assert torch.equal(again.text_gallery.drawings, drawings)
    x, t, text = asked
    assert again(x[..., :8, :8], t, text).sample.shape == (2, 6, 8, 8)
    before = again(x, t, text).sample
    again.text_gallery.drawings.zero_()
    again.text_gallery.pointer.name.bias[0] = -SURE  # a name, at any rate
    torch.nn.init.normal_(again.unet.conv_out.weight)
    blank = again(x, t, text).sample
    again.text_gallery.drawings.copy_(drawings)
    assert before.isfinite().all()
    assert not torch.allclose(again(x, t, text).sample, blank)


@torch.no_grad()
def test_a_gallery_is_added_at_every_level_beside_a_layout(
    asked: tuple[Tensor, Tensor, Tensor],
) -> None:
    layout = {"channels": 5, "side": 4, "hidden": 8}
    model = small(patch_size=2, layout=layout, gallery=SMALL)
    model.text_gallery.drawings.random_(256)
    torch.nn.init.normal_(model.unet.conv_out.weight)
    before = model.velocity(*asked)[0]
    for added in (model.text_gallery.add, model.text_layout.add):
        assert [add.out_channels for add in added] == [16, 16, 16, 32, 32]
        for add in added:
            torch.nn.init.normal_(add.weight)
            assert not torch.allclose(model.velocity(*asked)[0], before)
            torch.nn.init.zeros_(add.weight)
    assert torch.equal(model.velocity(*asked)[0], before)


def test_every_thing_is_drawn_by_several_sets(tmp_path: Path) -> None:
    things = read_things(write_vocabulary(tmp_path))
    composer = Composer(things, load_drawings(write_fake_sets(tmp_path / "npm"), things, 64))
    drawings = drawings_to_show(composer)
    kept, side = GALLERY["kept"], GALLERY["side"]
    assert drawings.shape == (len(things), kept * 4, side, side)
    assert drawings.dtype == torch.uint8
    drawings = drawings.unflatten(1, (kept, 4))
    opacity = drawings[:, :, 3:]
    assert (drawings[:, :, :3] <= opacity).all()  # colours are multiplied by it
    for thing, drawn in zip(things, drawings, strict=True):
        assert len({each.numpy().tobytes() for each in drawn}) > 1
        assert drawn[:, 3].any((1, 2)).all()
        if thing.scene is not None:
            assert (drawn[:, 3] == 255).all()
        else:
            edge = int(side * (100 - WIDTH) / 200)
            assert not drawn[:, :, :edge].any()
    np.testing.assert_array_equal(drawings.flatten(1, 2), drawings_to_show(composer))


def test_everyday_things_are_usual() -> None:
    things = read_things()
    usual = everyday(things, GALLERY["usual"])
    assert {things[i].name for i in usual} == {*EVERYDAY}
    assert everyday(things[:2], 5).tolist() == [0, 1, 0, 1, 0]
