"""Writes YAML as people do: lists of plain values in brackets, everything else on lines of its
own.
"""

from __future__ import annotations

from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    def represent_sequence(self, tag: Any, sequence: Any, flow_style: Any = None) -> Any:
        plain = not any(isinstance(item, list | dict) for item in sequence)
        return super().represent_sequence(tag, sequence, flow_style=plain)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def yaml_text(value: Any) -> str:
    """The value as YAML, without a newline at its end."""
    dumped = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False,
        width=96,
    )  # fmt: skip
    return dumped.rstrip("\n")
