"""How a script writes a string."""

from __future__ import annotations

import json


def quoted(value: str) -> str:
    """A string as Python writes it, in double quotes."""
    return json.dumps(value, ensure_ascii=False)
