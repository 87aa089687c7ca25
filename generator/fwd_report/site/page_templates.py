"""Renders page templates; their mistakes are the user's, who may edit them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jinja2 import Environment, TemplateError

from fwd_report.errors import OutdatedError, Problem, RunError, StaleError, UserError


def rendered(environment: Environment, name: str, root: Path, **context: Any) -> str:
    """The template `name` rendered with `context`. Raises UserError with the file and line of a
    mistake.

    root: the project, to which messages name files relatively.
    """
    with _mistakes_placed(environment, name, root):
        return environment.get_template(name).render(**context)


def rendered_macro(
    environment: Environment, name: str, macro: str, root: Path, argument: Any
) -> str:
    """A macro of the template `name`, called; raises as `rendered` does."""
    call = f'{{% import "{name}" as file with context %}}{{{{ file.{macro}(argument) }}}}'
    with _mistakes_placed(environment, name, root):
        return environment.from_string(call).render(argument=argument)


@contextmanager
def _mistakes_placed(environment: Environment, name: str, root: Path) -> Iterator[None]:
    """Turn what a template raises into a UserError at its line."""
    try:
        yield
    except (UserError, OutdatedError, RunError, StaleError):
        raise
    except Exception as error:
        folder = Path(environment.loader.searchpath[0])  # type: ignore[union-attr]
        file, line = _place(error, folder, name)
        try:
            excerpt = file.read_text(encoding="utf-8").splitlines()[line - 1]
        except (OSError, ValueError, IndexError):
            excerpt = None
        shown = file.relative_to(root) if file.is_relative_to(root) else file
        what = (
            str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
        )
        message = f"the template cannot be rendered: {what}"
        raise UserError(Problem(message, shown, line, excerpt=excerpt)) from error


def _place(error: Exception, folder: Path, name: str) -> tuple[Path, int]:
    """The template and line of an error: the innermost one in its traceback."""
    filename, line = getattr(error, "filename", None), getattr(error, "lineno", None)
    if filename and line:
        return Path(filename), line
    found = (folder / name, 1)
    trace = error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(folder):
            found = (file, trace.tb_lineno)
        trace = trace.tb_next
    return found
