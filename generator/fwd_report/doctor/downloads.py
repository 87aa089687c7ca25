"""Check the models that the pending runs query, on this machine or on the hub.

Downloads only small files, like every plan.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fwd_report.capacity import in_words
from fwd_report.doctor.diagnosis import Diagnosis, diagnosed
from fwd_report.doctor.surroundings import existing
from fwd_report.errors import UserError
from fwd_report.models import hub
from fwd_report.models.digest import seen_commit
from fwd_report.models.folder_layout import WHOLE, files_read
from fwd_report.models.hub_access import offered_files, token_says
from fwd_report.plan.asked_models import Asked, asked_models
from fwd_report.plan.run import Run
from fwd_report.spec.project import Project
from fwd_report.store.store import Store

SHORT = 12
"""Digits of a commit hash that are shown."""


@dataclass(frozen=True)
class Wanted:
    """A model that runs query. folder: where it is stored; None if it has to be downloaded.

    commit: the revision of a hub model that this report uses. sizes: bytes of each file that is
    read, by `part/file`. missing: bytes to download.
    """

    model: str
    parts: Sequence[str]
    folder: Path | None
    sizes: dict[str, int]
    commit: str | None = None
    missing: int = 0

    @property
    def stage(self) -> int:
        """The stage of the model: 1 or 2."""
        return 2 if "image_noising_scheduler" in self.parts else 1

    @property
    def configurations(self) -> Path | None:
        """The folder with its configuration files, if they are on this machine."""
        if self.folder is not None or self.commit is None:
            return self.folder
        return hub.kept_at(self.model, self.commit)

    def numbers(self, part: str) -> int:
        """Estimate a part's parameter count from the sizes of its weight files.

        Files with fp16 in their name have 2 bytes per parameter, others 4.
        """
        prefix = "" if part == WHOLE else f"{part}/"
        return sum(
            size // (2 if ".fp16" in name else 4)
            for name, size in self.sizes.items()
            if name.startswith(prefix) and name.endswith(".safetensors")
        )


def look_at_models(
    project: Project, due: Iterable[Run], store: Store
) -> tuple[list[Diagnosis], list[Wanted]]:
    """Check each model; return the findings, and the models that are available."""
    findings: list[Diagnosis] = []
    wanted: list[Wanted] = []
    for asked in asked_models(project, due):
        try:
            found = _local(asked) or _remote(asked, store)
        except UserError as error:
            findings.append(diagnosed(f"model {asked[0]}", error))
            continue
        wanted.append(found)
        findings.append(_said(found, store))
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
    commit = None if isinstance(model, Path) else folder.name
    return Wanted(str(model), parts, folder, sizes, commit)


def _remote(asked: Asked, store: Store) -> Wanted:
    model, parts = str(asked[0]), asked[1]
    commit, files = offered_files(model, parts, seen_commit(model, store))
    missing = hub.missing(model, commit, files)
    sizes = {file.name: file.size or 0 for file in files}
    return Wanted(model, parts, None, sizes, commit, missing)


def _said(found: Wanted, store: Store) -> Diagnosis:
    size = sum(found.sizes.values())
    data = {"model": found.model, "size": size, "download": found.missing, "commit": found.commit}
    name = f"model {found.model}"
    says = f"commit {found.commit[:SHORT]}, " if found.commit else ""
    if found.folder is not None:
        return Diagnosis(name, f"{says}in {found.folder}, {in_words(size)}", data=data)
    says += f"{in_words(found.missing)} to download of {in_words(size)}; {token_says()}"
    seen = seen_commit(found.model, store)
    if seen is None or seen == found.commit:
        return Diagnosis(name, says, data=data)
    says += f"; this report stayed at {seen[:SHORT]}, which the hub no longer has"
    hint = "runs whose model files differ run again; `fwd-report plan --why` lists them"
    return Diagnosis(name, says, "warning", hint, data)


def _totals(wanted: Sequence[Wanted]) -> Iterator[Diagnosis]:
    """Check whether the disk has room for all downloads."""
    total = sum(found.missing for found in wanted)
    if not total:
        return
    cache = hub.cache_folder()
    free = shutil.disk_usage(existing(cache)).free
    says = f"{in_words(total)} to download to {cache}; {in_words(free)} free there"
    data = {"download": total, "path": str(cache), "free": free}
    if total > free:
        hint = "free some space, or set HF_HOME to a folder on a larger disk"
        yield Diagnosis("downloads", says, "problem", hint, data)
    else:
        yield Diagnosis("downloads", says, data=data)
