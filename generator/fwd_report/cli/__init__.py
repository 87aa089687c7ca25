"""The commands. Each parses its arguments, calls one stage and prints what came of it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from fwd_report import __version__, stopping
from fwd_report.cli import (
    building,
    diagnosing,
    fetching,
    pages,
    projects,
    prompt_listing,
    reproducing,
    storage,
    travel,
)
from fwd_report.cli.options import FAILED, STALE, WRONG_INPUT
from fwd_report.errors import RunError, StaleError, UnavailableError, UserError, only_said, say
from fwd_report.plugins.problems import exits_as_errors
from fwd_report.threads import spin_briefly


class _Commands(TyperGroup):
    """The commands, none of which a plug-in ends by `sys.exit()`: that is an error of its own."""

    def invoke(self, ctx: Any) -> Any:
        with exits_as_errors():
            return super().invoke(ctx)


class _Command(TyperCommand):
    """A command, whose output has nothing that a plug-in prints."""

    def invoke(self, ctx: Any) -> Any:
        with only_said():
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    help="Run diffusion experiments written as YAML, and publish what came out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    building.build,
    building.plan,
    prompt_listing.prompts,
    diagnosing.doctor,
    fetching.download,
    pages.check,
    reproducing.reproduce,
    reproducing.script,
    pages.serve,
    projects.init,
    pages.publish,
    projects.schema,
):
    app.command(cls=_Command)(command)
travel.add_to(storage.app)
app.add_typer(storage.app, name="store")


def _version(wanted: bool) -> None:
    if wanted:
        say(f"fwd-report {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Run diffusion experiments written as YAML, and publish what came out."""


def main() -> None:
    """The entry point: every expected error is a message and an exit code, never a traceback."""
    spin_briefly()
    stopping.watch()
    stopping.started()
    try:
        app()
    except UnavailableError as error:
        say(error, err=True)
        sys.exit(FAILED)
    except UserError as error:
        say(error, err=True)
        count = len(error.problems)
        if count > 1:
            say(f"{count} problems", err=True)
        sys.exit(WRONG_INPUT)
    except StaleError as error:
        say(error, err=True)
        sys.exit(STALE)
    except RunError as error:
        say(error, err=True)
        sys.exit(FAILED)
    except Exception as error:
        _say_unexpected(error)


def _say_unexpected(error: Exception) -> None:
    """Report an error that a plug-in or the system raised, and exit; any other error is raised
    again.
    """
    from fwd_report.plugins.importing import mistake_of_plugin

    mistake = mistake_of_plugin(error)
    if mistake is not None:
        say(mistake, err=True)
        sys.exit(WRONG_INPUT)
    if isinstance(error, OSError):
        # Files of the writeup that cannot be read or written: rights, a full disk, a wrong kind.
        say(f"{error.filename}: {error.strerror}" if error.filename else error, err=True)
        sys.exit(FAILED)
    raise error
