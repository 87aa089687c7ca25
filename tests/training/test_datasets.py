"""Datasets: bundled, from a folder, downloaded; and every way in which their files can be bad."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import struct
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from fwd_report.errors import UserError
from fwd_report.training import datasets
from fwd_report.training.catalogue import DATA_VARIABLE, FILES, TRAIN_SIZES
from fwd_report.training.datasets import load_dataset
from fwd_report.training.download import MIRRORS
from fwd_report.training.idx import read_idx

COUNTS = {"train": 6, "t10k": 3}


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.astype(np.uint8).tobytes())


@pytest.fixture
def files() -> dict[str, bytes]:
    """A small dataset in MNIST's format: pixel k of image k is 255, its label is k."""
    made = {}
    for split, count in COUNTS.items():
        images = np.zeros((count, 28, 28))
        images.reshape(count, -1)[range(count), range(count)] = 255
        made[f"{split}-images-idx3-ubyte.gz"] = idx(images)
        made[f"{split}-labels-idx1-ubyte.gz"] = idx(np.arange(count))
    return made


@pytest.fixture
def folder(tmp_path: Path, files: dict[str, bytes]) -> Path:
    root = tmp_path / "data"
    (root / "mnist").mkdir(parents=True)
    for name, content in files.items():
        (root / "mnist" / name).write_bytes(content)
    return root


@pytest.fixture(autouse=True)
def small_mnist(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, bytes]
) -> Iterator[None]:
    """The catalogue names the small files; nothing is cached, and no mirror answers."""
    digests = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    monkeypatch.setitem(FILES, "mnist", digests)
    use_mirrors(monkeypatch, "http://127.0.0.1:9/")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    datasets._read.cache_clear()
    yield
    datasets._read.cache_clear()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An HTTP server on this machine: its address, and the folder it serves."""
    root = tmp_path / "mirror"
    root.mkdir()
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", root
        server.shutdown()
        thread.join()


def use_mirrors(monkeypatch: pytest.MonkeyPatch, *mirrors: str) -> None:
    monkeypatch.setitem(MIRRORS, "mnist", mirrors)


def assert_is_the_small_dataset(dataset: datasets.Dataset) -> None:
    assert dataset.train_images.shape == (COUNTS["train"], 1, 28, 28)
    assert dataset.test_labels.tolist() == list(range(COUNTS["t10k"]))
    brightest = dataset.train_images.flatten(1)
    assert brightest.argmax(1).tolist() == dataset.train_labels.tolist()
    assert brightest.max() == 1


def test_digits_need_no_file() -> None:
    dataset = load_dataset("digits")
    assert len(dataset.train_images) == TRAIN_SIZES["digits"]
    assert len(dataset.train_images) + len(dataset.test_images) == 1797
    for images in (dataset.train_images, dataset.test_images):
        assert images.shape[1:] == (1, 28, 28)
        assert images.min() >= 0
        assert images.max() <= 1
        assert images[..., :4].max() == 0  # the border MNIST has too
    assert torch.bincount(dataset.test_labels, minlength=10).min() >= 20


@pytest.mark.parametrize("place", ["mnist", "."])
def test_a_local_folder_is_honoured_first(folder: Path, tmp_path: Path, place: str) -> None:
    (folder / "mnist").rename(tmp_path / "moved")
    if place == ".":
        folder = tmp_path / "moved"
    else:
        (tmp_path / "moved").rename(folder / "mnist")
    assert_is_the_small_dataset(load_dataset("mnist", folder))


def test_the_environment_may_name_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(folder))
    assert_is_the_small_dataset(load_dataset("mnist"))


def test_the_first_mirror_that_has_the_files_is_used_and_they_are_kept(
    files: dict[str, bytes], mirror: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, root = mirror
    for name, content in files.items():
        (root / name).write_bytes(content)
    use_mirrors(monkeypatch, "http://127.0.0.1:9/", address)
    heard: list[str] = []
    assert_is_the_small_dataset(load_dataset("mnist", news=heard.append))
    assert heard[-1] == "downloading mnist/t10k-labels-idx1-ubyte.gz, 0 of 0 MiB"

    use_mirrors(monkeypatch, "http://127.0.0.1:9/")
    datasets._read.cache_clear()
    assert_is_the_small_dataset(load_dataset("mnist"))


@pytest.mark.parametrize("damage", ["truncated", "corrupt"])
def test_a_bad_download_is_refused(
    files: dict[str, bytes],
    mirror: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    damage: str,
) -> None:
    address, root = mirror
    for name, content in files.items():
        bad = content[:-9] if damage == "truncated" else content[:-9] + b"\0" * 9
        (root / name).write_bytes(bad)
    use_mirrors(monkeypatch, address)
    with pytest.raises(UserError, match="what came has another MD5") as caught:
        load_dataset("mnist")
    assert "train-images-idx3-ubyte.gz of mnist" in str(caught.value)
    assert DATA_VARIABLE in str(caught.value)
    assert not list((tmp_path / "cache").rglob("*.gz"))


def test_without_network_the_error_says_where_to_put_which_file() -> None:
    with pytest.raises(UserError) as caught:
        load_dataset("mnist")
    message = str(caught.value)
    for part in ("127.0.0.1:9/: cannot be reached", *FILES["mnist"], "mnist/", "data:", "digits"):
        assert part in message


@pytest.mark.parametrize("keep", [0, 10, -1])
def test_a_damaged_local_file_is_named(folder: Path, keep: int) -> None:
    path = folder / "mnist" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match="corrupt or truncated") as caught:
        load_dataset("mnist", folder)
    assert caught.value.problems[0].file == path


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no gzip at all", "gzip"),
        (gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", 3) + b"abc")[:-12], "gzip"),
        (gzip.compress(b"\0\0\x0d\x01" + struct.pack(">I", 3) + b"abc"), "IDX"),
        (gzip.compress(b"\0\0"), "IDX"),
        (gzip.compress(b"\0\0\x08\x03" + struct.pack(">I", 3)), "header"),
        (gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", 4) + b"abc"), "header says"),
    ],
    ids=["plain", "cut short", "another type", "empty", "no numbers", "too few bytes"],
)
def test_what_is_not_an_idx_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        read_idx(path.read_bytes())


def test_a_test_image_beyond_the_last_is_an_error_that_names_the_last() -> None:
    with pytest.raises(UserError, match="the last is 298"):
        load_dataset("digits").test_image(299)
