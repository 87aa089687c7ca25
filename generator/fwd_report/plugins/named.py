"""The type of a field that names a view, a dataset or another kind of plug-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError, core_schema

from fwd_report.plugins.kinds import HIDDEN, KINDS
from fwd_report.plugins.offers import in_use


@dataclass(frozen=True)
class Named:
    """Marks a text that names one thing of a kind; for any other name the error lists the known
    ones.

    open: other texts are allowed too, such as a scorer's folder.
    """

    kind: str
    open: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        if self.open:
            return core_schema.str_schema(min_length=1)
        return core_schema.no_info_plain_validator_function(self._known)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        names = in_use().names(self.kind)
        if self.open:
            return {"type": "string", "minLength": 1, "examples": list(names)}
        return {"type": "string", "enum": list(names)}

    def _known(self, value: Any) -> str:
        plugins = in_use()
        ours = KINDS[self.kind].built_in
        if (
            isinstance(value, str)
            and value not in HIDDEN
            and (value in ours or plugins.offer(self.kind, value))
        ):
            return value
        expected = _listed(plugins.names(self.kind))
        raise PydanticCustomError(
            "literal_error", "Input should be {expected}", {"expected": expected}
        )


def _listed(names: tuple[str, ...]) -> str:
    quoted = [f"'{name}'" for name in names]
    if not quoted:
        return "the name of a plug-in, of which there is none"
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted)


def named_in(fields: Any, markers: dict[str, Named]) -> Iterator[tuple[str, str, str]]:
    """(field, kind, name) of everything that the marked fields name."""
    for field, marker in markers.items():
        value = getattr(fields, field)
        for name in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(name, str):
                yield field, marker.kind, name
