"""What a new writeup has beside its experiments: a README, requirements, the Pages workflow."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fwd_report import __version__
from fwd_report.git import Git, GitError
from fwd_report.site.address import web_address

HERE = Path(__file__).parent
PLACES = {
    "README.md": "README.md",
    "requirements.txt": "requirements.txt",
    "gitignore": ".gitignore",
    "pages.yml": ".github/workflows/pages.yml",
}
"""Where each file of this folder goes."""
NAME = "fwd-report"
REQUIREMENT = "@REQUIREMENT@"
"""Stands in these files for the line that installs this program; no variable's name contains it."""


def write_project_files(folder: Path, constraints: Path) -> None:
    """Write them into a new project. constraints: the exact versions this release is tested with.

    Raises OSError where the folder cannot be written.
    """
    for name, place in PLACES.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (HERE / name).read_text(encoding="utf-8")
        target.write_text(text.replace(REQUIREMENT, own_requirement()), encoding="utf-8")
    if constraints.is_file():
        pins = constraints.read_text(encoding="utf-8").splitlines()
        kept = [line for line in pins if re.match(r"[\w.-]+==", line)]
        header = "# The versions that this release of fwd-report is tested with.\n"
        (folder / "constraints.txt").write_text(header + "\n".join(kept) + "\n", encoding="utf-8")


def own_requirement() -> str:
    """The line that installs this program elsewhere: a commit of a repository, or a release."""
    try:
        said = distribution(NAME).read_text("direct_url.json")
        source = json.loads(said) if said else {}
        url = str(source.get("url", ""))
        if "vcs_info" in source:
            vcs = source["vcs_info"]
            return f"{NAME} @ {vcs['vcs']}+{url}@{vcs['commit_id']}"
        if url.startswith("file://"):
            git = Git(Path(unquote(urlsplit(url).path)))
            address = web_address(git("remote", "get-url", "origin"))
            if address:
                return f"{NAME} @ git+{address}@{git('rev-parse', 'HEAD')}"
    except (PackageNotFoundError, GitError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return f"{NAME}=={__version__}"


def surely_installable() -> bool:
    """Whether others can install `own_requirement()`: it is a commit, or this copy came as a
    release from a package index and not from a folder, a file or a source tree.
    """
    if " @ " in own_requirement():
        return True
    try:
        return distribution(NAME).read_text("direct_url.json") is None
    except PackageNotFoundError:
        return False
