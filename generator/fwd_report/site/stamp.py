"""Whether the pages are already what a render would make: asked before anything is rendered."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fwd_report
from fwd_report.site.folder import OWNED, templates_folder
from fwd_report.site.nav import hand_written
from fwd_report.site.results import ReportResult
from fwd_report.spec.model import Project
from fwd_report.store.files import read_json, write_json
from fwd_report.store.store import MANIFEST

STAMP = "_stamp.json"
CODE = ("figures", "site", "techniques")
"""The subpackages whose code decides what a page looks like."""


@dataclass(frozen=True)
class Shown:
    """The results one experiment shows: their folders, by which a result is known, and why any
    are missing.
    """

    experiment: str
    folders: tuple[Path, ...]
    failure: str | None


def shown_results(report: ReportResult) -> list[Shown]:
    """What a report shows, as the stamp knows it."""
    return [
        Shown(
            f"{section.spec.name}.{result.spec.id}",
            tuple(entry.folder for entry in result.entries),
            result.failure,
        )
        for section in report.sections
        for result in section.experiments
    ]


def pages_current(project: Project, shown: Iterable[Shown], root: Path) -> bool:
    """Whether docs/report/ is what a render of these results would write; reads none of them."""
    docs = root / "docs"
    digest = inputs_digest(project, shown, templates_folder(root), docs)
    return (docs / "index.md").is_file() and is_current(docs / OWNED, digest)


def inputs_digest(project: Project, shown: Iterable[Shown], templates: Path, docs: Path) -> str:
    """A digest of all that pages are made from; files count by size and modification time."""
    package = Path(fwd_report.__file__).parent
    files: list[Path] = [section.file for section in project.sections]
    for folder in (templates, *(package / name for name in CODE)):
        files += (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0{_stamp_of(path)}\n".encode())
    digest.update(repr(hand_written(docs)).encode())
    for result in shown:
        digest.update(f"{result.experiment}\0{result.failure}\n".encode())
        for folder in result.folders:
            digest.update(f"{folder.name}\0{_stamp_of(folder / MANIFEST)}\n".encode())
    described: list[Any] = [project.report.model_dump(mode="json"), project.profile]
    for spec in project.sections:
        described.append([spec.name, spec.title, spec.order, spec.part, spec.covers])
        described.append([spec.intro, spec.outro])
        for experiment in spec.experiments:
            described.append([experiment.id, experiment.title, experiment.caption])
            described.append([experiment.discussion, experiment.source, experiment.show])
            described.append([experiment.label, experiment.metrics])
            described.append(
                [[dict(v.axes), v.technique.model_dump()] for v in experiment.variants]
            )
    digest.update(json.dumps(described, default=str, sort_keys=True).encode())
    return digest.hexdigest()


def _stamp_of(path: Path) -> str:
    try:
        stat = os.stat(path)
    except OSError:
        return "absent"
    return f"{stat.st_size} {stat.st_mtime_ns}"


def is_current(folder: Path, digest: str) -> bool:
    """Whether the folder holds exactly what a render with that digest wrote."""
    stamp = read_json(folder / STAMP)
    return stamp.get("inputs") == digest and stamp.get("files") == _sizes(
        folder, stamp.get("files", ())
    )


def built_profile(root: Path) -> str | None:
    """The profile of the pages that are in docs/report/, if it is known."""
    profile = read_json(root / "docs" / OWNED / STAMP).get("profile")
    return profile if isinstance(profile, str) else None


def write_stamp(folder: Path, digest: str, profile: str, produced: Iterable[Path]) -> Path:
    """Remember what a render wrote, and under which profile; returns the stamp's path."""
    names = [path.relative_to(folder).as_posix() for path in produced]
    path = folder / STAMP
    write_json(path, {"inputs": digest, "profile": profile, "files": _sizes(folder, names)})
    return path


def _sizes(folder: Path, names: Iterable[str]) -> dict[str, int]:
    sizes = {}
    for name in names:
        try:
            sizes[name] = (folder / name).stat().st_size
        except OSError:
            sizes[name] = -1
    return sizes
