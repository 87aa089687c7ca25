"""Which drawings are taken, and what happens where they are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.emoji_if.fake_sets import write_fake_sets

from emoji_if.captions import MEDIA
from emoji_if.compose import Pool, build_pool, load_drawings, picture
from emoji_if.drawings import SETS, DataError, rasterise, read_all, read_set, wanted
from emoji_if.media import FILTERS
from emoji_if.scenes import SCENES
from emoji_if.vocabulary import STARTER


@pytest.fixture(scope="module")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fake_sets(tmp_path_factory.mktemp("npm"))


@pytest.mark.parametrize(
    "icon", ["dog-face", "rocket", "snow-capped-mountain", "mantelpiece-clock"]
)
def test_takes_things(icon: str) -> None:
    assert wanted(icon)


@pytest.mark.parametrize(
    "icon",
    [
        "man-medium-skin-tone",
        "flag-france",
        "keycap-3",
        "ten-oclock",
        "two-thirty",
        "regional-indicator-symbol-letter-a",
        "japanese-vacancy-button",
    ],
)
def test_leaves_variants_and_signs(icon: str) -> None:
    assert not wanted(icon)


def test_names_agree_between_sets(npm: Path) -> None:
    sets = read_all(npm)
    assert list(sets) == list(SETS)
    assert sets["fxemoji"].keys() == sets["noto"].keys()
    assert "flag-france" not in sets["noto"]


def test_missing_and_damaged_packages_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run `python -m emoji_if data` first"):
        read_set(tmp_path, "noto")
    (tmp_path / "noto").mkdir()
    (tmp_path / "noto" / "icons.json").write_text("{", "utf-8")
    with pytest.raises(DataError, match=r"icons\.json is damaged"):
        read_set(tmp_path, "noto")


def test_a_drawing_fills_its_square() -> None:
    document = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2">'
        '<rect width="4" height="2" fill="red"/></svg>'
    )
    pixels = rasterise(document, 32)
    assert pixels.shape == (32, 32, 4)
    assert pixels[16, 16].tolist() == [255, 0, 0, 255]
    assert pixels[2, 16, 3] == 0


def test_every_scene_and_medium_gives_a_picture(npm: Path) -> None:
    drawings = load_drawings(npm, STARTER, 32)["noto"]
    things = [*[thing for thing in STARTER if thing.scene in SCENES][:3], STARTER[-1]]
    for thing in things:
        for medium in MEDIA:
            first, again = (
                picture(thing, medium, drawings, 32, np.random.default_rng(5)) for _ in range(2)
            )
            assert first.shape == (32, 32, 3)
            assert first.dtype == np.uint8
            assert np.array_equal(first, again)
            assert first.std() > 5


def test_media_keep_range_and_a_lithograph_has_no_colour() -> None:
    rng = np.random.default_rng(0)
    image = rng.random((32, 32, 3), np.float32)
    for name, medium in FILTERS.items():
        filtered = medium(image, rng)
        assert filtered.shape == image.shape, name
        assert filtered.min() >= 0, name
        assert filtered.max() <= 1, name
    ink = FILTERS["lithograph"](image, rng)
    assert np.ptp(ink[..., 0] - ink[..., 1]) < 0.05


def test_a_pool_depends_on_its_seed_alone_and_round_trips(npm: Path, tmp_path: Path) -> None:
    drawings = load_drawings(npm, STARTER, 32)
    pool = build_pool(drawings, STARTER, 12, 16, seed=3, workers=1)
    again = build_pool(drawings, STARTER, 12, 16, seed=3, workers=2)
    pool.save(tmp_path / "pool.npz")
    for other in (again, Pool.load(tmp_path / "pool.npz")):
        assert np.array_equal(pool.images, other.images)
        assert np.array_equal(pool.things, other.things)
    assert pool.images.shape == (12, 16, 16, 3)
