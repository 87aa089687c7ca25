"""What an entry records about itself: `manifest.json`, its fields and its format.

A reader ignores and keeps fields it does not know, and has a default for missing ones. An entry of
a newer format is left alone: its meaning is not known here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

from fwd_report.errors import UnavailableError
from fwd_report.store.files import number_of, strict_json

MANIFEST = "manifest.json"
VERSION = 1
"""The version of the format. It changes only when an older reader would misread an entry."""


class NewerEntryError(UnavailableError):
    """An entry was written by a later version of this program; it is left alone."""

    def __init__(self, path: Path, version: Any) -> None:
        super().__init__(
            f"{path} was written by a newer fwd-report: its format is {version}, "
            f"and this one reads up to {VERSION}; it is left as it is",
            hint="update fwd-report, or use another copy of the project for this version",
        )


@dataclass(frozen=True)
class Manifest:
    """What an entry records about itself.

    parts: the ingredients that its key is a hash of. files: sha256 and size by name. metrics,
    series: the run's numbers. provenance: seed, model, device, dtype, versions, git commit,
    seconds, network steps. version: of the format. extra: fields that this version does not know.
    digest: of all the rest.
    """

    key: str
    parts: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, list[float]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    version: int = VERSION
    extra: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""

    def to_json(self) -> dict[str, Any]:
        """The content of `manifest.json`, including unknown fields; `digest` is computed anew."""
        known = {name: getattr(self, name) for name in KNOWN if name not in ("extra", "digest")}
        content = json.loads(strict_json({**self.extra, **known}))
        return {**content, "digest": _digest_of(content)}


KNOWN = tuple(item.name for item in fields(Manifest))


def parse_manifest(text: bytes, key: str, path: Path) -> Manifest:
    """The manifest of the entry `key`, read from `path`.

    Raises ValueError for one that was altered or belongs to another key, and NewerEntryError for
    one of a newer format.
    """
    try:
        content = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is not the manifest that was stored") from error
    if not isinstance(content, dict):
        raise ValueError("it is not the manifest that was stored")
    version = content.get("version", VERSION)
    if isinstance(version, int) and version > VERSION:
        raise NewerEntryError(path, version)
    digest = content.pop("digest", None)
    if content.get("key") != key or digest != _digest_of(content):
        raise ValueError("it is not the manifest that was stored")
    known = {name: content.pop(name) for name in KNOWN if name in content and name != "extra"}
    mappings = ("parts", "files", "metrics", "series", "provenance")
    if not all(isinstance(known.get(name, {}), dict) for name in mappings):
        raise ValueError("its fields are not of the kind that was stored")
    metrics, series = known.get("metrics", {}), known.get("series", {})
    if not all(isinstance(line, list) for line in series.values()):
        raise ValueError("its fields are not of the kind that was stored")
    for name, recorded in known.get("files", {}).items():
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or not isinstance(recorded, dict):
            raise ValueError(f"it lists {name!r}, which is no file of an entry")
    known["metrics"] = {name: number_of(value) for name, value in metrics.items()}
    known["series"] = {name: [number_of(item) for item in line] for name, line in series.items()}
    manifest = Manifest(**known, extra=content, digest=str(digest))
    if not (manifest.files or manifest.metrics or manifest.series):
        raise ValueError("it lists no files and no numbers")
    return manifest


def _digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest's content, as JSON reads it back."""
    try:
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
