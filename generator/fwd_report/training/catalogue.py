"""The datasets Part B knows, without loading anything: names, sizes, files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

DatasetName = Literal["digits", "mnist", "fashion-mnist"]
DATA_VARIABLE = "FWD_REPORT_DATA"
"""The environment variable that names a folder with dataset files."""
TRAIN_SIZES: Mapping[str, int] = {"digits": 1498, "mnist": 60_000, "fashion-mnist": 60_000}
"""Images in the training split."""


def _mnist_files(*digests: str) -> dict[str, str]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return {f"{name}-ubyte.gz": digest for name, digest in zip(names, digests, strict=True)}


FILES: Mapping[str, Mapping[str, str]] = {
    "mnist": _mnist_files(
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    "fashion-mnist": _mnist_files(
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
}
"""The files of each dataset in MNIST's format, with their MD5."""
