"""The datasets Part B knows, without loading anything: names, sizes, files and mirrors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

DatasetName = Literal["digits", "mnist", "fashion-mnist"]
DATA_VARIABLE = "FWD_REPORT_DATA"
"""The environment variable that names a folder with dataset files."""
TRAIN_SIZES: Mapping[str, int] = {"digits": 1498, "mnist": 60_000, "fashion-mnist": 60_000}
"""Images in the training split."""


@dataclass(frozen=True)
class Source:
    """Where a dataset in MNIST's format comes from: files with their MD5, and mirrors."""

    files: Mapping[str, str]
    mirrors: tuple[str, ...]


def _mnist_files(*digests: str) -> dict[str, str]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return {f"{name}-ubyte.gz": digest for name, digest in zip(names, digests, strict=True)}


SOURCES: Mapping[str, Source] = {
    "mnist": Source(
        _mnist_files(
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
    ),
    "fashion-mnist": Source(
        _mnist_files(
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ),
    ),
}
