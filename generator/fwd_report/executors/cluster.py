"""Connect to a Ray cluster: start one for the duration of a build, or join a running one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fwd_report.errors import UnavailableError, UserError, first_line
from fwd_report.executors.temporary import own_folder

FOLDER = "fwdr-"
"""Prefix of the temporary folders of clusters started here."""
SHARED_MEMORY = 2**30
"""Bytes of the object store of a cluster started here; Ray spills the rest to disk."""
LONGEST_FOLDER = 14
"""Characters of the longest temporary folder in which Ray's socket paths fit the system's limit."""
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # workers do what this process would do otherwise
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "1",
}
CONNECT_SECONDS = 5
LOOPBACK = "127.0.0.1"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def cluster(address: str | None) -> Iterator[Any]:
    """Yield the module `ray`, connected. address: None starts a cluster on this machine.

    Disconnects and cleans up however the block ends. Raises UserError if Ray is not installed or
    its version differs from the cluster's, UnavailableError if no cluster answers.
    """
    ray = _imported()
    if ray.is_initialized():
        yield ray
        return
    kept = {number: signal.getsignal(number) for number in SIGNALS}
    folder = None if address else _folder()
    try:
        _connect(ray, address, folder)
        _silence(ray)
        for number, handler in kept.items():
            with suppress(ValueError):  # not in the main thread
                signal.signal(number, handler)
        yield ray
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def set_up() -> None:
    """Set Ray's environment variables, unless set already; call this before importing Ray."""
    os.environ.update({name: value for name, value in SETTINGS.items() if name not in os.environ})


def _imported() -> Any:
    set_up()
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise UserError(
            f"--executor ray needs Ray: {first_line(error)}",
            hint='pip install "fwd-report[ray]"',
        ) from error
    return ray


def _connect(ray: Any, address: str | None, folder: Path | None) -> None:
    if address is not None and address.startswith("ray://"):
        raise UserError(
            f"--address {address}: a build must run on a node of the cluster",
            hint="run it there with --address auto",
        )
    silent = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address is not None:
            require_answer(address)
            ray.init(address=address, **silent)
            return
        # Without this, Ray accepts connections from other machines.
        ray._private.ray_constants.ENABLE_RAY_CLUSTER = False
        ray.init(
            address="local",
            num_cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
            include_dashboard=False,
            object_store_memory=SHARED_MEMORY,
            _node_ip_address=LOOPBACK,
            _temp_dir=str(folder),
            **silent,
        )
    except ConnectionError as error:
        raise UnavailableError(
            f"no Ray cluster answers at {address}: {first_line(error)}",
            hint="start one with `ray start --head`, or leave --address out",
        ) from error
    except RuntimeError as error:
        if "ersion mismatch" not in str(error):
            raise
        raise UserError(
            f"the cluster at {address} runs another version of Ray or Python: {error}",
            hint="install the same versions on every node",
        ) from error


def require_answer(address: str) -> None:
    """Raise UnavailableError if nothing listens at `host:port`; Ray itself would retry for long."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise UnavailableError(
            f"no Ray cluster answers at {address}: {first_line(error)}",
            hint="start one with `ray start --head`, or leave --address out",
        ) from error


def _silence(ray: Any) -> None:
    """Keep Ray from printing the deaths of workers, which its log settings do not stop."""
    module = ray._private.worker
    if hasattr(module, "print_to_stdstream"):
        module.print_to_stdstream = lambda *said, **options: None


def _folder() -> Path:
    """Create a folder for a cluster's sockets and logs."""
    short = os.name != "posix" or len(tempfile.gettempdir()) <= LONGEST_FOLDER
    return own_folder(FOLDER, None if short else Path("/tmp"))  # noqa: S108
