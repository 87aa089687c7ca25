"""A model hub on loopback that speaks what huggingface_hub asks of the real one.

Model information with the SHA-256 of large files, `resolve` with ETags and redirects, branches,
tags and commits, models behind a licence or a token.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest

LARGE = (".safetensors", ".model", ".bin")
"""What the hub keeps in LFS, and lists the SHA-256 of."""


@dataclass
class Repository:
    """A model: the files of each commit, the commits that branches and tags name.

    licensed: only given to a token in `accepted`. private: hidden from who has none.
    """

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    licensed: bool = False
    private: bool = False
    accepted: set[str] = field(default_factory=set)

    def commit(self, files: Mapping[str, bytes], branch: str = "main") -> str:
        """Put a branch to a new commit of these files; its name."""
        listed = json.dumps({name: _sha256(content) for name, content in sorted(files.items())})
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
    """The server: its repositories by `owner/name`, and the paths that were asked of it."""

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add(self, name: str, folder: Path, **options: Any) -> Repository:
        """A model with the files of a folder, as its first commit."""
        repository = Repository(**options)
        repository.commit(files_in(folder))
        self.repositories[name] = repository
        return repository

    def downloads(self) -> list[str]:
        """The files that were downloaded, not only asked about, in order."""
        return [
            path.split("/resolve/")[1].split("/", 1)[1]
            for path in self.asked
            if path.startswith("GET ") and "/resolve/" in path
        ]


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

    class Handler(_Handler):
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


class _Handler(BaseHTTPRequestHandler):
    served: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._handle()

    def do_GET(self) -> None:
        self._handle()

    def log_message(self, *arguments: object) -> None:
        """Tests are told what was asked by `Hub.asked`."""

    def _handle(self) -> None:
        path = unquote(urlparse(self.path).path)
        self.served.asked.append(f"{self.command} {path}")
        parts = path.strip("/").split("/")
        if parts[0] == "cdn":
            self._send_content(parts[1])
        elif parts[:2] == ["api", "models"]:
            revision = "/".join(parts[5:]) if parts[4:5] == ["revision"] else "main"
            self._model(f"{parts[2]}/{parts[3]}", revision)
        elif parts[2:3] == ["resolve"]:
            self._resolve(f"{parts[0]}/{parts[1]}", parts[3:])
        else:
            self._refuse(404, "EntryNotFound")

    def _model(self, name: str, revision: str) -> None:
        repository = self._allowed(name, gate=False)
        commit = repository and self._commit(repository, revision)
        if not repository or not commit:
            return
        siblings = []
        for file, content in repository.commits[commit].items():
            sibling = {"rfilename": file, "size": len(content), "blobId": _git(content)}
            if file.endswith(LARGE):
                lfs = {"sha256": _sha256(content), "size": len(content), "pointerSize": 130}
                sibling["lfs"] = lfs
            siblings.append(sibling)
        answer = {"id": name, "modelId": name, "sha": commit, "siblings": siblings}
        self._send(json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _resolve(self, name: str, rest: list[str]) -> None:
        repository = self._allowed(name, gate=True)
        if not repository:
            return
        for cut in range(1, len(rest)):
            revision, file = "/".join(rest[:cut]), "/".join(rest[cut:])
            commit = repository.resolved(revision)
            if commit and file in repository.commits[commit]:
                break
        else:
            known = any(repository.resolved("/".join(rest[:cut])) for cut in range(1, len(rest)))
            self._refuse(404, "EntryNotFound" if known else "RevisionNotFound")
            return
        content = repository.commits[commit][file]
        headers = {"X-Repo-Commit": commit}
        if not file.endswith(LARGE):
            self._send(content, {**headers, "ETag": f'"{_git(content)}"'})
            return
        digest = _sha256(content)
        headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
        # Another host, as the real hub's: a redirect to its own host would be followed for HEAD.
        other = self.served.url.replace("127.0.0.1", "localhost")
        headers["Location"] = f"{other}/cdn/{digest}"
        self._send(b"", headers, status=302)

    def _send_content(self, digest: str) -> None:
        for repository in self.served.repositories.values():
            for files in repository.commits.values():
                for content in files.values():
                    if _sha256(content) == digest:
                        self._send(content, {"ETag": f'"{digest}"'})
                        return
        self._refuse(404, "EntryNotFound")

    def _allowed(self, name: str, gate: bool) -> Repository | None:
        """The repository, where whoever asks may see it; gate: they want its files."""
        repository = self.served.repositories.get(name)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if repository is None or (repository.private and not token):
            self._refuse(401 if not token else 404, "RepoNotFound")
            return None
        if gate and repository.licensed and token not in repository.accepted:
            self._refuse(401 if not token else 403, "GatedRepo")
            return None
        return repository

    def _commit(self, repository: Repository, revision: str) -> str | None:
        commit = repository.resolved(revision)
        if commit is None:
            self._refuse(404, "RevisionNotFound")
        return commit

    def _refuse(self, status: int, code: str) -> None:
        self._send(b"{}", {"X-Error-Code": code, "X-Error-Message": code}, status)

    def _send(self, content: bytes, headers: Mapping[str, str], status: int = 200) -> None:
        start, end = 0, len(content)
        if status == 200 and (wanted := self.headers.get("Range")):
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            status = 206
            headers = {**headers, "Content-Range": f"bytes {start}-{end - 1}/{end}"}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[start:])


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _git(content: bytes) -> str:
    """The name git gives a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
