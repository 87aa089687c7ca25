"""The recipe's commands: `python -m emoji_if --help`."""

from __future__ import annotations

from emoji_if.cli import app

app()
