"""`init` and `schema`: a new writeup, and what an editor needs to know of one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fwd_report.cli.options import Only, Root


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    only: Only = None,
) -> None:
    """Start a new writeup that builds at once: the starter's sections, or some of them."""
    from fwd_report.starter import copy_starter

    along = copy_starter(folder, only or ())
    if along:
        typer.echo(f"{', '.join(along)} came along: what you named refers to them")
    typer.echo(f"Your writeup is in {folder}; next: cd {folder} && fwd-report build")


def schema(
    root: Root = Path(),
) -> None:
    """Write the JSON Schemas of the specs, for editors, to .fwd-report/schema/."""
    from fwd_report.spec.load import report_file
    from fwd_report.spec.schema import write_schemas

    report_file(root.resolve())
    for path in write_schemas(root.resolve()):
        typer.echo(path)
