"""Remotes that are gone, slow, full, read only or wrong: one warning, nothing half or lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.helpers.forked import FORK, fork
from tests.helpers.s3_server import BUCKET, S3, serving_s3
from tests.remotes.conftest import (
    Open,
    answering,
    content,
    digest_in,
    fill,
    left_over,
    new_address,
    use,
)

from fwd_report.remotes import transfer_pool
from fwd_report.remotes.places import Remote, open_remotes
from fwd_report.remotes.shelf import file_name
from fwd_report.store.addresses import address_of
from fwd_report.store.store import Store

Work = Callable[[Store, Remote, Callable[[str, int, int], None]], object]
"""What a process does with a store and a remote. It shows its progress."""


def push(store: Store, remote: Remote, show: Callable[[str, int, int], None]) -> None:
    remote.send(store, store.keys(), show)


def pull(store: Store, remote: Remote, show: Callable[[str, int, int], None]) -> None:
    remote.fetch(store, remote.keys(), show)


def killed(work: Work, store: Store, address: str, after: int) -> None:
    """Do that in a process of its own, and kill it when so much of it is done."""
    heard, told = FORK.Pipe(duplex=False)
    root = store.base.parent
    root.mkdir(exist_ok=True)

    def at_work() -> None:
        (remote,) = open_remotes([address_of(address, root)], print)
        work(store, remote, lambda line, done, total: told.send(done))

    process = fork(root, at_work, imported=())
    told.close()
    while heard.poll(60) and heard.recv() < after:
        """It is not there yet."""
    process.kill()
    process.join()


@pytest.fixture
def own_s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """A server to be killed."""
    with serving_s3() as server:
        use(server, monkeypatch)
        server.files()
        yield server


def killing(server: S3, after: int) -> Callable[[str, int, int], None]:
    """What shows progress, and kills the server when so much of it was made."""

    def show(line: str, done: int, total: int) -> None:
        if done >= after and server.process.poll() is None:
            server.kill()

    return show


def test_a_server_killed_in_the_middle_of_a_push_and_of_a_pull(
    own_s3: S3, remote: Open, here: Store, there: Store, said: list[str], s3_process: S3,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    keys = set(fill(here, 24))
    sent = remote(f"s3://{BUCKET}/report").send(here, keys, killing(own_s3, after=3))
    assert 3 <= len(sent) < 24
    (warning,) = said
    assert f"the remote s3://{BUCKET}/report cannot be used" in warning
    assert "open-sesame" not in warning
    said.clear()
    with serving_s3(own_s3.port) as again:
        again.files()
        assert remote(f"s3://{BUCKET}/report").send(here, keys) == keys, "it had lost all"
        first = remote(f"s3://{BUCKET}/report").fetch(there, keys, killing(again, after=3))
        assert 3 <= len(first) < 24
        assert len(said) == 1
        assert left_over(there) == []
        assert set(there.keys()) == first
        assert there.verify() == {}
    use(s3_process, monkeypatch)
    other = new_address("s3", there.base)
    remote(other).send(here, keys)
    assert remote(other).fetch(there, keys) == keys - first, "it goes on where it was"
    assert all(content(there, key) == content(here, key) for key in keys)


def test_a_server_that_hangs_is_given_up_and_may_come_back(
    s3: S3, remote: Open, here: Store, there: Store, said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    keys = set(fill(here, 4))
    address = new_address("s3", there.base)
    remote(address).send(here, keys)
    hanging = remote(address)
    assert hanging.keys() == keys
    monkeypatch.setattr(transfer_pool, "PATIENCE", 1.0)
    s3.freeze()
    try:
        began = time.monotonic()
        assert hanging.fetch(there, keys) == set()
        assert remote(address).keys() == set(), "nor does it list"
        assert time.monotonic() - began < 20
    finally:
        s3.thaw()
    assert len(said) == 2
    assert all("has not answered for 1 s" in warning for warning in said)
    assert left_over(there) == [], "no lock stays with a thread that waits"
    monkeypatch.setattr(transfer_pool, "PATIENCE", 60.0)
    assert remote(address).fetch(there, keys) == keys


def test_truncated_and_foreign_objects_on_s3(
    s3: S3, remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    keys = fill(here, 4)
    address = new_address("s3", there.base)
    one = remote(address)
    one.send(here, keys)
    place = address.removeprefix("s3://")
    files = s3.files()
    files.pipe_file(f"{place}/{file_name(digest_in(here, keys[0]))}", b"resu")
    files.pipe_file(f"{place}/{file_name(digest_in(here, keys[1]))}", b"")
    files.pipe_file(f"{place}/results/{keys[2][:2]}/{keys[2]}.json", b"<html>")
    assert one.fetch(there, keys) == {keys[3]}
    assert len(said) == 1
    assert "3 results are no longer whole there" in said[0]


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_who_pushes_is_killed_and_pushes_again(
    request: pytest.FixtureRequest, kind: str, remote: Open, here: Store, there: Store,
    said: list[str],
) -> None:  # fmt: skip
    if kind == "s3":
        request.getfixturevalue("s3")
    keys = set(fill(here, 30))
    address = new_address(kind, there.base.parent.parent)
    killed(push, here, address, after=3)
    whole = remote(address).fetch(there, keys)
    assert 3 <= len(whole) < 30
    assert said == [], "what it had not ended is not seen"
    assert remote(address).send(here, keys) == keys - whole
    assert remote(address).fetch(there, keys) == keys - whole
    assert there.verify() == {}


def test_who_pulls_is_killed_and_pulls_again(
    remote: Open, here: Store, there: Store, said: list[str], tmp_path: Path
) -> None:
    keys = set(fill(here, 40))
    remote("shared").send(here, keys)
    killed(pull, there, str(tmp_path / "shared"), after=3)
    first = set(there.keys())
    assert 3 <= len(first) < 40
    assert remote("shared").fetch(there, keys) == keys - first
    assert left_over(there) == [], "what the killed one had begun is gone"
    assert there.verify() == {}
    assert said == []


def test_passwords_are_in_no_message(
    remote: Open, here: Store, there: Store, said: list[str]
) -> None:
    with answering(403, b"no") as url:
        for place in (url, "http://127.0.0.1:9"):
            secret = place.replace("http://", "http://ada:open%20sesame@")
            one = remote(f"{secret}/report")
            one.fetch(there, fill(here, 1))
            assert "http://***@127.0.0.1" in said[-1]
            assert "http://***@127.0.0.1" in str(one)
            assert "sesame" not in repr(one.shelf.address)  # type: ignore[attr-defined]
    assert len(said) == 2
    assert not [warning for warning in said if "sesame" in warning]
