"""What several commands share: their options, exit codes, and how failures are said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fwd_report.errors import RunError, UserError, number

if TYPE_CHECKING:
    from fwd_report.build import Options, Outcome

FAILED, WRONG_INPUT, STALE = 1, 2, 3
FORCED = "; the rest of what --force was to run again still has its earlier results"


def _project(folder: Path) -> Path:
    """The folder itself, or the writeup it lies in, as git finds its repository."""
    here = folder.resolve()
    above = (parent for parent in (here, *here.parents) if (parent / REPORT_FILE).is_file())
    return next(above, here) if folder == Path() else folder


REPORT_FILE = Path("experiments", "report.yaml")
Root = Annotated[
    Path,
    typer.Option(
        "--project",
        "-C",
        help="The writeup's folder; the present one or one above it where left out.",
        show_default=False,
        callback=_project,
    ),
]
Profile = Annotated[str | None, typer.Option(help="Which `field@profile` values hold.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a field, e.g. seed=7."),
]
Only = Annotated[
    list[str] | None, typer.Option(metavar="SECTION", help="This section alone; repeatable.")
]


def options_of(only: list[str] | None, profile: str | None, overrides: list[str] | None) -> Options:
    from fwd_report.build import Options

    return Options(profile=profile, overrides=overrides or (), only=only or ())


def report_failures(outcome: Outcome, forced: bool = False) -> None:
    if outcome.failures:
        count = len(outcome.failures)
        message = (
            f"{number(count, 'run')} failed; what did not fail is stored, and the next build "
            "tries the rest again"
        ) + (FORCED if forced else "")
        if all(failure.wrong_input for failure in outcome.failures):
            raise UserError(message)
        raise RunError(message)
