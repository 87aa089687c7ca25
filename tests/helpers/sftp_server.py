"""An SFTP server on loopback, by paramiko: a folder, one account with a key."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko


@dataclass
class Sftp:
    """The server: where it listens, its own key, the folder that it shows as `/`."""

    port: int
    key: Any
    root: Path

    @property
    def known(self) -> str:
        """Its line in known_hosts."""
        return f"[127.0.0.1]:{self.port} {self.key.get_name()} {self.key.get_base64()}\n"


class _Account(paramiko.ServerInterface):  # type: ignore[misc]
    def __init__(self, client: Any) -> None:
        self._client = client

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: Any) -> int:
        right = username == "ada" and key == self._client
        return int(paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)


class _Files(paramiko.SFTPServerInterface):  # type: ignore[misc]
    root: Path

    def _at(self, path: str) -> str:
        return f"{self.root}{self.canonicalize(path)}"

    def list_folder(self, path: str) -> Any:
        try:
            found = os.listdir(self._at(path))
            return [
                paramiko.SFTPAttributes.from_stat(os.stat(f"{self._at(path)}/{name}"), name)
                for name in found
            ]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(os.stat(self._at(path)))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            descriptor = os.open(self._at(path), flags, 0o666)
            file = os.fdopen(descriptor, "wb" if flags & os.O_WRONLY else "rb")
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = handle.writefile = file
        return handle

    def mkdir(self, path: str, attr: Any) -> Any:
        return self._done(os.mkdir, self._at(path))

    def remove(self, path: str) -> Any:
        return self._done(os.remove, self._at(path))

    def posix_rename(self, oldpath: str, newpath: str) -> Any:
        return self._done(os.replace, self._at(oldpath), self._at(newpath))

    def _done(self, what: Any, *paths: str) -> int:
        try:
            what(*paths)
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno))
        return int(paramiko.SFTP_OK)


@contextmanager
def serving_sftp(root: Path, client: Any) -> Iterator[Sftp]:
    """A server of that folder. client: the public key that lets `ada` in."""
    listening = socket.create_server(("127.0.0.1", 0))
    served = Sftp(listening.getsockname()[1], paramiko.ECDSAKey.generate(), root)
    files = type("Files", (_Files,), {"root": root})
    open_ones: list[Any] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                transport = paramiko.Transport(connection)
                open_ones.append(transport)
                transport.add_server_key(served.key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
                with suppress(paramiko.SSHException, EOFError):
                    transport.start_server(server=_Account(client))

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield served
    finally:
        listening.close()
        for transport in open_ones:
            transport.close()
