"""Which models the coming runs query, and what the hub has of them.

Nothing is downloaded except small files, as in any plan.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fwd_report.capacity import in_words
from fwd_report.doctor.diagnosis import Finding, problem
from fwd_report.doctor.surroundings import existing
from fwd_report.errors import UserError
from fwd_report.models import hub
from fwd_report.models.folder_layout import files_read
from fwd_report.models.hub_access import require_access, token_says
from fwd_report.plan.asked_models import Asked, asked_models
from fwd_report.plan.run import Run
from fwd_report.spec.project import Project


@dataclass(frozen=True)
class Wanted:
    """A model that runs query. folder: where it lies; None: it has to be downloaded.

    sizes: bytes of each file that is read, as `part/file`; missing: of those to download.
    """

    model: str
    parts: Sequence[str]
    folder: Path | None
    sizes: dict[str, int]
    missing: int = 0


def look_at_models(project: Project, due: Iterable[Run]) -> tuple[list[Finding], list[Wanted]]:
    """The findings about each model, and what is known of those that are available."""
    findings: list[Finding] = []
    wanted: list[Wanted] = []
    for asked in asked_models(project, due):
        try:
            found = _local(asked) or _remote(asked)
            if found.folder is None:
                require_access(found.model, _largest(found.sizes))
        except UserError as error:
            findings.append(problem(f"model {asked[0]}", error))
            continue
        wanted.append(found)
        findings.append(_said(found))
    return findings + list(_totals(wanted)), wanted


def _local(asked: Asked) -> Wanted | None:
    model, parts = asked
    folder = model if isinstance(model, Path) else hub.downloaded(model, parts)
    if folder is None:
        return None
    names = [
        path.relative_to(folder).as_posix() for part in parts for path in (folder / part).glob("*")
    ]
    sizes = {name: (folder / name).stat().st_size for name in files_read(names, parts, folder)}
    return Wanted(str(model), parts, folder, sizes)


def _remote(asked: Asked) -> Wanted:
    model, parts = str(asked[0]), asked[1]
    listed = hub.listing(model)
    files = [listed.files[name] for name in files_read(listed.files, parts, model)]
    missing = hub.missing(model, listed.commit, files)
    return Wanted(model, parts, None, {file.name: file.size or 0 for file in files}, missing)


def _largest(sizes: dict[str, int]) -> str:
    return max(sizes, key=lambda name: sizes[name])


def _said(found: Wanted) -> Finding:
    size = sum(found.sizes.values())
    data = {"model": found.model, "size": size, "download": found.missing}
    name = f"model {found.model}"
    if found.folder is not None:
        return Finding(name, f"{found.folder}, {in_words(size)}", data=data)
    says = f"{in_words(found.missing)} to download of {in_words(size)}; {token_says()}"
    return Finding(name, says, data=data)


def _totals(wanted: Sequence[Wanted]) -> Iterator[Finding]:
    """The total size of the downloads, and whether their disk has room for it."""
    total = sum(found.missing for found in wanted)
    if not total:
        return
    cache = hub.cache_folder()
    free = shutil.disk_usage(existing(cache)).free
    says = f"{in_words(total)} to come, into {cache}; {in_words(free)} free there"
    data = {"download": total, "path": str(cache), "free": free}
    if total > free:
        hint = "free some space, or set HF_HOME to a folder on a larger disk"
        yield Finding("downloads", says, "problem", hint, data)
    else:
        yield Finding("downloads", says, data=data)
