"""Fetches a dataset's file into the user's cache, checked, from the first mirror that has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from fwd_report.errors import UnavailableError, first_line
from fwd_report.training.catalogue import DATA_VARIABLE

PATIENCE = 20
"""Seconds without an answer after which the next mirror is tried."""
News = Callable[[int, int, str], None]
"""news(done, total, message): how far something is."""


def download(name: str, file: str, digest: str, mirrors: Sequence[str], news: News) -> Path:
    """The file of dataset `name` with that MD5; kept, so that it is fetched once.

    news hears of the bytes as they come. Raises UnavailableError, with every mirror's reason and
    where to put the file by hand, if no mirror has it whole.
    """
    import pooch

    folder = Path(pooch.os_cache("fwd-report")) / name
    reasons = []
    for mirror in mirrors:
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
            reasons.append(f"{mirror}: {first_line(error)}")
        else:
            return Path(path)
    raise UnavailableError(
        f"{file} of {name} could not be downloaded ({'; '.join(reasons)})",
        hint=f"Put the file (MD5 {digest}) into a folder, as {name}/{file}, and name the folder in "
        f"report.yaml under `data:` or in the environment variable {DATA_VARIABLE}. "
        "Or use `dataset: digits`, which needs no download.",
    )


class _Bar:
    """What pooch takes for a progress bar; passes its news on."""

    def __init__(self, news: News, message: str) -> None:
        self.total = 0
        self._news = news
        self._message = message
        self._done = 0

    def update(self, size: int) -> None:
        self._done = min(self._done + size, self.total)
        self._news(self._done, self.total, self._message)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        self._news(self.total, self.total, self._message)
