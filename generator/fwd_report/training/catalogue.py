"""The datasets of Part B, without loading anything: names, sizes, files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

from fwd_report.errors import UserError, as_code
from fwd_report.outside import outside_keys
from fwd_report.plugins.named import Named
from fwd_report.plugins.offers import in_use

if TYPE_CHECKING:
    from fwd_report.training.datasets import Dataset

DatasetName = Annotated[str, Named("datasets")]
NetworkName = Annotated[str, Named("networks")]
ObjectiveName = Annotated[str, Named("processes")]
DATA_VARIABLE = "FWD_REPORT_DATA"
"""The environment variable that names a folder with dataset files."""
MOST_IMAGES = 10**12
"""A larger size is no number of images."""
TRAIN_SIZES: Mapping[str, int] = {"digits": 1498, "mnist": 60_000, "fashion-mnist": 60_000}
"""Images in the training split."""


class DatasetSource(Protocol):
    """A dataset from a plug-in; its module does not import torch at the top.

    project: the writeup's folder.
    """

    def files(self, project: Path) -> Iterable[Path]:
        """The files that its content is read from; their names and contents are part of keys."""

    def size(self, project: Path) -> int:
        """The number of training images, known without decoding them."""

    def load(self, project: Path) -> Dataset:
        """Its images and labels, on the CPU."""


@outside_keys
def training_size(name: str | None) -> int:
    """The number of training images of the dataset of that name.

    Raises UserError for a plug-in that is broken or has none.
    """
    if name is None or name in TRAIN_SIZES:
        return TRAIN_SIZES[name or "digits"]
    size = in_use().ask("datasets", name, "size")
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MOST_IMAGES:
        at = f"{offer.where}: " if (offer := in_use().offer("datasets", name)) else ""
        raise UserError(
            f"{at}the dataset '{name}' has no number of images to train on: its size is "
            f"{as_code(size)}"
        )
    return size


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
