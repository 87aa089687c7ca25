"""Whether the pages are already what a render would make: asked before anything is rendered."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fwd_report
from fwd_report.site.address import site_address
from fwd_report.site.nav import hand_written
from fwd_report.site.page_folders import OWNED, templates_folder
from fwd_report.site.render_record import read_record
from fwd_report.site.results import ReportResult
from fwd_report.spec.project import Project
from fwd_report.store.manifest import MANIFEST
from fwd_report.store.memory import memory_of

CODE = (
    "diffusion", "figures", "models", "plan", "scripts", "site", "spec", "store", "techniques",
    "training",
)  # fmt: skip
"""The subpackages whose code decides what a page looks like, or which scripts quote."""
MODULES = ("errors.py", "git.py", "outside.py", "packaged.py", "sources.py")
"""The modules beside them that rendering loads."""


@dataclass(frozen=True)
class Shown:
    """The results one experiment shows: their folders, by which a result is known, and why any
    are missing.
    """

    experiment: str
    folders: tuple[Path, ...]
    absence: str | None


def shown_results(report: ReportResult) -> list[Shown]:
    """What a report shows, as the stamp knows it."""
    return [
        Shown(
            f"{section.spec.name}.{result.spec.id}",
            tuple(entry.folder for entry in result.entries),
            result.absence,
        )
        for section in report.sections
        for result in section.experiments
    ]


def pages_current(project: Project, shown: Iterable[Shown], root: Path) -> bool:
    """Whether docs/report/ holds, byte for byte, what a render of these results wrote there."""
    docs = root / "docs"
    digest = inputs_digest(project, shown, root)
    current = (docs / "index.md").is_file() and _is_current(root, digest)
    memory_of(root).save()
    return current


def inputs_digest(project: Project, shown: Iterable[Shown], root: Path) -> str:
    """A digest of all that pages are made from, by content: the same wherever a project lies."""
    digest = hashlib.sha256()
    digest_of_file = memory_of(root).of_file_or_absent
    for name, path in _sources(project):
        digest.update(f"{name}\0{digest_of_file(path)}\n".encode("utf-8", "surrogateescape"))
    digest.update(repr(hand_written(root / "docs")).encode())
    for result in shown:
        digest.update(f"{result.experiment}\0{result.absence}\n".encode())
        for folder in result.folders:
            made = digest_of_file(f"{folder}{os.sep}{MANIFEST}")
            digest.update(f"{folder.name}\0{made}\n".encode())
    described: list[Any] = [project.report.model_dump(mode="json"), project.profile]
    described.append(site_address(project))
    described += list(filter(None, [project.plugins.digest()]))
    described.append(project.rubric.model_dump(mode="json") if project.rubric else None)
    for spec in project.sections:
        described.append([spec.name, spec.title, spec.order, spec.part, spec.covers])
        described.append([spec.intro, spec.outro])
        for experiment in spec.experiments:
            described.append([experiment.id, experiment.title, experiment.caption])
            described.append([experiment.discussion, experiment.source, experiment.show])
            described.append([experiment.label, experiment.metrics])
            described.append(
                [[dict(v.axes), v.seeds, v.technique.model_dump()] for v in experiment.variants]
            )
    digest.update(json.dumps(described, default=str, sort_keys=True).encode())
    return digest.hexdigest()


def built_profile(root: Path) -> str | None:
    """The profile of the pages that are in docs/report/, if it is known."""
    record = read_record(root)
    return record.profile if record is not None else None


def _is_current(root: Path, digest: str) -> bool:
    record = read_record(root)
    if record is None or record.inputs != digest:
        return False
    folder = f"{root}{os.sep}docs{os.sep}{OWNED}"
    digest_of_file = memory_of(root).of_file_or_absent
    return all(
        digest_of_file(f"{folder}{os.sep}{name}") == written
        for name, written in record.files.items()
    )


def _sources(project: Project) -> Iterator[tuple[str, str]]:
    """The files that say what pages look like, each under a name that holds in every copy."""
    package = Path(fwd_report.__file__).parent
    for section in project.sections:
        yield f"section/{section.file.name}", str(section.file)
    folders = {"templates": templates_folder(project), **{name: package / name for name in CODE}}
    for name, folder in folders.items():
        yield from _files(name, str(folder))
    for name in MODULES:
        yield name, str(package / name)


def _files(name: str, folder: str) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name == "__pycache__":
                continue
            if entry.is_dir():
                yield from _files(f"{name}/{entry.name}", entry.path)
            else:
                yield f"{name}/{entry.name}", entry.path
