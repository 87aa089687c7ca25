"""`store verify`, `gc` and `path`: the cache of results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fwd_report.cli.options import FAILED, Overrides, Profile, Root, options_of
from fwd_report.errors import UserError, number

app = typer.Typer(help="The cache of results.", no_args_is_help=True)


@app.command()
def verify(root: Root = Path()) -> None:
    """Check every stored file against its digest; damaged results are moved aside."""
    from fwd_report.store.store import Store

    store = Store(root.resolve())
    damaged = store.verify()
    for message in damaged.values():
        typer.echo(message)
    typer.echo(f"{number(len(store.keys()), 'result')} whole, {len(damaged)} damaged")
    if damaged:
        typer.echo("what was damaged is moved aside; the next build makes it again")
        raise typer.Exit(FAILED)


@app.command()
def gc(
    dry_run: Annotated[
        bool, typer.Option(help="Say what would be deleted; delete nothing.")
    ] = False,
    overrides: Overrides = None,
    root: Root = Path(),
) -> None:
    """Delete the results that no run of the present specs has, under any profile."""
    from fwd_report.build import used_keys
    from fwd_report.store.store import Store

    root = root.resolve()
    used = used_keys(root, options_of(None, None, overrides))
    store = Store(root)
    entries, freed = store.unused(used) if dry_run else store.collect(used)
    verb, gain = ("would delete", "freeing") if dry_run else ("deleted", "freed")
    typer.echo(f"{verb} {number(entries, 'result')}, {gain} {freed / 1e6:.1f} MB")


@app.command()
def path(
    run: Annotated[
        str | None, typer.Argument(metavar="SECTION.EXPERIMENT[INDEX]", show_default=False)
    ] = None,
    profile: Profile = None,
    overrides: Overrides = None,
    root: Root = Path(),
) -> None:
    """Print where the store, or one run's result, lies."""
    from fwd_report.build import load_plan
    from fwd_report.plan.describe import find_run
    from fwd_report.store.store import Store

    if run is None:
        typer.echo(Store(root.resolve()).root)
        return
    the_plan, store = load_plan(root.resolve(), options_of(None, profile, overrides))
    found = find_run(the_plan, run)
    if not store.has(found.key):
        raise UserError(f"{found.name} has not run yet", hint="fwd-report build runs it")
    typer.echo(store.folder(found.key))
