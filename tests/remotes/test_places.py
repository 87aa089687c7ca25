"""Remotes that are full, read only, not there, or whose clock is wrong."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from threading import Thread

import pytest
from fsspec.implementations.local import LocalFileSystem
from tests.helpers.s3_server import S3
from tests.remotes.conftest import Open, answering, fill, left_over, use

from fwd_report.remotes.arrival import HereError
from fwd_report.store.store import Store


def failing(monkeypatch: pytest.MonkeyPatch, number: int, at: str = "open") -> None:
    def refuse(self: object, place: str, *rest: object, **options: object) -> None:
        raise OSError(number, os.strerror(number), place)

    monkeypatch.setattr(LocalFileSystem, at, refuse)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_remote_that_is_full_or_read_only(
    remote: Open, here: Store, said: list[str], monkeypatch: pytest.MonkeyPatch, number: int,
    tmp_path: Path,
) -> None:  # fmt: skip
    keys = fill(here, 20)
    one = remote("shared")
    with monkeypatch.context() as patch:
        failing(patch, number)
        assert one.send(here, keys) == set()
        assert one.send(here, keys) == set(), "it is not asked again"
        assert not [path for path in (tmp_path / "shared").rglob("*") if path.is_file()]
    assert len(said) == 1
    assert os.strerror(number) in said[0]
    remote("shared").send(here, keys)
    assert remote("shared").keys() == set(keys)


def test_a_full_disk_here_ends_the_command_and_leaves_nothing(
    remote: Open, here: Store, there: Store, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from fwd_report.remotes import arrival

    keys = fill(here, 8)
    remote("shared").send(here, keys)

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(arrival, "fsync", full)
        with pytest.raises(HereError, match="No space left"):
            remote("shared").fetch(there, keys)
    assert said == []
    assert left_over(there) == []
    assert there.keys() == []
    assert remote("shared").fetch(there, keys) == set(keys)


def test_places_that_are_not_there(
    remote: Open, here: Store, there: Store, said: list[str], tmp_path: Path, s3: S3
) -> None:
    """A folder is made by the first push; a disk that is not mounted, or a bucket, is not."""
    keys = fill(here, 1)
    assert remote("new").fetch(there, keys) == set()
    assert said == []
    for address, why in (
        ("not-mounted/store", "there is no folder"),
        ("s3://no-such-bucket/report", "bucket does not exist"),
        ("http://127.0.0.1:9/report", "the remote http://127.0.0.1:9/report cannot be used"),
    ):
        one = remote(address)
        assert one.fetch(there, keys) == set()
        assert one.send(here, keys) == set()
        (warning,) = said
        assert why in warning
        said.clear()
    assert not (tmp_path / "not-mounted").exists()
    assert not s3.files().exists("no-such-bucket")
    (tmp_path / "file").write_text("a file")
    assert remote("file").fetch(there, keys) == set()
    assert remote("file").send(here, keys) == set()
    assert len(said) == 1


def test_a_backend_that_is_not_installed_is_named(
    remote: Open, here: Store, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fwd_report.store.addresses.find_spec", lambda name: None)
    assert remote("gs://bucket/report").send(here, fill(here, 1)) == set()
    (warning,) = said
    assert 'pip install "fwd-report[gcs]"' in warning


def test_a_clock_that_is_wrong_is_said(
    s3_process: S3, remote: Open, here: Store, there: Store, said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    use(s3_process, monkeypatch)
    skewed = b"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference</Message></Error>"
    with answering(403, skewed) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert remote("s3://skewed/report").fetch(there, fill(here, 1)) == set()
    assert "set the clock" in said[0]


def test_a_remote_that_is_read_only_is_read(
    remote: Open, here: Store, there: Store, said: list[str], tmp_path: Path
) -> None:
    """Over HTTP, as somebody may publish their results."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    keys = fill(here, 3)
    remote("shared").send(here, keys[:2])
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "shared"))
    )
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        one = remote(f"http://127.0.0.1:{server.server_address[1]}")
        assert one.fetch(there, keys) == set(keys[:2])
        assert one.send(here, keys) == set()
    finally:
        server.shutdown()
        server.server_close()
    assert said == [
        f"the remote {one} cannot be used: it cannot be written to; "
        "this command continues without it"
    ]
