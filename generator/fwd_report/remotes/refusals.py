"""What a remote was seen to hold in place of results, kept until a push replaces it.

One file for each remote, `.fwd-report/refused/`, a key on each line. Without it, or with one that
cannot be read or written, a remote is as little known as before the first command.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set
from contextlib import suppress
from pathlib import Path

from fwd_report.store.files import write_atomically
from fwd_report.store.folders import is_key
from fwd_report.store.store import Store

REFUSED = "refused"


def refused_before(store: Store, remote: str) -> set[str]:
    """The keys under which the remote of that name held something else when it was last seen."""
    try:
        lines = _place(store, remote).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return set()
    return {line for line in lines if is_key(line)}


def note_refused(store: Store, remote: str, refused: Set[str], whole: Set[str]) -> None:
    """Add keys that were refused, and forget those that are whole now."""
    before = refused_before(store, remote)
    after = (before - whole) | refused
    if after != before:
        with suppress(OSError):
            text = "".join(f"{key}\n" for key in sorted(after))
            write_atomically(_place(store, remote), text, durable=False)


def _place(store: Store, remote: str) -> Path:
    return store.base / REFUSED / hashlib.sha256(remote.encode()).hexdigest()[:16]
