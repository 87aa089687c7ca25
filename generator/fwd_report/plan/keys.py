"""A run's key: SHA-256 over the canonical JSON of everything that makes its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys, no white space, UTF-8; equal values give equal bytes.

    Raises ValueError for NaN and infinities, which JSON does not know.
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def key_of(parts: Mapping[str, Any]) -> str:
    """The key of a run made of `parts`: 64 hex digits."""
    return hashlib.sha256(canonical_json(parts)).hexdigest()


def differences(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> list[str]:
    """What changed between two runs' parts, a line each, naming the exact place."""
    changes = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        place = f"{path}.{name}" if path else name
        if (name in old) == (name in new) and canonical_json(before) == canonical_json(after):
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            changes += differences(before, after, place)
        elif path == "code":
            state = "is new" if before is None else "is gone" if after is None else "changed"
            changes.append(f"code {name} {state}")
        elif isinstance(before, str) and len(before) == 64:
            changes.append(f"{place} changed")
        else:
            changes.append(f"{place}: {_brief(before)} → {_brief(after)}")
    return changes


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
