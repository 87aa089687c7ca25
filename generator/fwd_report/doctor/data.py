"""Check whether the datasets of the pending runs are on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fwd_report.capacity import in_words
from fwd_report.doctor.diagnosis import Diagnosis
from fwd_report.plan.asked_datasets import asked_datasets
from fwd_report.plan.run import Run
from fwd_report.spec.project import Project
from fwd_report.training.catalogue import FILES

SIZES = {"mnist": 11_594_722, "fashion-mnist": 30_878_645}
"""Total bytes of each dataset."""


def look_at_datasets(project: Project, due: Iterable[Run]) -> Iterator[Diagnosis]:
    """Yield a finding for each dataset that does not come with the package."""
    from fwd_report.training.datasets import local_file
    from fwd_report.training.download import kept_in

    asked = asked_datasets(due)
    for name in sorted(name for name in FILES if name in asked):
        missing = [
            file
            for file in FILES[name]
            if local_file(name, file, project.data) is None and not (kept_in(name) / file).is_file()
        ]
        data = {"dataset": name, "download": SIZES[name] if missing else 0}
        says = f"{in_words(SIZES[name])} to download" if missing else "on this machine"
        yield Diagnosis(f"dataset {name}", says, data=data)
