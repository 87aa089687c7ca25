"""How OpenMP's threads wait. This must be set before torch is loaded, which reads it then."""

from __future__ import annotations

import os


def spin_briefly() -> None:
    """Let waiting threads spin for microseconds and then sleep, unless the user has set it
    otherwise.

    This suits idle machines and busy ones: docs/guide/performance.md has the measurements.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "2000")
