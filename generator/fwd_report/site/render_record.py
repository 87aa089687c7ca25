"""What a render wrote into docs/report/: the mark that identifies its files to later renders.

It is in the folder itself and, as a copy, in .fwd-report/: if one of the two is lost or damaged,
the other still tells the tool's files from the user's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from fwd_report.site.page_folders import OWNED
from fwd_report.store.files import read_json, write_json

STAMP = "_stamp.json"
COPY = ".fwd-report/pages.json"
DRAWN = re.compile(r"figures/.+-[0-9a-f]{12}\.(?:png|gif|svg)")
"""How pages' picture files are named."""


@dataclass(frozen=True)
class Record:
    """One render.

    files: SHA-256 by name, "" if not known. inputs: the digest of what they were made from, None
    during a render. named: files of others that were already mentioned to the user.
    """

    inputs: str | None = None
    profile: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()


def read_record(root: Path) -> Record | None:
    """What the last render of this project's pages wrote; None if no folder is known to be ours.

    A record that is not in the folder proves files by their digests alone, never by name.
    """
    stamp, kept = record_files(root)
    if (found := _parsed(read_json(stamp))) is not None:
        return found
    copy = _parsed(read_json(kept))
    return copy if copy is not None or not stamp.is_file() else Record()


def record_files(root: Path) -> tuple[Path, Path]:
    """Where the record of a project's pages is."""
    return root / "docs" / OWNED / STAMP, root / COPY


def is_marked(root: Path) -> bool:
    """Whether docs/report/ has the mark of a render, damaged or not."""
    return record_files(root)[0].is_file()


def write_record(root: Path, record: Record) -> None:
    """Write the mark in docs/report/, and its copy."""
    content = {
        "inputs": record.inputs,
        "profile": record.profile,
        "files": dict(record.files),
        "named": sorted(record.named),
    }
    for file in reversed(record_files(root)):
        write_json(file, content)


def _parsed(content: Mapping[str, Any]) -> Record | None:
    """Raises nothing: a record is a file, and a file may hold anything."""
    files, named = content.get("files"), content.get("named", [])
    if not isinstance(files, dict) or not isinstance(named, list):
        return None
    inputs, profile = content.get("inputs"), content.get("profile")
    return Record(
        inputs if isinstance(inputs, str) else None,
        profile if isinstance(profile, str) else None,
        {
            name: digest if isinstance(digest, str) else ""
            for name, digest in files.items()
            if _stays_inside(name)
        },
        frozenset(name for name in named if isinstance(name, str)),
    )


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    plain = path.as_posix() == name and "\\" not in name and ":" not in name
    return plain and not path.is_absolute() and ".." not in path.parts and name != STAMP


def names(paths: Iterable[str], most: int = 10) -> str:
    """A list of files for a message, cut if it would be long."""
    listed = sorted(paths)
    more = [f"and {len(listed) - most:,} more"] if len(listed) > most else []
    return "\n".join(f"    {name}" for name in [*listed[:most], *more])
