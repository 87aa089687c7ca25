"""`check`, `serve` and `publish`: what becomes of the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fwd_report.cli.options import (
    FAILED,
    Overrides,
    Profile,
    Root,
    options_of,
    report_failures,
)


def check(
    profile: Profile = None,
    overrides: Overrides = None,
    as_json: Annotated[bool, typer.Option("--json", help="The findings, as JSON.")] = False,
    root: Root = Path(),
) -> None:
    """Look for what should not be published; warnings alone do not fail."""
    from fwd_report.build import load_report
    from fwd_report.site.check import check as check_site
    from fwd_report.site.check import errors_of, findings_as_json, findings_as_text

    root = root.resolve()
    findings = check_site(load_report(root, options_of(None, profile, overrides)), root)
    typer.echo(findings_as_json(findings) if as_json else findings_as_text(findings))
    if errors_of(findings):
        raise typer.Exit(FAILED)


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
    options = options_of(None, profile, overrides)
    serve_site(root, lambda: report_failures(run_build(root, options)), port, say=typer.echo)


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
    report = load_report(root, options_of(None, profile, overrides))
    typer.echo(publish_site(report, root, dry_run=dry_run))
