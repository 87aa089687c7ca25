"""Composed pictures show what is to be shown, and the same ones for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.helpers.fake_sets import write_fake_sets, write_vocabulary

from emoji_if.backdrops import BACKDROPS
from emoji_if.canvas import svg
from emoji_if.captions import MEDIA, Shown
from emoji_if.compose import LEADING, LEADS, SOLID_PHOTOS, Composer, load_drawings, reduced
from emoji_if.drawings import SETS, SOLID, read_photographs
from emoji_if.media import FILTERS
from emoji_if.objective import Emphasis
from emoji_if.recolour import HUES, recoloured, varied
from emoji_if.scenes import SCENES
from emoji_if.stream import Pictures, Stream
from emoji_if.textures import MOST_NOISE, Textures
from emoji_if.things import read_things
from emoji_if.viewfinder import Frame, Painting, tinted
from emoji_if.yardstick import Yardstick

DOG, OWL, FOX, MOON, VOLCANO, OLD_MAN = range(6)

PAINTED = sorted(SCENES.keys() - BACKDROPS.keys())
DIFFERENT, ALIKE = 0.17, 0.09


@pytest.fixture(scope="module")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fake_sets(tmp_path_factory.mktemp("npm"))


@pytest.fixture(scope="module")
def composer(npm: Path) -> Composer:
    things = read_things(write_vocabulary(npm))
    return Composer(things, load_drawings(npm, things, 48))


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize(
    "shown",
    [
        Shown(DOG, "plain"),
        Shown(DOG, "plain", clean=True),
        Shown(DOG, "plain", colour="blue"),
        Shown(DOG, "plain", size="big"),
        Shown(DOG, "plain", face=True, worn="crown"),
        Shown(DOG, "plain", place="space"),
        Shown(MOON, "plain", place="forest"),
        Shown(DOG, "plain", second=OWL),
        Shown(VOLCANO, "plain"),
        Shown(OLD_MAN, "plain"),
    ],
)
def test_the_same_seed_paints_the_same_picture(
    composer: Composer, medium: str, shown: Shown
) -> None:
    shown = Shown(**{**vars(shown), "medium": medium})
    first, again = (composer.picture(shown, np.random.default_rng(5)) for _ in range(2))
    assert first[0].shape == (48, 48, 3)
    assert first[0].dtype == np.uint8
    assert np.array_equal(first[0], again[0])
    assert first[0].std() > 3


def test_every_scene_and_backdrop_can_be_painted(composer: Composer) -> None:
    for name, scene in SCENES.items():
        for seed in range(12):
            canvas = scene(np.random.default_rng(seed), composer.drawings["noto"], 32)
            assert canvas.size == (32, 32), name
            assert np.asarray(canvas)[..., 3].min() == 255, (name, seed)
    assert BACKDROPS.keys() <= SCENES.keys()


@pytest.mark.parametrize("name", PAINTED)
def test_no_scene_has_but_one_layout(composer: Composer, name: str) -> None:
    """The mean distance of two pictures' pixels, in [0, 1], is that of different compositions."""
    drawings = composer.drawings["noto"]
    seen = np.stack(
        [
            reduced(np.asarray(SCENES[name](np.random.default_rng(s), drawings, 64))[..., :3], 16)
            for s in range(16)
        ]
    ).reshape(16, -1)
    apart = seen[:, None].astype(float) - seen
    distances = np.sqrt((apart**2).mean(-1))[~np.eye(16, dtype=bool)] / 255
    assert distances.mean() > DIFFERENT
    assert distances.min() > ALIKE


def test_a_frame_shows_its_box_and_nothing_outside_the_scene() -> None:
    rng, box = np.random.default_rng(0), (30.0, 20.0, 70.0, 90.0)
    for _ in range(200):
        frame = Frame.around(rng, box, most=1.4)
        upright = Frame(frame.x, frame.y, frame.zoom)
        for x, y in ((30, 20), (70, 20), (30, 90), (70, 90)):
            assert all(-0.01 < c < 100.01 for c in upright.point(x, y))
        seen = np.asarray(svg(frame.shapes('<rect width="100" height="100"/>'), 40))
        assert seen[1:-1, 1:-1, 3].min() == 255
        assert frame.zoom <= 1.4 + 1e-6


