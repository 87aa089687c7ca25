"""What prose sees of runs without a result: placeholders, and errors for names that will not
exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from jinja2 import UndefinedError

from fwd_report.spec.project import ExperimentSpec
from fwd_report.spec.prose_check import KINDS, NONE_THERE, VIEWED, names_of
from fwd_report.spec.suggest import did_you_mean

NOT_RUN = "not run yet"


class UnknownInProseError(UndefinedError):
    """Prose uses a name that does not exist, whatever the results will be."""


def check_name(message: str, name: str, known: Collection[str]) -> None:
    """Raise UnknownNameError, with a suggestion, for a name that is not known."""
    if name not in known:
        raise UnknownInProseError(f"{message}; {did_you_mean(str(name), known) or NONE_THERE}")


class NotRun:
    """Stands for a value without a result yet: every operation on it gives "not run yet"."""

    def __getattr__(self, name: str) -> NotRun:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> NotRun:
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> NotRun:
        return self

    def _same(self, other: Any = None) -> NotRun:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _same
    __truediv__ = __rtruediv__ = __floordiv__ = __mod__ = __pow__ = __neg__ = _same
    __round__ = __abs__ = _same

    def __lt__(self, other: Any) -> bool:
        return False

    __le__ = __gt__ = __ge__ = __lt__

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return NOT_RUN

    def __format__(self, spec: str) -> str:
        return NOT_RUN


class NotRunValues(NotRun):
    """The values that a run will have by name, each NotRun. known: all names; None: not known."""

    def __init__(self, kind: str, known: Collection[str] | None) -> None:
        self._kind = kind
        self._known = known

    def __getattr__(self, name: str) -> NotRun:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key: Any) -> NotRun:
        if self._known is not None and isinstance(key, str) and not hasattr(dict, key):
            check_name(f"the run has no {self._kind} {key!r}", key, self._known)
        return NotRun()


class UnrunView(NotRun):
    """A run without a result, as prose sees it: names that it will not have are errors already."""

    def __init__(self, spec: ExperimentSpec) -> None:
        """spec: of the experiment; this may be any of its runs."""
        self._spec = spec

    def __getattr__(self, name: str) -> NotRun:
        if name.startswith("_"):
            raise AttributeError(name)
        check_name(f"a run has no {name!r}", name, VIEWED)
        if name not in KINDS:
            return NotRun()
        return NotRunValues(KINDS[name], names_of(self._spec, name))
