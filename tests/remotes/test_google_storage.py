"""Remotes at gs://, against a server of Google Cloud Storage's protocol on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.remotes.conftest import Open, content, fill, left_over, put
from tests.store.conftest import put_entry

from fwd_report.plan.keys import key_of
from fwd_report.remotes.shelf import file_name
from fwd_report.remotes.untold import PART
from fwd_report.store.store import Store

emulator = pytest.importorskip("gcp_storage_emulator.server", reason="there is no emulator")
ADDRESS = "gs://bucket/report"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The server, which gcsfs finds by itself. It speaks HTTP alone, and no gRPC."""
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # read when it is imported
    server = emulator.create_server("127.0.0.1", 0, in_memory=True, default_bucket="bucket")
    server.start()
    port = server._api._httpd.server_address[1]
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    yield server
    server.stop()


def test_what_arrives_is_what_was_sent(
    server: Any, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    keys = fill(here, 5)
    parts = {"seed": 99}
    put_entry(here, large := key_of(parts), "0123456789" * (PART // 8), parts=parts)
    keys.append(large)
    assert remote(ADDRESS).keys() == set(), "there is nothing yet"
    assert remote(ADDRESS).send(here, keys) == set(keys)
    assert remote(ADDRESS).send(here, keys) == set(), "it has them"
    assert remote(ADDRESS).fetch(there, keys) == set(keys)
    assert [content(there, key) for key in keys] == [content(here, key) for key in keys]
    assert there.verify() == {}
    assert left_over(there) == []
    assert said == []


def test_what_is_damaged_there_is_not_taken(
    server: Any, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    keys = fill(here, 3)
    remote(ADDRESS).send(here, keys)
    manifest = here.read(keys[0])
    digest = str(manifest.files["data.txt"]["sha256"])
    put(remote(ADDRESS), file_name(digest), b"result")
    assert remote(ADDRESS).fetch(there, keys) == set(keys[1:])
    assert "1 result is no longer whole there" in said[0]
    assert remote(ADDRESS).send(there, keys[1:]) == set()


def test_a_bucket_that_is_not_there_is_said(
    server: Any, remote: Open, here: Store, said: list[str]
) -> None:
    assert remote("gs://no-such-bucket/report").send(here, fill(here, 1)) == set()
    assert len(said) == 1
    assert "the remote gs://no-such-bucket/report cannot be used" in said[0]
