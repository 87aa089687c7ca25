"""Rewrites the project's JSON Schemas unless they are current."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import partial
from pathlib import Path

from fwd_report.plugins.offers import NOTHING, Plugins
from fwd_report.spec.project import SCHEMA_NAMES, SCHEMAS
from fwd_report.store.memory import digest_of, memory_of


def refresh_schemas(root: Path, plugins: Plugins = NOTHING) -> None:
    """Write them unless they are current; a read-only project is left alone."""
    memory = memory_of(root)
    made_of = digest_of("schemas", memory.code, plugins.digest())
    current = memory.recall(made_of, partial(_digests, plugins))
    files = (root / SCHEMAS / f"{name}.json" for name in SCHEMA_NAMES)
    if [memory.of_file_or_absent(file) for file in files] != current:
        from fwd_report.spec.schema import write_schemas

        with suppress(OSError):  # for editors alone: a project that is read only has a plan too
            write_schemas(root, plugins.afresh(), sound_only=True)


def _digests(plugins: Plugins) -> list[str]:
    """The SHA-256 of each schema's file, in the order of their names."""
    from fwd_report.spec.schema import schema_texts

    return [
        hashlib.sha256(text.encode()).hexdigest()
        for text in schema_texts(plugins.afresh(), sound_only=True).values()
    ]
