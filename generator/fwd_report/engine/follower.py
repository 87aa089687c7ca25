"""Who is told how far runs are: a display, or another process."""

from __future__ import annotations

from typing import Protocol


class Follower(Protocol):
    """Is told what an engine does, as it does it; `Progress` shows it."""

    def advance(self, cost: str, steps: int, seconds: float) -> None:
        """`steps` of that cost class were made in `seconds`."""

    def skip(self, cost: str, steps: int) -> None:
        """`steps` of that class will not be made after all."""

    def working_on(self, what: str) -> None:
        """Name what is being run."""

    def held(self, peak: int | None) -> None:
        """So many bytes of memory were held at most until now; None: not known."""

    def run_done(self) -> None:
        """One more run is stored."""

    def note(self, message: str) -> None:
        """Say a line that stays."""

    def failed(self, message: str) -> None:
        """Say that a run failed, which the engine returns as well."""
