"""`fwd-report serve`: the site on this machine, built again as the writeup changes."""

from __future__ import annotations

from pathlib import Path

import typer

from fwd_report.build import Options, build
from fwd_report.errors import RunError
from fwd_report.site.serve import serve as serve_site


def serve(root: Path, options: Options, port: int) -> None:
    """Build, serve, and build again on every change, until Ctrl-C."""

    def rebuild() -> None:
        outcome = build(root, options)
        typer.echo(f"{len(outcome.pages)} files changed" if outcome.pages else "nothing changed")
        if outcome.failures:
            raise RunError(f"{len(outcome.failures)} runs failed")

    serve_site(root, rebuild, port, say=typer.echo)
