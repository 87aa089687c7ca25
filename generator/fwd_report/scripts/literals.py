"""How a script writes a string literal."""

from __future__ import annotations

import json


def python_literal(value: str) -> str:
    """A string as a Python literal in double quotes."""
    return json.dumps(value, ensure_ascii=False)
