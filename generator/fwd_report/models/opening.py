"""Opens a model for the runs that query it: on this machine, and as it was planned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from fwd_report.errors import OutdatedError
from fwd_report.models import hub
from fwd_report.models.digest import digest_of_parts, digests_in
from fwd_report.models.model_folder import ModelFolder
from fwd_report.store.memory import Memory

OUTSIDE_KEYS = "what it opens is compared with the digest in the keys"


def open_model(
    model: Path | str,
    memory: Memory,
    parts: Sequence[str],
    planned: str | None = None,
    news: Callable[[str], None] = lambda message: None,
) -> ModelFolder:
    """The model's folder, downloaded if necessary, whose files are compared as they are read.

    planned: the digest by which it is part of the keys of runs. Raises OutdatedError if it differs
    now.
    """
    folder = model if isinstance(model, Path) else hub.fetch_model(model, parts, news)
    digests = digests_in(folder, memory, parts)
    if planned is not None and digest_of_parts(digests) != planned:
        raise OutdatedError(folder)
    return ModelFolder(folder, digests)
