"""`ssh://`: a folder of another machine, whose key must be known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest
from tests.helpers.sftp_server import Sftp, serving_sftp
from tests.remotes.conftest import content, digest_in, fill, left_over

from fwd_report.remotes import ssh
from fwd_report.remotes.places import Remote, open_remotes
from fwd_report.remotes.shelf import file_name
from fwd_report.store.addresses import address_of
from fwd_report.store.store import Store


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sftp]:
    """A server that this account knows, and that lets it in by the key in ~/.ssh."""
    keys = tmp_path / "home" / ".ssh"
    keys.mkdir(parents=True)
    key = paramiko.ECDSAKey.generate()
    key.write_private_key_file(str(keys / "id_ecdsa"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / "disk").mkdir()
    with serving_sftp(tmp_path / "disk", key) as served:
        (keys / "known_hosts").write_text(served.known)
        yield served


@pytest.fixture
def open_ssh(said: list[str], server: Sftp, tmp_path: Path) -> Callable[[], Remote]:
    def opened() -> Remote:
        address = address_of(f"ssh://ada@127.0.0.1:{server.port}/deep/report", tmp_path)
        (remote,) = open_remotes([address], said.append)
        remote.shelf.pauses = (0.0, 0.1)  # type: ignore[attr-defined]
        return remote

    return opened


def test_what_arrives_is_what_was_sent(
    open_ssh: Callable[[], Remote], server: Sftp, here: Store, there: Store, said: list[str]
) -> None:
    keys = set(fill(here, 12))
    assert open_ssh().fetch(there, keys) == set()
    assert open_ssh().send(here, keys) == keys
    assert open_ssh().send(here, keys) == set()
    damaged = min(keys)
    (server.root / "deep/report" / file_name(digest_in(here, damaged))).write_bytes(b"resu")
    assert said == []
    assert open_ssh().fetch(there, keys) == keys - {damaged}
    assert len(said) == 1
    assert all(content(there, key) == content(here, key) for key in keys - {damaged})
    assert left_over(there) == []
    assert not list(server.root.rglob(".*")), "nothing half written stays"


def test_a_host_that_is_not_known_is_not_asked(
    open_ssh: Callable[[], Remote], here: Store, there: Store, said: list[str], tmp_path: Path
) -> None:
    known = tmp_path / "home" / ".ssh" / "known_hosts"
    line = known.read_text()
    other = paramiko.ECDSAKey.generate().get_base64()
    for text in (None, "", " ".join([*line.split()[:2], other]) + "\n"):
        known.unlink() if text is None else known.write_text(text)
        assert open_ssh().fetch(there, fill(here, 1)) == set()
        assert ssh.KNOWN_HOSTS in said.pop()


def test_an_account_that_is_not_let_in_and_a_host_that_is_gone(
    open_ssh: Callable[[], Remote], server: Sftp, here: Store, there: Store, said: list[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    keys = fill(here, 1)
    (tmp_path / "home/.ssh/id_ecdsa").unlink()
    assert open_ssh().send(here, keys) == set()
    assert "cannot be used" in said.pop()
    address = address_of("ssh://ada@127.0.0.1:9/report", tmp_path)
    (gone,) = open_remotes([address], said.append)
    assert gone.fetch(there, keys) == set()
    assert "ssh://ada@127.0.0.1:9/report cannot be used" in said.pop()
    assert said == []
