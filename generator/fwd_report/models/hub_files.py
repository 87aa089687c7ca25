"""One file of a hub's model, fetched into the hub's local cache: resumable, and verified.

The hub's library restarts a file whenever its process ended in the middle of it. IF's largest has
16 GiB, so the bytes are fetched here, with the library's own function, into a part file that
persists; the library then finds the file complete and puts it into place. Plain HTTP serves every
file, from mirrors too, so Xet, the hub's other protocol, is not used.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fwd_report.errors import UnavailableError
from fwd_report.models.hub_errors import final
from fwd_report.store.files import naming, sha256_of

OUTSIDE_KEYS = "what is downloaded is compared with the digest in the keys"

ATTEMPTS = 4
"""Attempts in a row that may bring no bytes before the download fails."""
PAUSE = 1.0
"""Seconds before the first new attempt, doubled for each further one."""


@dataclass(frozen=True)
class HubFile:
    """A file as the hub lists it.

    sha256: of a large file; None for a small one, which git stores. size: bytes; None if the hub
    does not list it.
    """

    name: str
    sha256: str | None
    size: int | None


@dataclass(frozen=True)
class Repository:
    """A model at a commit, and where it is: endpoint is the hub's address, cache the library's
    folder.
    """

    name: str
    commit: str
    endpoint: str
    cache: Path
    patience: float

    @property
    def folder(self) -> Path:
        """The folder in the cache that holds it."""
        return self.cache / f"models--{self.name.replace('/', '--')}"

    def fetch(self, file: HubFile, came: Callable[[int], None] = lambda count: None) -> Path:
        """That file, in the cache, downloaded unless it is there.

        came(count) is told of bytes as they arrive, including those of an existing part. Raises the
        errors of the library, and UnavailableError for bytes with another digest.
        """
        from huggingface_hub import hf_hub_download
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()  # a build has one progress display of its own
        if file.sha256 is not None and file.size:
            self._blob(file, came)
        return Path(
            hf_hub_download(
                self.name,
                file.name,
                revision=self.commit,
                cache_dir=self.cache,
                endpoint=self.endpoint,
                etag_timeout=self.patience,
            )
        )

    def present(self, file: HubFile) -> int:
        """Bytes of a large file that are here, including its part."""
        for path in (self._path(file), _part(self._path(file))):
            if path.is_file():
                return path.stat().st_size
        return 0

    def _path(self, file: HubFile) -> Path:
        return self.folder / "blobs" / str(file.sha256)

    def _blob(self, file: HubFile, came: Callable[[int], None]) -> None:
        """Have a large file's bytes in the cache, under the digest that the library looks for."""
        from filelock import FileLock

        blob = self._path(file)
        lock = self.cache / ".locks" / self.folder.name / f"{file.sha256}.lock"
        for folder in (blob.parent, lock.parent):
            with naming(folder):
                folder.mkdir(parents=True, exist_ok=True)
        with FileLock(lock):
            if blob.exists():
                return
            part = _part(blob)
            if self._resume(file, part, came):
                self._resume(file, part, came, last=True)
            part.replace(blob)

    def _resume(
        self, file: HubFile, part: Path, came: Callable[[int], None], last: bool = False
    ) -> bool:
        """Fetch what is missing of a part; whether the part was of another file and has been
        deleted.
        """
        size = file.size or 0
        with naming(part), part.open("ab") as content:
            if content.tell() > size:
                content.truncate(0)
        came(part.stat().st_size)
        began = part.stat().st_size
        tries = ATTEMPTS
        while (held := part.stat().st_size) < size:
            try:
                self._stream(file, part, held, came)
            except Exception as error:
                tries = ATTEMPTS if part.stat().st_size > held else tries - 1
                if not tries or final(error):
                    raise
                time.sleep(PAUSE * 2 ** (ATTEMPTS - tries))
        if sha256_of(part) == file.sha256:
            return False
        part.unlink()
        if began and not last:  # it was the part of before
            return True
        raise UnavailableError(
            f"{file.name} of '{self.name}' came with other bytes than {self.endpoint} lists",
            hint="build again; if that stays, a proxy or a mirror changes what passes",
        )

    def _stream(self, file: HubFile, part: Path, held: int, came: Callable[[int], None]) -> None:
        """Append to a part the bytes of the file after those already there."""
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        url = hf_hub_url(self.name, file.name, revision=self.commit, endpoint=self.endpoint)
        with naming(part), part.open("r+b") as content:
            content.seek(held)
            heard: Any = _Heard(content, came)
            http_get(
                url,
                heard,
                resume_size=held,
                headers=build_hf_headers(),
                expected_size=file.size,
            )


class _Heard:
    """A file object that reports what is written to it."""

    def __init__(self, file: BinaryIO, came: Callable[[int], None]) -> None:
        self._file = file
        self._came = came

    def write(self, content: bytes) -> int:
        count = self._file.write(content)
        self._came(count)
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _part(blob: Path) -> Path:
    """The part file of another file's download, as the library once named it."""
    return blob.with_name(f"{blob.name}.incomplete")
