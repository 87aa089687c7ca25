"""`check`, `serve` and `publish`: what happens to the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fwd_report.cli.options import (
    FAILED,
    Overrides,
    Profile,
    Root,
    Untrusted,
    options_of,
    say_ignored,
)
from fwd_report.errors import say


def check(
    profile: Profile = None,
    overrides: Overrides = None,
    as_json: Annotated[bool, typer.Option("--json", help="The findings, as JSON.")] = False,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Look for what should not be published; warnings alone do not fail."""
    from fwd_report.build import load_report
    from fwd_report.site.check import check as check_site
    from fwd_report.site.check import errors_of, findings_as_json, findings_as_text

    root = root.resolve()
    options = options_of(None, profile, overrides, untrusted, root)
    findings = check_site(load_report(root, options), root)
    say(findings_as_json(findings) if as_json else findings_as_text(findings))
    if errors_of(findings):
        raise typer.Exit(FAILED)


def serve(
    profile: Profile = None,
    overrides: Overrides = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port on this machine; 0: any that is free.")
    ] = 8000,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Show the site on this machine, and rebuild it on every change."""
    from fwd_report.site.serve import serve as serve_site
    from fwd_report.spec.load import report_file

    root = root.resolve()
    report_file(root)
    command = ["fwd_report", "build", "--project", str(root)]
    command += ["--profile", profile] if profile else []
    for override in overrides or ():
        command += ["--set", override]
    if untrusted:
        say_ignored(root)
        command.append("--untrusted")
    serve_site(root, command, port, say=say, trusted=not untrusted)


def publish(
    to: Annotated[
        str, typer.Option(metavar="FOLDER", help="The folder of the branch, such as proj5/.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option(help="Say what would be added, changed and removed; push nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option(help="Also what no publish wrote there is replaced or removed.")
    ] = False,
    branch: Annotated[str, typer.Option(help="The branch that is served.")] = "gh-pages",
    remote: Annotated[
        str | None, typer.Option(help="The git remote: origin, or the only one.")
    ] = None,
    site_url: Annotated[
        str | None, typer.Option(help="The address that the site will be read at.")
    ] = None,
    profile: Profile = None,
    overrides: Overrides = None,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Check the report, then push the site into one folder of the branch that is served."""
    from fwd_report.build import load_report
    from fwd_report.site.publish import publish as publish_site
    from fwd_report.site.target import Target

    root = root.resolve()
    report = load_report(root, options_of(None, profile, overrides, untrusted, root))
    target = Target(to, branch, remote, site_url, replace)
    say(publish_site(report, root, target, dry_run))
