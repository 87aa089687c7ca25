"""Where the models run, and in which precision."""

from __future__ import annotations

import torch

from fwd_report.errors import UserError

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


def choose_dtype(wanted: str, device: str) -> torch.dtype:
    """`auto` → float16 on CUDA, as DeepFloyd's weights are published, else float32.

    Raises UserError for a name that is not one of DTYPES.
    """
    if wanted == "auto":
        return torch.float16 if device.startswith("cuda") else torch.float32
    if wanted not in DTYPES:
        raise UserError(f"dtype '{wanted}' is not one of auto, {', '.join(DTYPES)}")
    return DTYPES[wanted]
