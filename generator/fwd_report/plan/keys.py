"""A run's key: SHA-256 over the canonical JSON of everything that determines its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FORMAT = 1
"""The format of stored results. Increase it if the same answers of a model are stored as other
files because of a change outside the counted code: every result is then stale."""

_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys, no white space, UTF-8; equal values give equal bytes.

    Raises ValueError for NaN and infinities, which JSON does not have.
    """
    return _JSON.encode(value).encode()


def digest_of_json(value: Any) -> str:
    """SHA-256 of a value's canonical JSON: 64 hex digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def key_of(parts: Mapping[str, Any], code: str | None = None) -> str:
    """The key of a run with these `parts`: 64 hex digits.

    The part "code", which many runs share, is included by its digest; code: that digest, if known.
    """
    if "code" in parts:
        parts = {**parts, "code": code or digest_of_json(parts["code"])}
    return digest_of_json(parts)


def differences(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> list[str]:
    """What changed between two runs' parts, one line each, naming the exact place."""
    changes = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        place = f"{path}.{name}" if path else name
        if (name in old) == (name in new) and canonical_json(before) == canonical_json(after):
            continue
        if place == "code" and isinstance(before, Mapping) and isinstance(after, Mapping):
            changes += _code_differences(before, after)
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            changes += differences(before, after, place)
        elif isinstance(before, str) and len(before) == 64:
            changes.append(f"{place} changed")
        else:
            changes.append(f"{place}: {_brief(before)} → {_brief(after)}")
    return changes


def _code_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The same for the part "code": files with a digest for each counted definition."""
    changes = []
    for file in sorted({*old, *new}):
        before, after = old.get(file), new.get(file)
        if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
            if file not in old or file not in new or before != after:
                changes.append(f"code {file} {_state(file in old, file in new)}")
            continue
        changes += [
            f"code {file}: {name} {_state(name in before, name in after)}"
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        ]
    return changes


def _state(before: bool, after: bool) -> str:
    return "changed" if before and after else "is new" if after else "is gone"


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
