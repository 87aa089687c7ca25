"""What a plug-in could change for all that runs in the process: put back, and refused."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class SharedStateError(Exception):
    """A plug-in changed what other runs compute with; it has been put back."""


@contextmanager
def shared_state_kept() -> Iterator[None]:
    """Put back, after the block, torch's default dtype and device, its grad mode and the current
    folder.

    Raises SharedStateError if one of them was changed, except for the grad mode: a `with
    torch.no_grad():` around a `yield` is no mistake.
    """
    torch = sys.modules.get("torch")
    folder = _folder()
    before = None if torch is None else _of(torch)
    try:
        yield
    finally:
        torch = sys.modules.get("torch")
        changed = [] if torch is None else _put_back(torch, before)
        if folder is not None and _folder() != folder:
            os.chdir(folder)
            changed.append("the current folder")
    if changed:
        raise SharedStateError(
            f"changes {' and '.join(changed)} for every other run too; say what is meant at each "
            "tensor or path"
        )


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None


def _of(torch: Any) -> tuple[Any, Any, bool]:
    return torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled()


def _put_back(torch: Any, before: tuple[Any, Any, bool] | None) -> list[str]:
    """Restore torch's state; what was changed. before: None if torch was not imported then."""
    dtype, device, grad = before or (torch.float32, torch.device("cpu"), True)
    now = _of(torch)
    torch.set_grad_enabled(grad)
    changed = []
    if now[0] != dtype:
        torch.set_default_dtype(dtype)
        changed.append(f"torch's default dtype, to {str(now[0]).removeprefix('torch.')},")
    if now[1] != device:
        torch.set_default_device(None if device.type == "cpu" else device)
        changed.append(f"torch's default device, to {now[1]},")
    return changed
