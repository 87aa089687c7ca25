"""Rewrites the project's JSON Schemas unless they are current."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from fwd_report.plugins.offers import NOTHING, Plugins
from fwd_report.spec.project import SCHEMA_NAMES, SCHEMAS
from fwd_report.store.memory import digest_of, memory_of


def refresh_schemas(root: Path, plugins: Plugins = NOTHING) -> None:
    """Write them unless they are current; a read-only project is left alone."""

    @cache
    def texts() -> dict[str, str]:
        from fwd_report.spec.schema import schema_texts

        return schema_texts(plugins.afresh(), sound_only=True)

    memory = memory_of(root)
    made_of = digest_of("schemas", memory.code, plugins.digest())
    current = memory.recall(made_of, lambda: _digests(texts()))
    files = (root / SCHEMAS / f"{name}.json" for name in SCHEMA_NAMES)
    if [memory.of_file_or_absent(file) for file in files] != current:
        from fwd_report.spec.schema import write_texts

        with suppress(OSError):  # for editors alone: a project that is read only has a plan too
            write_texts(root, texts())


def _digests(texts: Mapping[str, str]) -> list[str]:
    """The SHA-256 of each schema's file, in the order of their names."""
    return [hashlib.sha256(text.encode()).hexdigest() for text in texts.values()]
