"""The site on a port of this machine: the last complete site, and what a build prints."""

from __future__ import annotations

import html
import json
import os
import secrets
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from fwd_report.errors import UserError

OURS = "/__fwd-report/"
SCRIPT = """\
// Looks twice a second whether the pages are others by now.
const { state, version } = document.currentScript.dataset;
const note = document.getElementById("fwd-live-note");
async function look() {
  if (document.visibilityState === "visible") {
    try {
      const now = await (await fetch(state, { cache: "no-store" })).json();
      if (now.version !== version) return location.reload();
      note.textContent = now.doing;
      note.hidden = !now.doing;
    } catch {
      // The server has ended; it may come back.
    }
  }
  setTimeout(look, 500);
}
look();
"""
BOX = (
    "position:relative;z-index:9;margin:0;padding:1rem 1.5rem;white-space:pre-wrap;"
    "overflow-wrap:anywhere;font:14px/1.5 monospace;"
)
ERROR_BOX = f"{BOX}color:#fff;background:#8c1d18"
NOTE_BOX = f"{BOX}color:#fff;background:#1f3a5f"
WAITING = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The first build is at work</title>
<noscript><meta http-equiv="refresh" content="2"></noscript></head>
<body style="font:18px/1.6 sans-serif;margin:0">
<main style="max-width:40rem;margin:4rem auto;padding:0 1.5rem">
<h1>{title}</h1><p>{text}</p></main></body></html>
"""


@dataclass(frozen=True)
class Moment:
    """What is shown at one moment: the last complete site, what is wrong, what is being done."""

    site: Path | None
    problem: str
    doing: str
    version: str
    """Changes whenever a reader should reload; no two servers share a version."""


@dataclass
class State:
    """What is shown, as it changes; only the thread that builds changes the site."""

    site: Path | None = None
    _problem: str = ""
    _doing: str = ""
    _version: int = 0
    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=12))
    _start: str = field(default_factory=lambda: secrets.token_hex(4))
    _lock: Lock = field(default_factory=Lock)

    def now(self) -> Moment:
        """What is shown now: a page and the version it carries are to be of one moment."""
        with self._lock:
            version = f"{self._start}-{self._version}"
            return Moment(self.site, self._problem, self._doing, version)

    def begin(self, doing: str) -> None:
        """A build has begun."""
        with self._lock:
            self._begin(doing)

    def hear(self, line: str) -> None:
        """A build has printed a line."""
        with self._lock:
            self._lines.append(line)
            self._doing = "\n".join(self._lines)

    def finish(self, site: Path | None, problem: str, then: str = "") -> Path | None:
        """A build has ended, with these pages if it made any; returns the pages that they
        replace. then: what is begun at the same moment.
        """
        before = self.site if site is not None else None
        changed = site is not None and _pages(site) != _pages(before)
        with self._lock:
            if problem != self._problem or changed:
                self._version += 1
            self.site = site or self.site
            self._problem, self._doing = problem, ""
            if then:
                self._begin(then)
            return before

    def _begin(self, doing: str) -> None:
        self._lines.clear()
        self._lines.append(doing)
        self._doing = doing


class Preview:
    """A server for a State. Raises UserError if the port is not available."""

    def __init__(self, state: State, port: int) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UserError(
                f"port {port} cannot be used: {reason}",
                hint=f"name another: fwd-report serve --port {min(port + 1, 65535)}",
            ) from error
        self._server.state = state
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        """Free the port."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # On Windows that option lets two programs share a port.
    allow_reuse_address = os.name != "nt"
    state: State

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes its connection is not worth a message."""


class _Handler(SimpleHTTPRequestHandler):
    server: _Server

    def send_head(self) -> Any:
        """Answer with a file of the site, with the build's messages added to a page, or with a page
        of our own.
        """
        path = urlsplit(self.path).path
        state = self.server.state.now()
        if path.startswith(OURS):
            return self._our_own(path.removeprefix(OURS), state)
        site = state.site
        if site is None:
            return self._page(_waiting(state), state)
        self.directory = str(site)
        file = Path(self.translate_path(self.path))
        if file.is_dir():
            if not path.endswith("/"):
                return super().send_head()
            file = file / "index.html"
        if not file.is_file():
            return self._page(_not_found(site), state, HTTPStatus.NOT_FOUND)
        if file.suffix == ".html":
            return self._page(file.read_bytes(), state)
        # Two builds within a second look alike to a browser that asks by time.
        del self.headers["If-Modified-Since"]
        return super().send_head()

    def end_headers(self) -> None:
        """No response is cached: the next one may differ."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Log nothing: the terminal is for the build's messages."""

    def _our_own(self, name: str, state: Moment) -> Any:
        if name == "state":
            answer = json.dumps({"version": state.version, "doing": state.doing})
            return self._send(answer.encode(), "application/json")
        if name == "live.js":
            return self._send(SCRIPT.encode(), "text/javascript")
        return self._send(b"", "text/plain", HTTPStatus.NOT_FOUND)

    def _page(self, page: bytes, state: Moment, status: HTTPStatus = HTTPStatus.OK) -> Any:
        return self._send(_with_news(page, state), "text/html; charset=utf-8", status)

    def _send(self, data: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> Any:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        return BytesIO(data)


def _pages(site: Path | None) -> dict[str, bytes]:
    """The site's files that readers load, without pictures, whose names change with their
    content.
    """
    if site is None:
        return {}
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.suffix in (".html", ".css", ".js") and path.is_file()
    }


def _with_news(page: bytes, state: Moment) -> bytes:
    """A page with what is wrong at its top, readable without scripts, and the script that reloads
    it.
    """
    news = ""
    if state.problem:
        news += f'<pre id="fwd-live-problem" role="alert" style="{ERROR_BOX}">'
        news += f"{html.escape(state.problem)}</pre>"
    hidden = "" if state.doing else " hidden"
    news += f'<pre id="fwd-live-note" role="status" style="{NOTE_BOX}"{hidden}>'
    news += f"{html.escape(state.doing)}</pre>"
    news += f'<script src="{OURS}live.js" data-state="{OURS}state" data-version="{state.version}">'
    news += "</script>"
    start = page.find(b"<body")
    end = page.find(b">", start) + 1 if start >= 0 else 0
    return page[:end] + news.encode() + page[end:]


def _waiting(state: Moment) -> bytes:
    if state.problem:
        title, text = (
            "There are no pages yet",
            "What is wrong stands above; mend it, and they come.",
        )
    else:
        title, text = "The first build is at work", "Its pages appear here by themselves."
    return WAITING.format(title=title, text=text).encode()


def _not_found(site: Path) -> bytes:
    try:
        return (site / "404.html").read_bytes()
    except OSError:
        return b"<!doctype html><title>Not found</title><body><h1>There is no such page</h1></body>"
