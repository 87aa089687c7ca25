"""What a publish changes in its folder of a branch, and the mark that identifies its own files.

The mark is a file in that folder: the paths that the last publish wrote, with git's digest of each.
A file that it does not list, or lists with another digest, belongs to somebody else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from fwd_report.errors import UserError

MARK = ".fwd-report-site.json"
VERSION = 1
OF_THE_HOST = ("CNAME", ".nojekyll")
"""Files at the root of a branch that configure GitHub Pages."""
DATED = ("sitemap.xml", "sitemap.xml.gz")
"""Files of a site that contain the date of the build, and differ even if nothing changed."""


@dataclass(frozen=True)
class Changes:
    """Paths within the folder. foreign: files of others that would be changed or removed."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether a reader would see any difference."""
        touched = {*self.added, *self.changed, *self.removed}
        return not touched <= set(DATED)


def changes(there: Mapping[str, str], site: Mapping[str, str], mark: bytes | None) -> Changes:
    """The changes that putting `site` into a folder that holds `there` makes; blobs by path.

    mark: the content of the folder's mark. Files are removed if the mark lists them and the site
    lacks them, or if they are foreign. Files that configure the host, and folders with a mark of
    their own, are not foreign unless the site has them too.
    """
    wrote = blobs_marked(mark)
    others = [path.removesuffix(MARK) for path in there if path.endswith(f"/{MARK}")]
    inner = tuple(folder for folder in others if not _below(site, folder))
    mine = {path for path, blob in wrote.items() if there.get(path) == blob}
    foreign = [
        path
        for path in there
        if path not in mine
        and path != MARK
        and there[path] != site.get(path)
        and not (inner and path.startswith(inner))
        and not (path in OF_THE_HOST and path not in site)
    ]
    return Changes(
        added=tuple(sorted(path for path in site if path not in there)),
        changed=tuple(sorted(path for path in site if there.get(path, site[path]) != site[path])),
        removed=tuple(sorted(path for path in {*mine, *foreign} if path not in site)),
        foreign=tuple(sorted(foreign)),
    )


def mark_of(site: Mapping[str, str]) -> str:
    """The mark of a site: the content of the file that is written beside it."""
    return json.dumps({"version": VERSION, "files": dict(sorted(site.items()))}, indent=0) + "\n"


def blobs_marked(mark: bytes | None) -> dict[str, str]:
    """The blobs by path that a mark lists; none if it is not a mark, so that all files are foreign.

    Raises UserError for the mark of a later version, whose meaning is unknown here.
    """
    try:
        content = json.loads(mark or b"{}")
        files, version = content.get("files", {}), content.get("version", VERSION)
        if version == VERSION:
            return {path: blob for path, blob in files.items() if isinstance(blob, str)}
    except (ValueError, AttributeError, RecursionError):
        return {}
    raise UserError(
        f"the site there was published by a later version of fwd-report (its mark is {version!r})",
        hint="publish with that version or a later one",
    )


def _below(site: Mapping[str, str], folder: str) -> bool:
    return any(path.startswith(folder) for path in site)
