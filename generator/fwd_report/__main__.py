"""The `fwd-report` command, and `python -m fwd_report`."""

from __future__ import annotations

import os
import sys

from fwd_report import stopping


def main() -> None:
    """Run the command; a signal ends it without a traceback, also while it is still loading."""
    open_standard_streams()
    stopping.watch()
    try:
        from fwd_report.unchanged import said_again

        if not said_again(sys.argv[1:]):
            from fwd_report.cli import main as run

            run()
    except BaseException:
        if stopping.stopped_by() is None:
            raise
        stopping.end()


def open_standard_streams() -> None:
    """Replace closed standard streams by empty ones.

    Otherwise the next files that the process opens get their numbers, and messages would be written
    into results.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    if hasattr(sys.stdout, "reconfigure"):
        # A terminal of another encoding shows what it can.
        sys.stdout.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
