"""Publishing: check, build strictly into a temporary folder, push that to gh-pages."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from fwd_report.errors import RunError, UserError
from fwd_report.site.check import check, errors_of, findings_as_text
from fwd_report.site.results import ReportResult

BRANCH = "gh-pages"


def publish(report: ReportResult, root: Path, dry_run: bool = False, remote: str = "origin") -> str:
    """Push the built site to the remote's gh-pages; return what was done, or would be.

    The pages are those that a build wrote; where they are not what the report says now, the check
    finds that. Raises RunError if the check finds something, the build or the push fails; UserError
    where there is no repository or no such remote.
    """
    address = _remote(root, remote)
    findings = errors_of(check(report, root))
    if findings:
        raise RunError(f"not published:\n{findings_as_text(findings)}")
    with tempfile.TemporaryDirectory(prefix="fwd-report-") as temporary:
        site = Path(temporary) / "site"
        build_site(root, site)
        files = [path for path in site.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files) / 1e6
        what = f"{len(files)} files ({size:.1f} MB) to the branch {BRANCH} of {remote} ({address})"
        if dry_run:
            return f"would push {what}"
        _push(root, site, remote, _message(root))
        return f"pushed {what}"


def build_site(root: Path, site: Path) -> None:
    """`mkdocs build --strict` into `site`; raises RunError with what MkDocs says."""
    answer = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)],
        cwd=root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        raise RunError(f"mkdocs build --strict failed:\n{(answer.stderr or answer.stdout).strip()}")


def _push(root: Path, site: Path, remote: str, message: str) -> None:
    from ghp_import import GhpError, ghp_import

    before = Path.cwd()
    os.chdir(root)
    try:
        ghp_import(str(site), mesg=message, remote=remote, branch=BRANCH, push=True, nojekyll=True)
    except (GhpError, subprocess.CalledProcessError) as error:
        raise RunError(f"the push to {remote} failed: {error}") from error
    finally:
        os.chdir(before)


def _remote(root: Path, remote: str) -> str:
    try:
        _git(root, "rev-parse", "--git-dir")
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(
            f"{root} is in no git repository",
            hint="git init, commit, and git remote add origin <address>; then publish again",
        ) from error
    try:
        return _git(root, "remote", "get-url", remote)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(
            f"{root} has no git remote named {remote!r}",
            hint=f"git remote add {remote} <address>, then publish again",
        ) from error


def _message(root: Path) -> str:
    try:
        return f"Site of {_git(root, 'rev-parse', '--short', 'HEAD')}"
    except (OSError, subprocess.CalledProcessError):
        return "Site"


def _git(root: Path, *arguments: str) -> str:
    answer = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()
