"""A model hub on loopback that speaks what huggingface_hub asks of the real one.

Model information with the SHA-256 of large files, `resolve` with ETags and redirects, branches,
tags and commits, models behind a licence or a token, in the headers and words of the real one. It
can fail as that does: answer with an error, or hang up in the middle of a file.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.hub_answers import Answering, sha256

MODEL = "([^/]+/[^/]+)"
DOWNLOADED = rf"^GET /(?:{MODEL}/resolve|api/resolve-cache/models/{MODEL})/[^/]+/(.+)"


@dataclass
class Repository:
    """A model: the files of each commit, the commits that branches and tags name.

    licensed: only given to a token in `accepted`. private: hidden from who has none. xet: large
    files are offered by that protocol too, which this server does not speak.
    """

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    licensed: bool = False
    private: bool = False
    xet: bool = False
    accepted: set[str] = field(default_factory=set)

    def commit(self, files: Mapping[str, bytes], branch: str = "main") -> str:
        """Put a branch to a new commit of these files; its name."""
        listed = json.dumps({name: sha256(content) for name, content in sorted(files.items())})
        name = hashlib.sha1(f"{len(self.commits)} {listed}".encode()).hexdigest()
        self.commits[name] = dict(files)
        self.refs[branch] = name
        return name

    def resolved(self, revision: str) -> str | None:
        """The commit a branch, tag, commit or beginning of one stands for."""
        if revision in self.refs:
            return self.refs[revision]
        found = [commit for commit in self.commits if commit.startswith(revision)]
        return found[0] if len(revision) >= 7 and len(found) == 1 else None


@dataclass
class Hub:
    """The server: its repositories by `owner/name`, and the paths that were asked of it.

    renamed: names of before. unknown: tokens that were taken back. failing: statuses of the answers
    to come, whatever is asked. cuts: how many bytes of each large file to come are sent before the
    connection ends, or before nothing more comes while `hangs` is set. sent: the first and last
    byte of each that was asked for. hears(path) is called before a question is answered.
    """

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    failing: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    hangs: threading.Event = field(default_factory=threading.Event)
    sent: list[tuple[int, int]] = field(default_factory=list)
    hears: Callable[[str], object] = lambda path: None

    def add(self, name: str, folder: Path, **options: Any) -> Repository:
        """A model with the files of a folder, as its first commit."""
        repository = Repository(**options)
        repository.commit(files_in(folder))
        self.repositories[name] = repository
        return repository

    def downloads(self) -> list[str]:
        """The files that were downloaded, not only asked about, in order."""
        return [file for _, file in self._downloaded()]

    def downloads_of(self, name: str) -> set[str]:
        """Those of one model."""
        return {file for model, file in self._downloaded() if model == name}

    def _downloaded(self) -> list[tuple[str, str]]:
        found = (re.search(DOWNLOADED, path) for path in self.asked)
        return [(match[1] or match[2], match[3]) for match in found if match is not None]


def files_in(folder: Path) -> dict[str, bytes]:
    """The contents of a folder's files, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub with no models yet, on a port of its own."""
    hub = Hub()

    class Handler(Answering):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def model_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that this process and its children ask, with an empty local cache."""
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub-cache"))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "no-token"))
        yield hub
