"""The errors of the Python API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fwd_report.errors import CodeChangedError, Problem, RunError, UserError, counted
from fwd_report.plugins.importing import mistake_of_plugin
from fwd_report.plugins.problems import exits_as_errors

if TYPE_CHECKING:
    from fwd_report.api.outcome import Outcome


class UnknownNameError(UserError, KeyError):
    """There is no section, experiment, field or file of that name; the message suggests one."""

    __str__ = Exception.__str__  # a KeyError's would be in quotes


class NotRunError(RunError):
    """A run has no result, or no longer has one; the message says how to get one."""


class RunsFailedError(RunError):
    """Some runs failed; the results of the others are stored. outcome: what ran, and what failed
    and why.
    """

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        lines = [f"{failure.run}: {failure.cause}" for failure in outcome.failed]
        count = counted(len(lines), "run")
        super().__init__("\n".join([f"{count} failed; what did not fail is stored", *lines]))


class RestartNeededError(CodeChangedError):
    """The package's code was edited after it was imported, so that no result could be given a
    key.
    """

    def __init__(self, error: CodeChangedError) -> None:
        RunError.__init__(
            self, f"{error}\nrestart the kernel (or this Python), and run the cell again"
        )


@contextmanager
def mistakes_of_plugins() -> Iterator[None]:
    """Within the block, what a plug-in raises is a UserError at its line, as in the commands."""
    try:
        with exits_as_errors():
            yield
    except (UserError, RunError):
        raise
    except Exception as error:
        mistake = mistake_of_plugin(error)
        if mistake is None:
            raise
        raise UserError(mistake) from error


def unknown(message: str, hint: str | None) -> UnknownNameError:
    """The error for a name that does not exist."""
    return UnknownNameError(Problem(message, hint=hint))


def no_attribute(whole: object, name: str, held: Mapping[str, type]) -> AttributeError:
    """The error for an attribute that an object lacks, with where to find it among what it holds.

    held: the types of what it holds, by how that is written after the object, such as "[0]".
    """
    message = f"'{type(whole).__name__}' object has no attribute '{name}'"
    for written, kind in held.items():
        if not name.startswith("_") and hasattr(kind, name):
            message += f"; each {kind.__name__.lower()} has one: write `{written}.{name}`"
            break
    return AttributeError(message, name=name, obj=whole)
