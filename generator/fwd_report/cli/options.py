"""What several commands share: options, exit codes, and how failures are reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fwd_report.errors import RunError, UserError, counted, say
from fwd_report.project_folder import project_folder

if TYPE_CHECKING:
    from fwd_report.build import BuildOutcome, Options

FAILED, WRONG_INPUT, STALE = 1, 2, 3
FORCED = "; the rest of what --force was to run again still has its earlier results"


def named_path(text: Path | str) -> Path:
    """A path that was named. Raises UserError for an empty text, which is what a shell makes of a
    variable that is not set, and would mean the current folder.
    """
    if text == "":
        raise UserError(
            "an empty text is given where a path belongs",
            hint="name the path, '.' for the current folder; is a variable of the shell not set?",
        )
    return Path(text)


Root = Annotated[
    Path,
    typer.Option(
        "--project",
        "-C",
        help="The writeup's folder; the present one or one above it where left out.",
        show_default=False,
        parser=named_path,
        metavar="DIR",
        callback=project_folder,
    ),
]
Profile = Annotated[str | None, typer.Option(help="Which `field@profile` values hold.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a field, e.g. seed=7."),
]
Only = Annotated[
    list[str] | None, typer.Option(metavar="SECTION[.EXPERIMENT]", help="This alone; repeatable.")
]
Remotes = Annotated[
    list[str] | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="A remote to take results from, in place of report.yaml's; none: no remote. "
        "Repeatable.",
    ),
]
CODE = ("techniques", "site_templates", "mkdocs.yml", "mkdocs.yaml")
"""The parts of a writeup that are code, which a command would run."""


def say_ignored(root: Path) -> None:
    """Print one line that names the code of the folder that is ignored because it is not
    trusted.
    """
    found = [name for name in CODE if (root / name).exists()]
    if found:
        names = " and ".join(filter(None, (", ".join(found[:-1]), found[-1])))
        say(f"--untrusted: ignored {names}; the package's own are used", err=True)


Untrusted = Annotated[
    bool,
    typer.Option(
        "--untrusted",
        "--no-project-code",
        help="Run no code of the folder: no techniques/, and the package's site_templates and "
        "mkdocs.yml in place of its own.",
    ),
]


def options_of(
    only: list[str] | None,
    profile: str | None,
    overrides: list[str] | None,
    untrusted: bool = False,
    root: Path = Path(),
) -> Options:
    """The options of a command as one object; prints what of the folder is ignored."""
    from fwd_report.build import Options

    if untrusted:
        say_ignored(root)
    return Options(profile, overrides or (), only or (), untrusted=untrusted)


def report_failures(outcome: BuildOutcome, forced: bool = False) -> None:
    if outcome.failures:
        count = len(outcome.failures)
        message = (
            f"{counted(count, 'run')} failed; what did not fail is stored, and the next build "
            "tries the rest again"
        ) + (FORCED if forced else "")
        if all(failure.wrong_input for failure in outcome.failures):
            raise UserError(message)
        raise RunError(message)