def test_a_frame_moves_drawings_with_shapes() -> None:
    """A disc is pasted where a painted one would be."""
    frame = Frame(40, 60, 1.4, degrees=5)
    drawn, pasted = Painting(64, frame), Painting(64, frame)
    drawn.draw('<circle cx="52" cy="48" r="15"/>')
    pasted.paste(_disc((0, 0, 0)), (52, 48), 30)
    a, b = (np.asarray(painting.finished())[..., 3] / 255.0 for painting in (drawn, pasted))
    assert np.abs(a - b).mean() < 0.02


def test_a_tint_keeps_light_and_shade() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 4, 0)
    for seed in range(8):
        picture = Image.fromarray(np.repeat(ramp, 3, 2)).convert("RGBA")
        light = np.asarray(tinted(picture, np.random.default_rng(seed)).convert("L"))[0].astype(int)
        assert np.all(np.diff(light) >= -1)
        assert np.ptp(light) > 150


def test_two_seeds_are_two_pictures(composer: Composer) -> None:
    pictures = [composer.picture(Shown(OWL, "plain"), np.random.default_rng(s)) for s in range(8)]
    assert len({name for _, _, name in pictures}) > 2
    assert len({picture.tobytes() for picture, _, _ in pictures}) == 8


def test_one_set_leads(composer: Composer) -> None:
    """And the solid set does among photos."""
    rng = np.random.default_rng(0)
    for medium, leading, share in (("oil", LEADING, LEADS), ("photo", SOLID, SOLID_PHOTOS)):
        drawn = [composer.picture(Shown(OWL, medium), rng)[2] for _ in range(400)]
        expected = share + (1 - share) / len(SETS)
        if medium == "photo":  # what is left of them is led, too
            expected = share + (1 - share) * (1 - LEADS) / len(SETS)
        assert drawn.count(composer.sets.index(leading)) / 400 == pytest.approx(expected, abs=0.08)
        assert set(drawn) == set(range(len(SETS)))


def test_a_set_that_draws_it_otherwise_is_left_out(composer: Composer) -> None:
    assert "noto-v1" not in composer.able(Shown(FOX, "plain"))
    assert set(composer.able(Shown(OWL, "plain"))) == set(SETS)


def test_what_no_set_can_show_becomes_the_thing_alone(composer: Composer) -> None:
    _, shown, _ = composer.picture(Shown(OWL, "oil", face=True), np.random.default_rng(0))
    assert shown == Shown(OWL, "oil")


def test_the_left_thing_is_named_first(composer: Composer) -> None:
    """The solid set's drawing is told from the others' by its square shape; here: by its colour."""
    only = Composer(composer.things, {"noto": dict(composer.drawings["noto"])})
    only.drawings["noto"]["dog"] = only.drawings["noto"]["dog-face"] = _disc((255, 0, 0))
    only.drawings["noto"]["owl"] = _disc((0, 0, 255))
    picture, _, _ = only.picture(Shown(DOG, "plain", second=OWL), np.random.default_rng(1))
    red = (picture[..., 0].astype(int) - picture[..., 2] > 120).nonzero()[1]
    blue = (picture[..., 2].astype(int) - picture[..., 0] > 120).nonzero()[1]
    assert red.mean() < 24 < blue.mean()


def test_small_is_small_and_big_is_big(composer: Composer) -> None:
    only = Composer(composer.things, {"noto": {"owl": _disc((255, 0, 0))}})

    def area(size: str | None) -> float:
        seen = [
            only.picture(Shown(OWL, "plain", size=size), np.random.default_rng(s))[0]
            for s in range(12)
        ]
        return float(np.mean([(p[..., 0].astype(int) - p[..., 1] > 150).mean() for p in seen]))

    assert area("small") < 0.6 * area(None) < 0.6 * area("big")


@pytest.mark.parametrize("colour", HUES)
def test_a_drawing_takes_the_colour_and_keeps_its_shape(colour: str) -> None:
    drawing = _disc((220, 30, 30))
    drawing[20:26, 20:26, :3] = (40, 200, 220)
    painted = recoloured(drawing, colour)
    assert np.array_equal(painted[..., 3], drawing[..., 3])
    assert _hue(painted[32, 32]) == pytest.approx(HUES[colour], abs=8)
    assert _hue(painted[22, 22]) == pytest.approx(_hue(drawing[22, 22]), abs=8)


def test_greys_are_tinted_and_black_is_dark() -> None:
    grey = _disc((150, 150, 150))
    assert _hue(recoloured(grey, "green")[24, 24]) == pytest.approx(HUES["green"], abs=8)
    red = _disc((220, 30, 30))
    assert recoloured(red, "black")[24, 24, :3].max() < 110
    assert recoloured(red, "white")[24, 24, :3].min() > 180


