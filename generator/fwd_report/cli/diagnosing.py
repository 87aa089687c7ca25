"""`fwd-report doctor`: what a build needs, what is here, and the way out of each problem."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fwd_report.cli.options import (
    FAILED,
    Only,
    Overrides,
    Profile,
    Root,
    Untrusted,
    options_of,
)
from fwd_report.errors import counted, say


def doctor(
    only: Only = None,
    profile: Profile = None,
    overrides: Overrides = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Say whether a build would come through here: device, memory, disk, models, licences."""
    from fwd_report.doctor import diagnose

    options = options_of(only, profile, overrides, untrusted, root)
    findings = []
    for finding in diagnose(root.resolve(), options):
        findings.append(finding)
        if not as_json:
            say("\n".join(finding.lines))
    problems = [finding for finding in findings if finding.state == "problem"]
    if as_json:
        content = {"ok": not problems, "findings": [finding.plain() for finding in findings]}
        say(json.dumps(content, indent=1, ensure_ascii=False))
    elif problems:
        say(f"{counted(len(problems), 'problem')} would stop a build")
    else:
        say("nothing stands in the way of a build")
    if problems:
        raise typer.Exit(FAILED)
