"""Fetches a dataset's file into the user's cache, verified, from the first mirror that has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fwd_report.errors import UnavailableError, first_line
from fwd_report.training.catalogue import DATA_VARIABLE, FILES

OUTSIDE_KEYS = "what it fetches is checked against a digest"
MIRRORS: Mapping[str, Sequence[str]] = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
}
"""Where a dataset's files are; tried in order."""
PATIENCE = 20
"""Seconds without an answer after which the next mirror is tried."""
News = Callable[[str], None]
"""news(message): what is being waited for, and its progress."""


def download(name: str, file: str, news: News) -> Path:
    """A file of dataset `name`, verified by its MD5, and kept so that it is fetched once.

    news reports the bytes as they arrive. Raises UnavailableError, with every mirror's reason and
    where to put the files by hand, if no mirror has it complete.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    digest = FILES[name][file]
    folder = kept_in(name)
    reasons = []
    for mirror in MIRRORS[name]:
        bar = _Bar(news, f"downloading {name}/{file}")
        try:
            path = pooch.retrieve(
                mirror + file,
                known_hash=f"md5:{digest}",
                fname=file,
                path=folder,
                downloader=pooch.HTTPDownloader(
                    progressbar=bar, chunk_size=2**16, timeout=PATIENCE
                ),
            )
        except (OSError, ValueError) as error:
            reasons.append(f"{mirror}: {_reason(error)}")
        else:
            return Path(path)
    raise UnavailableError(
        f"{file} of {name} could not be downloaded ({'; '.join(reasons)})",
        hint=f"Put {', '.join(FILES[name])} into a folder {name}/ and name the folder around it in "
        f"report.yaml under `data:` or in the environment variable {DATA_VARIABLE}. "
        "Or use `dataset: digits`, which needs no download.",
    )


def kept_in(name: str) -> Path:
    """The folder of the user's cache that a dataset's files are downloaded to."""
    import pooch

    return Path(pooch.os_cache("fwd-report")) / name


def _reason(error: Exception) -> str:
    """Why a mirror did not deliver, in a few words."""
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import Timeout

    if isinstance(error, Timeout):
        return f"no answer for {PATIENCE} seconds"
    if isinstance(error, NoConnection):
        return "cannot be reached"
    if isinstance(error, ValueError):
        return "what came has another MD5"
    return first_line(error)


class _Bar:
    """Stands in for pooch's progress bar and passes its progress on."""

    def __init__(self, news: News, message: str) -> None:
        self.total = 0
        self._news = news
        self._message = message
        self._done = 0

    def update(self, size: int) -> None:
        self._done = min(self._done + size, self.total)
        self._news(f"{self._message}, {self._done >> 20} of {self.total >> 20} MiB")

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Does nothing."""
