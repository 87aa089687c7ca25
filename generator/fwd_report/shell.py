"""Paths and names as a person can paste them into a shell, within a command that is printed."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path


def word(name: Path | str) -> str:
    """The name as one word of a command, in quotes if it needs them, and never an option."""
    text = str(name)
    if text.startswith("-"):
        text = os.path.join(".", text)
    return subprocess.list2cmdline([text]) if os.name == "nt" else shlex.quote(text)
