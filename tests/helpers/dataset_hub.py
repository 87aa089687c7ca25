"""A hub on loopback that keeps datasets: what huggingface_hub asks to list, read and commit them.

Trees in pages, files by `resolve` with ranges, uploads by LFS, commits as lines of JSON. A dataset
may want a token to be seen, and another one to be written.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 3
"""Names a page of a tree."""


@dataclass
class Datasets:
    """The server. files: by dataset and path. writers: tokens that may commit; readers: None: all.

    most: commits it takes before it answers with an error. conflicts: so many next ones are refused
    as if another was under way.
    """

    url: str = ""
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    writers: set[str] = field(default_factory=set)
    readers: set[str] | None = None
    commits: list[list[str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    most: int = 1_000
    conflicts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def serving_datasets() -> Iterator[Datasets]:
    """A hub without datasets, on a port of its own."""
    hub = Datasets()

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


class _Handler(BaseHTTPRequestHandler):
    served: Datasets
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle()

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *arguments: object) -> None:
        """Tests are told what was asked by `Datasets.asked`."""

    def _handle(self) -> None:
        split = urlsplit(self.path)
        path, query = unquote(split.path), parse_qs(split.query)
        self.served.asked.append(f"{self.command} {path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = path.strip("/").split("/")
        if parts[0] == "upload":
            self.served.large[parts[1]] = body
            self._send(b"")
            return
        if parts[:2] == ["api", "datasets"]:
            name, rest = "/".join(parts[2:4]), parts[4:]
        else:
            name, rest = "/".join(parts[1:3]).removesuffix(".git"), parts[3:]
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        readers = self.served.readers
        if name not in self.served.files or not (readers is None or token in readers):
            self._refuse(401 if not token else 404, "RepoNotFound")
        elif not rest or rest[0] == "revision":
            self._json({"id": name, "sha": "0" * 40, "siblings": []})
        elif rest[0] in ("tree", "resolve") and rest[1] != "main":
            self._refuse(404, "RevisionNotFound")
        elif rest[0] == "tree":
            self._tree(name, "/".join(rest[2:]), query)
        elif rest[0] == "resolve":
            self._file(self.served.files[name].get("/".join(rest[2:])))
        elif token not in self.served.writers:
            self._refuse(403, "Forbidden")
        elif rest[0] == "preupload":
            self._json({"files": [self._mode(each) for each in json.loads(body)["files"]]})
        elif rest[0] == "info":
            self._json({"objects": [self._wanted(each) for each in json.loads(body)["objects"]]})
        elif rest[0] == "commit":
            self._commit(name, body)
        else:
            self._refuse(404, "EntryNotFound")

    def _tree(self, name: str, folder: str, query: Mapping[str, list[str]]) -> None:
        start = f"{folder}/" if folder else ""
        deep = query.get("recursive") in (["True"], ["true"])
        found: dict[str, dict[str, Any]] = {}
        for path, content in sorted(self.served.files[name].items()):
            if not path.startswith(start):
                continue
            steps = path.removeprefix(start).split("/")
            for end in range(1, len(steps) if deep else min(2, len(steps))):
                inner = start + "/".join(steps[:end])
                found[inner] = {"type": "directory", "oid": "0" * 40, "path": inner, "size": 0}
            if deep or len(steps) == 1:
                oid = hashlib.sha1(content).hexdigest()
                found[path] = {"type": "file", "oid": oid, "path": path, "size": len(content)}
        if not found:
            self._refuse(404, "EntryNotFound")
            return
        begin = int(query.get("cursor", ["0"])[0])
        page = list(found.values())[begin : begin + PAGE]
        link = {}
        if begin + PAGE < len(found):
            here = urlsplit(self.path).path
            rest = f"recursive={deep}&cursor={begin + PAGE}"
            link = {"Link": f'<{self.served.url}{here}?{rest}>; rel="next"'}
        self._json(page, link)

    def _file(self, content: bytes | None) -> None:
        if content is None:
            self._refuse(404, "EntryNotFound")
            return
        headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": "0" * 40}
        wanted = self.headers.get("Range", "")
        if not wanted:
            self._send(content, headers)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last) + 1 if last else None]
        headers["Content-Range"] = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
        self._send(part, headers, 206)

    def _mode(self, file: Mapping[str, Any]) -> dict[str, Any]:
        mode = "lfs" if file["path"].startswith("files/") else "regular"
        return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}

    def _wanted(self, item: Mapping[str, Any]) -> dict[str, Any]:
        told = {"oid": item["oid"], "size": item["size"]}
        if item["oid"] in self.served.large:
            return told
        return {**told, "actions": {"upload": {"href": f"{self.served.url}/upload/{item['oid']}"}}}

    def _commit(self, name: str, body: bytes) -> None:
        if len(self.served.commits) >= self.served.most:
            self._refuse(500, "")
            return
        if self.served.conflicts:
            self.served.conflicts -= 1
            self._refuse(412, "")
            return
        added: dict[str, bytes] = {}
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "file":
                added[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                added[value["path"]] = self.served.large[value["oid"]]
        with self.served.lock:
            self.served.files[name] = {**self.served.files[name], **added}
            self.served.commits.append(sorted(added))
        self._json(
            {"commitUrl": f"{self.served.url}/datasets/{name}/commit/1", "commitOid": "1" * 40}
        )

    def _refuse(self, status: int, code: str) -> None:
        self._send(b"{}", {"X-Error-Code": code, "X-Error-Message": code or "broken"}, status)

    def _json(self, answer: Any, headers: Mapping[str, str] | None = None) -> None:
        self._send(
            json.dumps(answer).encode(), {"Content-Type": "application/json", **(headers or {})}
        )

    def _send(
        self, content: bytes, headers: Mapping[str, str] | None = None, status: int = 200
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
