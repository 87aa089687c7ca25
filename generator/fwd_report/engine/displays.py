"""Where progress is shown: as a bar in a terminal or a notebook, as lines of text elsewhere."""

from __future__ import annotations

import html
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

from fwd_report.errors import inert, say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

LINE_EVERY = 10.0
"""Seconds between lines of text."""
DRAW_EVERY = 0.2
"""Seconds between updates of a notebook's bar: each is a message to the browser."""


class Display(Protocol):
    """Shows a line that describes the progress, and the share that is done."""

    def start(self, line: str, total: int) -> None:
        """Start showing progress; total: the value of `done` at the end."""

    def update(self, line: str, done: int, total: int) -> None:
        """Show the current progress."""

    def note(self, message: str) -> None:
        """Print a line that stays."""

    def stop(self) -> None:
        """Stop showing progress, and leave nothing half drawn."""


def choose_display() -> Display:
    """The display that suits this process's output."""
    if in_notebook():
        return NotebookBar()
    return TerminalBar() if sys.stderr.isatty() else Lines()


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def _in_one_line(text: str) -> str:
    """A line of progress as a terminal may show it, whatever a name in it holds."""
    return inert(text).replace("\n", " ")


class Lines:
    """A line of text every ten seconds, on standard error."""

    def start(self, line: str, total: int) -> None:
        self._said = time.monotonic()

    def update(self, line: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._said >= LINE_EVERY:
            self._said = now
            say(_in_one_line(line), err=True)

    def note(self, message: str) -> None:
        say(message, err=True)

    def stop(self) -> None:
        pass


class TerminalBar:
    """A bar that disappears when the work is done; notes stay above it."""

    _bar: Bar | None = None

    def start(self, line: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            BarColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.add_task(_in_one_line(line), total=max(1, total))
        self._bar.start()

    def update(self, line: str, done: int, total: int) -> None:
        if self._bar is not None:
            task = self._bar.task_ids[0]
            words = _in_one_line(line)
            self._bar.update(task, completed=done, total=max(1, total), description=words)

    def note(self, message: str) -> None:
        if self._bar is None:
            say(message, err=True)
        else:
            self._bar.console.print(inert(message), markup=False, highlight=False)

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()


class NotebookBar:
    """One output of the cell, redrawn in place; it needs no widgets and no script."""

    _handle: Any = None
    _drawn = 0.0
    _last: tuple[str, int, int] = ("", 0, 1)

    def start(self, line: str, total: int) -> None:
        from IPython.display import display

        self._last = (line, 0, total)
        self._handle = display(self._bundle(), raw=True, display_id=True)

    def update(self, line: str, done: int, total: int) -> None:
        self._last = (line, done, total)
        if time.monotonic() - self._drawn >= DRAW_EVERY:
            self._draw()

    def note(self, message: str) -> None:
        say(message, err=True)

    def stop(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        if self._handle is not None:
            self._handle.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, str]:
        line, done, total = self._last
        words = html.escape(inert(line))
        bar = f'<progress value="{done}" max="{max(1, total)}"></progress> {words}'
        return {"text/plain": inert(line), "text/html": bar}