def test_a_palette_varies_a_little() -> None:
    drawing = _disc((220, 60, 30))
    other = varied(drawing, np.random.default_rng(0)).astype(int)
    assert 0 < np.abs(other - drawing).max() < 60
    assert np.array_equal(other[..., 3], drawing[..., 3])


def test_media_keep_range_and_ink_has_no_colour() -> None:
    rng = np.random.default_rng(0)
    image = rng.random((32, 32, 3), np.float32)
    for name, medium in FILTERS.items():
        filtered = medium(image, rng)
        assert filtered.shape == image.shape, name
        assert filtered.min() >= 0, name
        assert filtered.max() <= 1, name
    ink = FILTERS["lithograph"](image, rng)
    assert np.ptp(ink[..., 0] - ink[..., 1]) < 0.05


def test_a_stream_of_fresh_pictures_is_decided_by_its_seed(npm: Path, composer: Composer) -> None:
    textures = Textures(read_photographs(npm), composer.drawings)
    pictures = Pictures(composer, textures, 24, 16, seed=3)
    stream, again = Stream(pictures, processes=0), Stream(pictures, processes=0)
    first, second = stream.take(), stream.take()
    assert torch.equal(first.images, again.take().images)
    assert not torch.equal(first.images, second.images)
    assert first.pixels().shape == (16, 3, 24, 24)
    assert len(first.captions) == 16


def test_a_process_beside_composes_the_same_pictures(composer: Composer) -> None:
    pictures = Pictures(composer, None, 24, 4, seed=3)
    assert torch.equal(
        Stream(pictures, processes=1).take().images, Stream(pictures, processes=0).take().images
    )


def test_textures_are_few_nameless_and_hardly_noised(
    npm: Path, composer: Composer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the other pictures show is not looked at: they stay black."""
    black = np.zeros((16, 16, 3), np.uint8)
    monkeypatch.setattr(composer, "picture", lambda shown, rng: (black, shown, 0))
    textures = Textures(read_photographs(npm), composer.drawings)
    batch = Pictures(composer, textures, 16, 1, seed=0).draw(600, np.random.default_rng(0))
    mere = batch.things == -1
    assert mere.float().mean().item() == pytest.approx(Emphasis.both.restored, abs=0.05)
    assert torch.all(batch.most_noise[mere] == MOST_NOISE)
    assert torch.all(batch.most_noise[~mere] == 1)
    said = {text for text, plain in zip(batch.captions, mere, strict=True) if plain}
    assert said == {"", "a high quality photo"}


def test_a_yardstick_measures_the_same_pictures_every_time(composer: Composer) -> None:
    pictures = Pictures(composer, None, 16, 4, seed=9)
    photograph = np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)
    first, again = (Yardstick.of(pictures, photograph) for _ in range(2))
    assert torch.equal(first.drawings, again.drawings)
    assert torch.equal(first.noise, again.noise)
    assert first.photographs.shape == (4, 3, 16, 16)

    class Silent(torch.nn.Linear):
        """Always answers that the velocity is nought."""

        def embed(self, captions: list[str]) -> torch.Tensor:
            return torch.zeros(len(captions), 1, 1)

        @property
        def unet(self) -> Silent:
            return self

        def velocity(self, xt: torch.Tensor, *_: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return torch.zeros_like(xt), torch.zeros_like(xt)

    silent = Silent(1, 1)
    abar = first.objective["abar"][torch.tensor([500])]
    v = abar.sqrt() * first.noise - (1 - abar).sqrt() * first.drawings
    assert first.errors(silent)[500] == pytest.approx(v.square().mean().item(), rel=1e-5)
    assert "photo" in again.measure(silent)


def test_reducing_averages() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[::2] = 200
    assert np.all(reduced(picture, 4) == 100)


def _disc(colour: tuple[int, int, int], size: int = 48) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    drawing = np.zeros((size, size, 4), np.uint8)
    drawing[..., :3] = colour
    drawing[..., 3] = 255 * ((x - size / 2) ** 2 + (y - size / 2) ** 2 < (size / 2) ** 2)
    return drawing


def _hue(pixel: np.ndarray) -> float:
    r, g, b = (float(c) for c in pixel[:3])
    return float(np.rad2deg(np.arctan2(np.sqrt(3) * (g - b), 2 * r - g - b)) % 360)
