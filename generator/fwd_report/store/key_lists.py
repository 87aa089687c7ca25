"""Lists of keys by the remote they are about, one file each: `.fwd-report/KIND/`, a key a line.

Without a list, or with one that cannot be read or written, a remote is as little known as before
the first command.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set
from contextlib import suppress
from pathlib import Path

from fwd_report.store.files import write_atomically
from fwd_report.store.folders import is_key
from fwd_report.store.store import Store

GIVEN = "given"
"""What a remote is known to have, from here or because it came from there."""
REFUSED = "refused"
"""What a remote was seen to hold something else of, until a push replaces that."""


def listed_keys(store: Store, kind: str, remote: str) -> set[str]:
    """The keys of that kind for the remote of that name."""
    try:
        lines = _place(store, kind, remote).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return set()
    return {line for line in lines if is_key(line)}


def relist(store: Store, kind: str, remote: str, more: Set[str], less: Set[str]) -> None:
    """Take some keys off the list, and put others on it."""
    before = listed_keys(store, kind, remote)
    after = (before - less) | more
    if after != before:
        with suppress(OSError):
            text = "".join(f"{key}\n" for key in sorted(after))
            write_atomically(_place(store, kind, remote), text, durable=False)


def _place(store: Store, kind: str, remote: str) -> Path:
    return store.base / kind / hashlib.sha256(remote.encode()).hexdigest()[:16]
