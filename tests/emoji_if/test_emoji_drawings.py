"""Which drawings are taken, and what happens where they are not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.fake_sets import write_fake_sets

from emoji_if.drawings import (
    SETS,
    SOLID,
    DataError,
    rasterise,
    read_all,
    read_photographs,
    read_set,
    unpacked,
    wanted,
)


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
    assert sets["noto"].keys() == sets["twemoji"].keys() == sets[SOLID].keys()
    assert sets["fxemoji"].keys() == sets["noto"].keys() - {"dog"}, "its dog is a face"
    assert "flag-france" not in sets["noto"]


def test_every_set_and_photograph_may_be_passed_on() -> None:
    licences = {source.licence for source in SETS.values()}
    assert licences <= {"MIT", "Apache-2.0", "CC-BY-4.0"}


def test_missing_and_damaged_packages_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run `python -m emoji_if data` first"):
        read_set(tmp_path, "noto")
    unpacked(tmp_path, SETS["noto"].package).mkdir()
    (tmp_path / "noto" / "icons.json").write_text("{", "utf-8")
    with pytest.raises(DataError, match=r"icons\.json is damaged"):
        read_set(tmp_path, "noto")
    with pytest.raises(DataError, match=r"image\.jpg cannot be read"):
        read_photographs(tmp_path)


def test_a_drawing_fills_its_square(npm: Path) -> None:
    document = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2">'
        '<rect width="4" height="2" fill="red"/></svg>'
    )
    pixels = rasterise(document, 32)
    assert pixels.shape == (32, 32, 4)
    assert pixels[16, 16].tolist() == [255, 0, 0, 255]
    assert pixels[2, 16, 3] == 0
    solid = rasterise(read_all(npm)[SOLID]["owl"], 24)
    assert solid.shape == (24, 24, 4)
    assert solid[12, 12, 3] == 255


def test_photographs_are_reduced_to_a_common_size(npm: Path) -> None:
    photographs = read_photographs(npm, longest=100)
    assert {picture.shape for picture in photographs} == {(80, 100, 3)}
