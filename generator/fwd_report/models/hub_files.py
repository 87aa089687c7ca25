"""One file of a hub's model, brought into the hub's local cache: resumed, and checked.

The hub's library begins a file anew whenever its process ended in the middle of it. IF's largest
has 16 GiB, so the bytes are fetched here, by the library's own function, into a part that stays;
the library then finds the file whole and gives it its place. Plain HTTP serves every file, from
mirrors too, so Xet, the hub's other protocol, is not asked.
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
"""How often in a row a download is begun that brings nothing."""
PAUSE = 1.0
"""Seconds before the first of them, doubled for each further."""


@dataclass(frozen=True)
class HubFile:
    """A file as the hub lists it. sha256: of a large file; None for a small one, which git keeps.

    size: bytes; None where the hub does not say.
    """

    name: str
    sha256: str | None
    size: int | None


@dataclass(frozen=True)
class Repository:
    """A model at a commit, and where it is: endpoint, the hub's address; cache, of the library."""

    name: str
    commit: str
    endpoint: str
    cache: Path
    patience: float

    @property
    def folder(self) -> Path:
        """Where the cache keeps it."""
        return self.cache / f"models--{self.name.replace('/', '--')}"

    def fetch(self, file: HubFile, came: Callable[[int], None] = lambda count: None) -> Path:
        """That file, in the cache, downloaded unless it was.

        came(count) hears of bytes as they come, those of a part that was there included. Raises
        what the library raises, and UnavailableError for bytes of another digest.
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
        """Bytes of a large file that are here, its part included."""
        for path in (self._path(file), _part(self._path(file))):
            if path.is_file():
                return path.stat().st_size
        return 0

    def _path(self, file: HubFile) -> Path:
        return self.folder / "blobs" / str(file.sha256)

    def _blob(self, file: HubFile, came: Callable[[int], None]) -> None:
        """Have a large file's bytes in the cache, under the digest the library looks for."""
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
        """Fetch what is missing of a part; whether it then was another file, and is gone."""
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
        """Append to a part what comes of the file after the bytes that are held."""
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
    """A file whose writer is overheard."""

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
    """The file that holds what has come of another so far, as the library once named it."""
    return blob.with_name(f"{blob.name}.incomplete")
