"""Where a site is published, and the address at which it will be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fwd_report.errors import Problem, UserError
from fwd_report.site.address import domain_address, remote_address, with_slash
from fwd_report.site.branch import RemoteBranch, Tip
from fwd_report.site.config import own_config
from fwd_report.site.results import ReportResult

BRANCH = "gh-pages"
SITE_URL = re.compile(r"^site_url:[ \t]*[\"']?(https?://[^\s\"'#]+)", re.M)


@dataclass(frozen=True)
class Target:
    """A folder of a branch of a remote; None: the obvious remote.

    site_url: the address of the site. replace: whether files of others in the folder are replaced
    or removed.
    """

    folder: str = ""
    branch: str = BRANCH
    remote: str | None = None
    site_url: str | None = None
    replace: bool = False

    @property
    def prefix(self) -> str:
        """The folder as a prefix of paths, "" or "proj5/". Raises UserError for an invalid
        folder.
        """
        path = PurePosixPath(self.folder)
        wrong = (
            path.is_absolute() or ".." in path.parts or "\\" in self.folder or "\0" in self.folder
        )
        if wrong or any(part.lower() == ".git" for part in path.parts):
            raise UserError(
                f"{self.folder!r} is no folder of a branch", hint="name one such as: --to proj5/"
            )
        return "" if path == PurePosixPath() else f"{path.as_posix()}/"


def target_address(
    report: ReportResult, root: Path, branch: RemoteBranch, tip: Tip, target: Target
) -> str | None:
    """Where the site will be read. Raises UserError if the address and the folder disagree."""
    folder = target.prefix
    if target.site_url:
        if not re.match(r"https?://[^\s/\"\\]+[^\s\"\\]*$", target.site_url):
            raise UserError(f"{target.site_url!r} is no address of a site, such as https://ada.io/")
        return with_slash(target.site_url)
    home = remote_address(root, branch.remote)
    if "CNAME" in tip.files:
        home = domain_address(branch.content(tip.files["CNAME"]).decode("utf-8", "replace")) or home
    config = own_config(root) if report.project.trusted else None
    found = SITE_URL.search(config.read_text("utf-8", errors="replace")) if config else None
    said = report.project.report.site_url or (found[1] if found else None)
    if said is None:
        return f"{home}{folder}" if home else None
    said = with_slash(said)
    if (home and said.startswith(home) and said != f"{home}{folder}") or not said.endswith(folder):
        meant = said.removeprefix(home) if home and said.startswith(home) else ""
        raise UserError(
            Problem(
                f"site_url says {said}, and this publishes into {folder or 'the root'} "
                f"of {branch.branch}",
                hint=f"publish --to {meant}" if meant else "mend site_url, or give --site-url",
            )
        )
    return said
