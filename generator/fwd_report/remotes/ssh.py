"""A folder on another machine over SFTP: one connection per thread, to known hosts only."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from fwd_report.remotes.filesystem import FileSystemShelf
from fwd_report.remotes.shelf import RemoteError
from fwd_report.store.addresses import Address

KNOWN_HOSTS = "~/.ssh/known_hosts"
SECONDS = 15.0
"""Connection timeout."""


class SshShelf(FileSystemShelf):
    """A shelf at `ssh://[USER@]HOST[:PORT]/FOLDER`.

    The backend accepts unknown host keys by default; here the host key must be known.
    """

    workers = 4
    senders = 4

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._held = threading.local()

    def _open(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs
        from fsspec.implementations import sftp

        if not hasattr(sftp, "_resolve_host_key_policy"):
            raise RemoteError("this version of fsspec cannot verify host keys: update fsspec")
        fs, root = url_to_fs(
            self.address.url,
            skip_instance_cache=True,
            timeout=SECONDS,
            host_key_policy=_known_hosts(),
        )
        return fs, str(root)


def _known_hosts() -> Any:
    """A paramiko policy that accepts only hosts in ssh's own list of known hosts."""
    import paramiko

    class KnownHosts(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
            known = paramiko.HostKeys()
            path = Path(KNOWN_HOSTS).expanduser()
            if path.is_file():
                known.load(str(path))
            if not known.check(hostname, key):
                raise RemoteError(
                    f"the key of {hostname} is not in {KNOWN_HOSTS}, or does not match: "
                    "connect once with ssh"
                )

    return KnownHosts()
