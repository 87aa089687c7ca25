"""`init` and `schema`: a new writeup, and what an editor needs to know of one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fwd_report.cli.options import Only, Root, Untrusted, named_path, say_ignored
from fwd_report.errors import UserError, counted, say
from fwd_report.shell import word


def init(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", parser=named_path, help="A folder; files in it stay."),
    ],
    only: Only = None,
    bare: Annotated[
        bool, typer.Option("--bare", help="Specs and questions to answer, no finished text.")
    ] = False,
    rubric: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The assignment's rubric, or the file of one of yours."),
    ] = None,
) -> None:
    """Start a new writeup that builds at once: the starter's sections, or some of them."""
    from fwd_report.bare import DEFAULT, start_bare
    from fwd_report.starter import copy_starter
    from fwd_report.starter_files import own_requirement, surely_installable

    if rubric is not None and not bare:
        raise UserError(
            "--rubric is for --bare: the starter has a rubric of its own",
            hint="add --bare, or change `rubric:` in experiments/report.yaml later",
        )
    if bare:
        sections = start_bare(folder, rubric or DEFAULT, only or ())
        say(
            f"{counted(len(sections), 'section')} of {rubric or DEFAULT}, with specs, pictures to "
            "replace and questions to answer; fwd-report check lists what is left"
        )
    else:
        along = copy_starter(folder, only or ())
        if along:
            say(f"{', '.join(along)} came along: what you named refers to them")
        say(
            "This is the starter, somebody's finished text, for you to replace; fwd-report check "
            "says what still is. For questions in place of text: fwd-report init DIR --bare"
        )
    if not surely_installable():
        say(
            f"warning: requirements.txt asks for {own_requirement()}, and this copy did not come "
            "from a package index: if pip finds no such release, write "
            "`fwd-report @ git+https://…` there, with a repository that has it",
            err=True,
        )
    say(f"Your writeup is in {folder}; next: cd {word(folder)} && fwd-report build")


def schema(
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Write the JSON Schemas of the specs, for editors, to .fwd-report/schema/."""
    from fwd_report.plugins.offers import read_plugins
    from fwd_report.spec.load import report_file
    from fwd_report.spec.schema import write_schemas

    root = root.resolve()
    report_file(root)
    if untrusted:
        say_ignored(root)
    for path in write_schemas(root, read_plugins(root, trusted=not untrusted)):
        say(path)
