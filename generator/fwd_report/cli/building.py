"""`build` and `plan`: run what has not been run yet, or print what would run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fwd_report import stopping
from fwd_report.cli.options import (
    FAILED,
    FORCED,
    Only,
    Overrides,
    Profile,
    Remotes,
    Root,
    Untrusted,
    options_of,
    report_failures,
    say_ignored,
)
from fwd_report.errors import CodeChangedError, UserError, counted, say
from fwd_report.executors.choice import EXECUTORS, LOCAL, check_choice
from fwd_report.unchanged import CURRENT, NOTHING

if TYPE_CHECKING:
    from fwd_report.build import Options

STOPPED = "stopped; what was done is stored, and the next build goes on from there"

AGAIN = "FWD_REPORT_PLANNED_AGAIN"
"""Set in the environment of a build that another build restarted, because the code changed under
it."""


def build(
    only: Only = None,
    profile: Profile = None,
    overrides: Overrides = None,
    force: Annotated[bool, typer.Option(help="Run also what is stored.")] = False,
    cached_only: Annotated[
        bool, typer.Option(help="Run nothing; exit 3 if anything must.")
    ] = False,
    keep_going: Annotated[bool, typer.Option(help="After a failure, run the rest.")] = False,
    executor: Annotated[
        str,
        typer.Option(
            envvar="FWD_REPORT_EXECUTOR",
            metavar="|".join(EXECUTORS),
            help="Run in this process, or by workers of a Ray cluster.",
        ),
    ] = LOCAL,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="The Ray cluster, or auto; one on this machine where left out.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="How many; one a GPU, or for 4 cores, where left out."),
    ] = None,
    store: Remotes = None,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Run what has not been run yet, then write the pages.

    What a remote of the report has is taken from there instead.
    """
    from fwd_report.build import Options
    from fwd_report.build import build as run_build

    stopping.keeps(STOPPED + (FORCED if force else ""))
    if untrusted:
        say_ignored(root)
    options = Options(
        profile,
        overrides or (),
        only or (),
        force,
        cached_only,
        keep_going,
        untrusted,
        command=sys.argv[1:],
        executor=executor,
        address=address,
        workers=workers,
        store=store,
    )
    check_choice(executor, address, workers)
    try:
        outcome = run_build(root.resolve(), options)
    except KeyboardInterrupt:
        stopping.say_what_is_kept()
        raise typer.Exit(stopping.exit_code()) from None
    except CodeChangedError as error:
        if AGAIN in os.environ:
            raise
        say(f"{error}; planned again, in a fresh process", err=True)
        raise typer.Exit(_again(options, root.resolve())) from None
    idle = not outcome.ran and not outcome.failures and not outcome.others
    ran = NOTHING if idle else f"ran {outcome.ran} of {counted(outcome.runs, 'run')}"
    if outcome.others:
        ran += f"; another build ran {counted(outcome.others, 'run')} meanwhile"
    say(f"{ran}; {_written(outcome.pages)}")
    if outcome.pages:
        say("look at them with: fwd-report serve")
    report_failures(outcome, force)


def _written(files: Sequence[Path]) -> str:
    """What a render wrote: the number of pages, or, where no page changed, of what else was
    written.
    """
    if not files:
        return CURRENT
    from fwd_report.site.nav import NAV
    from fwd_report.site.render import FIGURES

    pages = sum(file.suffix == ".md" for file in files)
    if pages:
        return f"wrote {counted(pages, 'page')}"
    figures = sum(file.parent.name == FIGURES for file in files)
    navigation = any(file.name == NAV for file in files)
    others = len(files) - figures - navigation
    named = ["the navigation"] if navigation else []
    named += [counted(figures, "figure")] if figures else []
    named += [counted(others, "other file")] if others else []
    return f"wrote {' and '.join(named)}"


def _again(options: Options, root: Path) -> int:
    """Run the same build in a new process, which imports the code as it is now; return its exit
    code.

    Where the system can, this process becomes that one, so that signals keep reaching it.
    """
    command = [sys.executable, "-P", "-m", "fwd_report", "build", "--project", str(root)]
    command += [f"--only={name}" for name in options.only]
    command += [f"--set={override}" for override in options.overrides]
    command += [f"--store={address}" for address in options.store or ()]
    command += [f"--profile={options.profile}"] if options.profile is not None else []
    command += [f"--executor={options.executor}"]
    command += [f"--address={options.address}"] if options.address is not None else []
    command += [f"--workers={options.workers}"] if options.workers is not None else []
    for flag in ("force", "cached_only", "keep_going", "untrusted"):
        command += [f"--{flag.replace('_', '-')}"] if getattr(options, flag) else []
    environment = {**os.environ, AGAIN: "1"}
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execve(sys.executable, command, environment)
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return stopping.exit_code()


def plan(
    only: Only = None,
    profile: Profile = None,
    overrides: Overrides = None,
    why: Annotated[bool, typer.Option(help="Say what changed, run by run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Every run, as JSON.")] = False,
    remotes: Annotated[
        bool, typer.Option("--remotes", help="Ask the remotes what they have of it.")
    ] = False,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Show what would run, why, how many network steps it takes and how long.

    With --remotes: also which results a build would take from there instead.
    """
    from fwd_report.plan.describe import as_json as describe_json
    from fwd_report.plan.describe import as_text as describe_text
    from fwd_report.plan.describe import taken as describe_remotes

    options = options_of(only, profile, overrides, untrusted, root)
    from fwd_report.build import check_prose, load_plan
    from fwd_report.plan.encodings import check_encodings

    the_plan, store = load_plan(root.resolve(), options)
    runs = the_plan.selected(options.only)
    check_encodings(the_plan.project, runs, store)
    check_prose(the_plan, store)
    from fwd_report.report_remotes import NOT_NAMED, ReportRemotes

    there = ReportRemotes(the_plan.project)
    if remotes and not there.addresses:
        raise UserError("no remote is named", hint=NOT_NAMED)
    due = [run for run in runs if run.status != "fresh"]
    found = there.having({run.key for run in due}) if remotes else {}
    if as_json:
        say(describe_json(runs, store, found if remotes else None))
    else:
        say(describe_text(runs, store, why))
        if remotes and (found or not there.failed):
            say(describe_remotes(due, store, found))
        elif due and not remotes and there.addresses:
            say("fwd-report plan --remotes says what of it the remotes have")
    if remotes and there.failed:
        raise typer.Exit(FAILED)
