"""A Ray cluster to work on: one started for the time of a build, or one that is there."""

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
"""How the names of folders of started clusters begin, in the system's folder of temporary files."""
SHARED_MEMORY = 2**30
"""Most bytes of results and inputs in the memory that the workers of a started cluster share; what
is more goes to the disk."""
LONGEST_FOLDER = 14
"""Characters of a path below which Ray's sockets fit into what the system allows for theirs."""
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # what runs here would run in this process otherwise
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "1",
}
CONNECT_SECONDS = 5
LOOPBACK = "127.0.0.1"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def cluster(address: str | None) -> Iterator[Any]:
    """The module `ray`, connected; address: None for a cluster of this machine alone.

    Nothing of it is left afterwards, whichever way the block ends. Raises UserError where Ray is
    not installed, or is another version there; UnavailableError where no cluster answers.
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
            with suppress(ValueError):  # in another thread than the main one
                signal.signal(number, handler)
        yield ray
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def set_up() -> None:
    """Tell Ray to say and send nothing; before it is imported."""
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
            f"--address {address}: a build has to run on a node of the cluster",
            hint="run it there with --address auto",
        )
    silent = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address is not None:
            require_answer(address)
            ray.init(address=address, **silent)
            return
        # Ray listens to this machine alone only where it is told that there are no clusters.
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
            f"the cluster at {address} has another Ray or Python than this process: {error}",
            hint="install the same versions on every node",
        ) from error


def require_answer(address: str) -> None:
    """Raise UnavailableError if nothing listens at `host:port`; Ray itself would try for long."""
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
    """Ray prints the ends of workers to standard output, whatever it is told of logs."""
    module = ray._private.worker
    if hasattr(module, "print_to_stdstream"):
        module.print_to_stdstream = lambda *said, **options: None


def _folder() -> Path:
    """A new folder for a cluster's sockets and logs."""
    short = os.name != "posix" or len(tempfile.gettempdir()) <= LONGEST_FOLDER
    return own_folder(FOLDER, None if short else Path("/tmp"))  # noqa: S108
