"""An S3 server on loopback, as a process of its own: moto's."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

BUCKET = "bucket"


@dataclass
class S3:
    """The server: its address, its process."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def environment(self) -> dict[str, str]:
        """Where s3fs finds the server, and credentials that it takes."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "ada",
            "AWS_SECRET_ACCESS_KEY": "open-sesame",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def kill(self) -> None:
        """As `kill -9`; what it held is gone."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Let it answer nothing any more, connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def files(self, bucket: str = BUCKET) -> Any:
        """The bucket's file system, asked anew each time."""
        import s3fs

        fs = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
        if not fs.exists(bucket):
            fs.mkdir(bucket)
        return fs


@contextmanager
def serving_s3(port: int = 0) -> Iterator[S3]:
    """A server with nothing in it."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "true"},
    )
    server = S3(port, process)
    try:
        _wait_for(server)
        yield server
    finally:
        server.thaw()
        server.kill()


def _wait_for(server: S3) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", server.port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("moto's server did not start")
