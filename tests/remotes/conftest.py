"""Stores with small entries of true keys, remotes of several kinds, one S3 server a session."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.helpers.clones import two_clones
from tests.helpers.project import Project
from tests.helpers.s3_server import BUCKET, S3, serving_s3
from tests.store.conftest import put_entry

from fwd_report.plan.keys import key_of
from fwd_report.remotes.filesystem import FileSystemShelf
from fwd_report.remotes.places import Remote
from fwd_report.store.addresses import Address, address_of
from fwd_report.store.store import Store

Open = Callable[[str], Remote]
"""Opens the remote of that name."""


def fill(store: Store, count: int, text: str = "result") -> list[str]:
    """Store so many entries; their keys are made of their parts, as those of runs are."""
    keys = []
    for number in range(count):
        parts = {"seed": number, "technique": "made up"}
        key = key_of(parts)
        put_entry(store, key, f"{text} {number}", parts=parts)
        keys.append(key)
    return keys


def content(store: Store, key: str) -> dict[str, bytes]:
    """The files of an entry, its manifest among them."""
    folder = store.folder(key)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def left_over(store: Store) -> list[str]:
    """What lies in a store and is no entry."""
    return [str(path) for path in store.root.glob("??/.*")] + [
        path.name for path in (store.base / "locks").glob("*.claim")
    ]


@pytest.fixture
def here(tmp_path: Path) -> Store:
    """The store of the machine that made the results."""
    return Store(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> Store:
    """The empty store of another machine."""
    return Store(tmp_path / "there")


@pytest.fixture(scope="session")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Project]:
    """The clones as git made them; tests have copies."""
    return two_clones(tmp_path_factory.mktemp("cloned"))


@pytest.fixture
def clones(tmp_path: Path, cloned: tuple[Project, Project]) -> tuple[Project, Project]:
    """One that makes results and one that shows them."""
    made, shown = (Project(shutil.copytree(one.root, tmp_path / one.root.name)) for one in cloned)
    return made, shown


@pytest.fixture
def said() -> list[str]:
    """The warnings of the remotes that `remote` makes."""
    return []


@pytest.fixture
def remote(said: list[str], tmp_path: Path) -> Callable[[str], Remote]:
    """A remote at an address, opened anew each time."""

    def opened(text: str) -> Remote:
        scheme = text.partition("://")[0]
        # Nobody can name this process's memory; tests of object stores need no server with it.
        address = Address(text, scheme) if scheme == "memory" else address_of(text, tmp_path)
        return Remote(FileSystemShelf(address), said.append)

    return opened


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that fail are made again at once."""
    monkeypatch.setattr(FileSystemShelf, "pauses", (0.0,))


@pytest.fixture(scope="session")
def s3_process() -> Iterator[S3]:
    """The server, with the bucket in it."""
    with serving_s3() as server:
        with pytest.MonkeyPatch.context() as patch:
            use(server, patch)
            server.files()
        yield server


@pytest.fixture
def s3(s3_process: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """The server, which this process and its children find by themselves."""
    use(s3_process, monkeypatch)
    return s3_process


def use(server: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let s3fs find this server."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def new_address(kind: str, tmp_path: Path) -> str:
    """An address where nothing is yet."""
    name = secrets.token_hex(4)
    return {
        "folder": str(tmp_path / name),
        "memory": f"memory://{name}",
        "s3": f"s3://{BUCKET}/{name}",
    }[kind]


@pytest.fixture(params=["folder", "memory"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty remote: of a kind that is listed by folders, and of one that is listed at once."""
    return new_address(request.param, tmp_path)


@pytest.fixture(params=["folder", "memory", "s3"])
def any_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty remote, of S3 too, where a test takes seconds."""
    if request.param == "s3":
        request.getfixturevalue("s3")
    return new_address(request.param, tmp_path)


def manifest_of(store: Store, key: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((store.folder(key) / "manifest.json").read_bytes())
    return found


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that gives everybody one answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_HEAD = do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def put(remote: Remote, name: str, data: bytes) -> None:
    """Write into a remote past the program, as somebody else would."""
    shelf = remote.shelf
    assert isinstance(shelf, FileSystemShelf)
    place = shelf._place(name)
    shelf.fs.makedirs(place.rpartition("/")[0], exist_ok=True)
    shelf.fs.pipe_file(place, data)


def taken(remote: Remote, name: str) -> bytes:
    shelf = remote.shelf
    assert isinstance(shelf, FileSystemShelf)
    return bytes(shelf.fs.cat_file(shelf._place(name)))


def digest_in(store: Store, key: str) -> str:
    files: Any = manifest_of(store, key)["files"]
    return str(files["data.txt"]["sha256"])
