"""The digits and clothes of Part B, as tensors: bundled, from a local folder, or downloaded."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fwd_report.errors import Problem, UserError
from fwd_report.outside import outside_keys
from fwd_report.plugins.offers import in_use
from fwd_report.training.catalogue import DATA_VARIABLE, FILES
from fwd_report.training.download import News, download
from fwd_report.training.idx import read_idx

SHAPE = (1, 28, 28)
"""Of an image."""
CLASSES = 10
"""Labels range from 0 to 9."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels of both splits, on one device.

    train_images, test_images: (N, 1, 28, 28) float32 in [0, 1]; labels: (N,) int64, 0 to 9.
    """

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor

    def test_image(self, index: int) -> Tensor:
        """One test image, (1, 28, 28). Raises UserError if there are fewer."""
        if not 0 <= index < len(self.test_images):
            last = len(self.test_images) - 1
            raise UserError(f"there is no test image {index}; the last is {last}")
        return self.test_images[index]


def load_dataset(
    name: str, folder: Path | None = None, news: News = lambda message: None
) -> Dataset:
    """The dataset of that name, on the CPU; read once per process.

    folder: searched before anything is downloaded, then the folder that FWD_REPORT_DATA names; each
    may hold the files themselves or a subfolder named after the dataset. news(message) reports a
    download. Raises UserError for an unknown name, and for a file that is corrupt or not available.
    """
    if name == "digits":
        return _digits()
    if name not in FILES:
        return _plugged(name)
    return _read(
        name,
        tuple(local_file(name, file, folder) or download(name, file, news) for file in FILES[name]),
    )


def _plugged(name: str) -> Dataset:
    """A plug-in's dataset, checked. Raises UserError."""
    plugins = in_use()
    dataset: Dataset = plugins.load("datasets", name).load(plugins.root or Path())
    offer = plugins.offer("datasets", name)
    if wrong := _fault(dataset):
        raise UserError(f"{offer.where if offer else name}: the dataset '{name}' {wrong}")
    return dataset


@outside_keys
def _fault(dataset: Any) -> str | None:
    """What is wrong with a dataset, as the rest of a sentence; None: nothing."""
    if not isinstance(dataset, Dataset):
        return f"loads {type(dataset).__name__}, not fwd_report.training.datasets.Dataset"
    for split in ("train", "test"):
        images, labels = getattr(dataset, f"{split}_images"), getattr(dataset, f"{split}_labels")
        if not (isinstance(images, Tensor) and isinstance(labels, Tensor)):
            return f"has {split} images and labels that are no tensors"
        if images.shape[1:] != SHAPE or not len(images) or images.dtype != torch.float32:
            return (
                f"has {split}_images of shape {tuple(images.shape)} and {images.dtype}, not "
                f"(N, {', '.join(map(str, SHAPE))}) and torch.float32, N at least 1"
            )
        if not (images.min() >= 0 and images.max() <= 1):
            return f"has {split}_images with values outside of [0, 1]"
        if labels.shape != images.shape[:1] or labels.dtype != torch.int64:
            return (
                f"has {split}_labels of shape {tuple(labels.shape)} and {labels.dtype}, not "
                f"({len(images)},) and torch.int64"
            )
        if not (labels.min() >= 0 and labels.max() < CLASSES):
            return f"has {split}_labels outside of 0 to {CLASSES - 1}"
    return None


@cache
def _read(name: str, paths: tuple[Path, ...]) -> Dataset:
    digests = FILES[name].values()
    arrays = (_array(name, path, digest) for path, digest in zip(paths, digests, strict=True))
    train_images, train_labels, test_images, test_labels = arrays
    return Dataset(
        _images(train_images), _labels(train_labels), _images(test_images), _labels(test_labels)
    )


@cache
def _digits() -> Dataset:
    """scikit-learn's UCI digits: 8×8 drawings, enlarged to 20×20 and centred in 28×28.

    Like MNIST's digits, they have a border of four pixels. Every sixth is for testing.
    """
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    images = torch.from_numpy(bunch.images).to(torch.float32).unsqueeze(1) / 16
    images = torch.nn.functional.interpolate(images, size=(20, 20), mode="bicubic").clamp(0, 1)
    images = torch.nn.functional.pad(images, (4, 4, 4, 4))
    labels = torch.from_numpy(bunch.target).to(torch.int64)
    test = torch.arange(len(labels)) % 6 == 5
    return Dataset(images[~test], labels[~test], images[test], labels[test])


def _images(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array.astype(np.float32) / 255).unsqueeze(1)


def _labels(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array.astype(np.int64))


def _array(name: str, path: Path, digest: str) -> np.ndarray:
    content = path.read_bytes()
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != digest:
        raise UserError(
            Problem(
                f"this file of {name} is corrupt or truncated: its MD5 is {found}, not {digest}",
                file=path,
                hint="Put a good copy there, or remove it and let it be downloaded.",
            )
        )
    try:
        return read_idx(content)
    except ValueError as error:
        raise UserError(
            Problem(f"this file of {name} is unreadable: {error}", file=path)
        ) from error


def local_file(name: str, file: str, folder: Path | None) -> Path | None:
    """The file in the given folder or in that of FWD_REPORT_DATA, or None."""
    variable = os.environ.get(DATA_VARIABLE)
    for root in (folder, Path(variable) if variable else None):
        for candidate in (root / name / file, root / file) if root else ():
            if candidate.is_file():
                return candidate
    return None
