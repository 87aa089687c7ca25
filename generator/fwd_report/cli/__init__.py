"""The commands. Each parses its arguments, calls one stage and says what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fwd_report import __version__
from fwd_report.errors import RunError, StaleError, UnavailableError, UserError, number
from fwd_report.threads import spin_briefly

if TYPE_CHECKING:
    from fwd_report.build import Options, Outcome

FAILED, WRONG_INPUT, STALE, INTERRUPTED = 1, 2, 3, 130
STOPPED = "\nstopped; what was done is stored, and the next build goes on from there"
FORCED = "; the rest of what --force was to run again still has its earlier results"

app = typer.Typer(
    help="Run diffusion experiments written as YAML, and publish what came out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
store_app = typer.Typer(help="The cache of results.", no_args_is_help=True)
app.add_typer(store_app, name="store")

Root = Annotated[
    Path, typer.Option("--project", "-C", help="The writeup's folder.", show_default=False)
]
Profile = Annotated[str | None, typer.Option(help="Which `field@profile` values hold.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a field, e.g. seed=7."),
]
Only = Annotated[
    list[str] | None, typer.Option(metavar="SECTION", help="This section alone; repeatable.")
]


@app.command()
def build(
    only: Only = None,
    profile: Profile = None,
    overrides: Overrides = None,
    force: Annotated[bool, typer.Option(help="Run also what is stored.")] = False,
    cached_only: Annotated[
        bool, typer.Option(help="Run nothing; exit 3 if anything must.")
    ] = False,
    keep_going: Annotated[bool, typer.Option(help="After a failure, run the rest.")] = False,
    root: Root = Path(),
) -> None:
    """Run what has not been run yet, then write the pages."""
    from fwd_report.build import Options
    from fwd_report.build import build as run_build

    options = Options(profile, overrides or (), only or (), force, cached_only, keep_going)
    try:
        outcome = run_build(root.resolve(), options)
    except KeyboardInterrupt:
        typer.echo(STOPPED + (FORCED if force else ""), err=True)
        raise typer.Exit(INTERRUPTED) from None
    idle = not outcome.ran and not outcome.failures
    ran = "nothing to run" if idle else f"ran {outcome.ran} of {number(outcome.runs, 'run')}"
    written = sum(page.suffix == ".md" for page in outcome.pages)
    pages = f"wrote {number(written, 'page')}" if written else "pages are up to date"
    typer.echo(f"{ran}; {pages}")
    if written:
        typer.echo("look at them with: fwd-report serve")
    _report_failures(outcome, force)


@app.command()
def plan(
    only: Only = None,
    profile: Profile = None,
    overrides: Overrides = None,
    why: Annotated[bool, typer.Option(help="Say what changed, run by run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Every run, as JSON.")] = False,
    root: Root = Path(),
) -> None:
    """Show what would run, why, how many model calls it takes and how long."""
    from fwd_report.plan.describe import as_json as describe_json
    from fwd_report.plan.describe import as_text as describe_text

    options = _options(only, profile, overrides)
    from fwd_report.build import load_plan

    the_plan, store = load_plan(root.resolve(), options)
    runs = the_plan.selected(options.only)
    typer.echo(describe_json(runs, store) if as_json else describe_text(runs, store, why))


@app.command()
def check(
    profile: Profile = None,
    overrides: Overrides = None,
    as_json: Annotated[bool, typer.Option("--json", help="The findings, as JSON.")] = False,
    root: Root = Path(),
) -> None:
    """Look for placeholders, missing figures, alt texts, dead links, uncovered deliverables."""
    from fwd_report.build import load_report
    from fwd_report.site.check import check as check_site
    from fwd_report.site.check import findings_as_json, findings_as_text

    root = root.resolve()
    findings = check_site(load_report(root, _options(None, profile, overrides)), root)
    typer.echo(findings_as_json(findings) if as_json else findings_as_text(findings))
    if findings:
        raise typer.Exit(FAILED)


@app.command()
def serve(
    profile: Profile = None,
    overrides: Overrides = None,
    port: Annotated[int, typer.Option(help="The port on this machine.")] = 8000,
    root: Root = Path(),
) -> None:
    """Build, show the site on this machine, and rebuild on every change."""
    from fwd_report.build import build as run_build
    from fwd_report.site.serve import serve as serve_site

    root = root.resolve()
    options = _options(None, profile, overrides)
    serve_site(root, lambda: _report_failures(run_build(root, options)), port, say=typer.echo)


@app.command()
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


@app.command()
def publish(
    dry_run: Annotated[bool, typer.Option(help="Say what would be pushed; push nothing.")] = False,
    profile: Profile = None,
    overrides: Overrides = None,
    root: Root = Path(),
) -> None:
    """Check the report, then push the site to the gh-pages branch."""
    from fwd_report.build import load_report
    from fwd_report.site.publish import publish as publish_site

    root = root.resolve()
    report = load_report(root, _options(None, profile, overrides))
    typer.echo(publish_site(report, root, dry_run=dry_run))


@app.command()
def schema(
    root: Root = Path(),
) -> None:
    """Write the JSON Schemas of the specs, for editors, to .fwd-report/schema/."""
    from fwd_report.spec.load import report_file
    from fwd_report.spec.schema import write_schemas

    report_file(root.resolve())
    for path in write_schemas(root.resolve()):
        typer.echo(path)


@store_app.command()
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


@store_app.command()
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
    used = used_keys(root, _options(None, None, overrides))
    store = Store(root)
    entries, freed = store.unused(used) if dry_run else store.collect(used)
    verb, gain = ("would delete", "freeing") if dry_run else ("deleted", "freed")
    typer.echo(f"{verb} {number(entries, 'result')}, {gain} {freed / 1e6:.1f} MB")


@store_app.command()
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
    the_plan, store = load_plan(root.resolve(), _options(None, profile, overrides))
    found = find_run(the_plan, run)
    if not store.has(found.key):
        raise UserError(f"{found.name} has not run yet", hint="fwd-report build runs it")
    typer.echo(store.folder(found.key))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fwd-report {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Run diffusion experiments written as YAML, and publish what came out."""


def _report_failures(outcome: Outcome, forced: bool = False) -> None:
    if outcome.failures:
        count = len(outcome.failures)
        message = (
            f"{number(count, 'run')} failed; what did not fail is stored, and the next build "
            "tries the rest again"
        ) + (FORCED if forced else "")
        if all(failure.wrong_input for failure in outcome.failures):
            raise UserError(message)
        raise RunError(message)


def _options(only: list[str] | None, profile: str | None, overrides: list[str] | None) -> Options:
    from fwd_report.build import Options

    return Options(profile=profile, overrides=overrides or (), only=only or ())


def main() -> None:
    """The entry point: every expected error is a message and an exit code, never a traceback."""
    spin_briefly()
    try:
        app()
    except UnavailableError as error:
        print(error, file=sys.stderr)
        sys.exit(FAILED)
    except UserError as error:
        print(error, file=sys.stderr)
        count = len(error.problems)
        if count > 1:
            print(f"{count} problems", file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except StaleError as error:
        print(error, file=sys.stderr)
        sys.exit(STALE)
    except RunError as error:
        print(error, file=sys.stderr)
        sys.exit(FAILED)
    except OSError as error:
        # Files of the writeup that cannot be read or written: rights, a full disk, a wrong kind.
        print(f"{error.filename}: {error.strerror}" if error.filename else error, file=sys.stderr)
        sys.exit(FAILED)
