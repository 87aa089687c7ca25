"""A user's mistake is a line, not a traceback."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

from emoji_if.drawings import DataError
from emoji_if.gradients import WorkerError

P = ParamSpec("P")


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Turn a user's mistake into one line and exit code 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (DataError, WorkerError) as error:
            typer.echo(f"emoji_if: {error}", err=True)
            raise typer.Exit(2) from None

    return run
