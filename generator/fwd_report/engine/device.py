"""Where the models run, and whether equal computations yield equal bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from fwd_report.errors import UserError

CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


def choose_device(wanted: str) -> str:
    """`auto` → the first accelerator that is present, else the CPU; a named device is checked.

    Raises UserError for a device that this machine or this build of torch does not have.
    """
    if wanted != "auto":
        try:
            torch.empty(1, device=wanted)
        except (RuntimeError, AssertionError) as error:
            raise UserError(
                f"device '{wanted}' cannot be used here: {str(error).splitlines()[0]}",
                hint="set `device: auto` in report.yaml, or --set device=cpu",
            ) from error
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@contextmanager
def determinism(wanted: bool) -> Iterator[None]:
    """Make equal computations yield equal bytes for the duration of the block, if wanted.

    Uses one thread, so that sums have a fixed order, and deterministic algorithms; an operation
    that has none on the device raises RuntimeError.
    """
    if not wanted:
        yield
        return
    told = os.environ.get(CUBLAS)
    os.environ.setdefault(CUBLAS, ":4096:8")  # cuBLAS wants to be told so
    threads, algorithms = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(algorithms)
        if told is None:
            os.environ.pop(CUBLAS, None)
