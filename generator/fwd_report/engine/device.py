"""Where the models run, and in which precision."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from fwd_report.errors import UserError

CUBLAS = "CUBLAS_WORKSPACE_CONFIG"
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def choose_device(wanted: str) -> str:
    """`auto` → the first accelerator there is, else the CPU; a named device is checked.

    Raises UserError for a device this machine or this build of torch does not have.
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
    """While it lasts, equal computations give equal bytes, if that is wanted.

    One thread, for sums in one order, and deterministic algorithms; an operation that has none on
    the device raises RuntimeError.
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


def choose_dtype(wanted: str, device: str) -> torch.dtype:
    """`auto` → float16 on CUDA, as DeepFloyd's weights are published, else float32.

    Raises UserError for a name that is not one of DTYPES.
    """
    if wanted == "auto":
        return torch.float16 if device.startswith("cuda") else torch.float32
    if wanted not in DTYPES:
        raise UserError(f"dtype '{wanted}' is not one of auto, {', '.join(DTYPES)}")
    return DTYPES[wanted]
