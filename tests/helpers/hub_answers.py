"""How the hub on loopback answers: in the statuses, headers and words of the real one."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

if TYPE_CHECKING:
    from tests.helpers.hub_server import Hub, Repository

LARGE = (".safetensors", ".model", ".bin")
"""What the hub keeps in LFS, and lists the SHA-256 of."""


class Answering(BaseHTTPRequestHandler):
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
        self.served.hears(path)
        if self.served.failing:
            self._send(b"", {}, self.served.failing.pop(0))
            return
        if self._token() in self.served.unknown:
            self._refuse(401, "", "Invalid credentials in Authorization header")
            return
        parts = path.strip("/").split("/")
        name = "/".join(parts[2:4] if parts[0] == "api" else parts[:2])
        if name in self.served.renamed:
            there = self.path.replace(name, self.served.renamed[name])
            self._send(b"", {"Location": there}, 307)
        elif parts[0] == "cdn":
            self._send_content(parts[1])
        elif parts[:3] == ["api", "resolve-cache", "models"]:
            self._send_small("/".join(parts[3:5]), parts[5], "/".join(parts[6:]))
        elif parts[:2] == ["api", "models"]:
            revision = "/".join(parts[5:]) if parts[4:5] == ["revision"] else "main"
            self._model(name, revision)
        elif parts[2:3] == ["resolve"]:
            self._resolve(name, parts[3:])
        else:
            self._refuse(404, "EntryNotFound")

    def _model(self, name: str, revision: str) -> None:
        repository = self._allowed(name, gate=False)
        commit = repository and self._commit(repository, revision)
        if not repository or not commit:
            return
        siblings = []
        for file, content in repository.commits[commit].items():
            sibling = {"rfilename": file, "size": len(content), "blobId": git_name(content)}
            if file.endswith(LARGE):
                lfs = {"sha256": sha256(content), "size": len(content), "pointerSize": 130}
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
        headers = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if not file.endswith(LARGE):
            headers |= {"ETag": f'"{git_name(content)}"', "X-Linked-Size": str(len(content))}
            headers["Location"] = f"/api/resolve-cache/models/{name}/{commit}/{file}?etag=%22"
            self._send(b"", headers, status=307)
            return
        digest = sha256(content)
        headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
        if repository.xet:
            token = f"{self.served.url}/api/models/{name}/xet-read-token/{commit}"
            headers |= {"X-Xet-Hash": digest, "Link": f'<{token}>; rel="xet-auth"'}
        # Another host, as the real hub's: a redirect to its own host would be followed for HEAD.
        other = self.served.url.replace("127.0.0.1", "localhost")
        headers["Location"] = f"{other}/cdn/{digest}?X-Amz-Expires=3600&X-Amz-Signature=signed"
        self._send(b"", headers, status=302)

    def _send_small(self, name: str, commit: str, file: str) -> None:
        repository = self._allowed(name, gate=True)
        if repository:
            content = repository.commits[commit][file]
            self._send(content, {"X-Repo-Commit": commit, "ETag": f'"{git_name(content)}"'})

    def _send_content(self, digest: str) -> None:
        for repository in self.served.repositories.values():
            for files in repository.commits.values():
                for content in files.values():
                    if sha256(content) == digest:
                        self._send(content, {"ETag": f'"{digest}"'})
                        return
        self._refuse(404, "EntryNotFound")

    def _allowed(self, name: str, gate: bool) -> Repository | None:
        """The repository, where whoever asks may see it; gate: they want its files."""
        repository = self.served.repositories.get(name)
        token = self._token()
        if repository is None or (repository.private and not token):
            # Who is not logged in is not told whether it is there.
            status, said = (404, "Repository not found") if token else (401, "Invalid username")
            self._refuse(status, "RepoNotFound", said)
            return None
        if gate and repository.licensed and token not in repository.accepted:
            restricted = f"Access to model {name} is restricted"
            if token:
                self._refuse(
                    403,
                    "GatedRepo",
                    f"{restricted} and you are not in the authorized "
                    f"list. Visit https://huggingface.co/{name} to ask for access.",
                )
            else:
                self._refuse(
                    401,
                    "GatedRepo",
                    f"{restricted}. You must have access to it and be "
                    "authenticated to access it. Please log in.",
                )
            return None
        return repository

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _commit(self, repository: Repository, revision: str) -> str | None:
        commit = repository.resolved(revision)
        if commit is None:
            self._refuse(404, "RevisionNotFound")
        return commit

    def _refuse(self, status: int, code: str, said: str | None = None) -> None:
        headers = {"X-Error-Code": code} if code else {}
        said = said or code
        self._send(
            json.dumps({"error": said}).encode(), {**headers, "X-Error-Message": said}, status
        )

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
            large = self.path.startswith("/cdn/")
            last = min(end, start + self.served.cuts.pop(0)) if large and self.served.cuts else end
            self.wfile.write(content[start:last])
            if large:
                self.served.sent.append((start, last))
            if last < end:
                self.wfile.flush()
                while self.served.hangs.is_set():
                    time.sleep(0.01)
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_name(content: bytes) -> str:
    """The name git gives a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
