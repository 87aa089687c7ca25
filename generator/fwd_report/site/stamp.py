"""Whether the pages are already what a render would make: asked before anything is rendered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import fwd_report
from fwd_report.site.nav import hand_written
from fwd_report.site.results import ReportResult
from fwd_report.store.files import read_json, write_json

STAMP = "_stamp.json"
CODE = ("figures", "site", "techniques")
"""The subpackages whose code decides what a page looks like."""


def inputs_digest(report: ReportResult, templates: Path, docs: Path) -> str:
    """A digest of all that pages are made from; files count by size and modification time."""
    package = Path(fwd_report.__file__).parent
    files: list[Path] = [section.spec.file for section in report.sections]
    for folder in (templates, *(package / name for name in CODE)):
        files += (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    digest = hashlib.sha256()
    for path in sorted(files):
        stat = path.stat()
        digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    digest.update(repr(hand_written(docs)).encode())
    described: list[Any] = [report.project.report.model_dump(mode="json")]
    described.append([report.project.profile, report.model_note])
    for section in report.sections:
        spec = section.spec
        described.append([spec.name, spec.title, spec.order, spec.part, spec.covers])
        described.append([spec.intro, spec.outro])
        for result in section.experiments:
            shown = result.spec
            described.append([shown.id, shown.title, shown.caption, shown.discussion, shown.source])
            described.append([shown.show, result.failure])
            for entry in result.entries:
                described.append([entry.key, entry.provenance, entry.metrics, entry.alt])
    digest.update(json.dumps(described, default=str, sort_keys=True).encode())
    return digest.hexdigest()


def is_current(folder: Path, digest: str) -> bool:
    """Whether the folder holds exactly what a render with that digest wrote."""
    stamp = read_json(folder / STAMP)
    return stamp.get("inputs") == digest and stamp.get("files") == _sizes(
        folder, stamp.get("files", ())
    )


def write_stamp(folder: Path, digest: str, produced: Iterable[Path]) -> Path:
    """Remember what a render wrote; returns the stamp's path."""
    names = [path.relative_to(folder).as_posix() for path in produced]
    path = folder / STAMP
    write_json(path, {"inputs": digest, "files": _sizes(folder, names)})
    return path


def _sizes(folder: Path, names: Iterable[str]) -> dict[str, int]:
    sizes = {}
    for name in names:
        try:
            sizes[name] = (folder / name).stat().st_size
        except OSError:
            sizes[name] = -1
    return sizes
