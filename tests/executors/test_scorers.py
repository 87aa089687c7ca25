"""A scorer that report.yaml or an experiment names by a relative path, on a worker elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.helpers.crew_in_process import CrewInProcess, run_by, work_of
from tests.helpers.writeup import Writeup, write_project

from fwd_report.engine.failures import Failure
from fwd_report.models import names
from fwd_report.store.store import Store

SAMPLED = """\
title: Scored
experiments:
  - {id: photos, technique: sample, prompt: a photo of a dog, steps: 3, caption: Samples.}
"""
SCORED = """\
  - {id: read, technique: alignment, of: [photos], OWN caption: How it reads.}
"""


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory, tiny_if: Path) -> Writeup:
    """A writeup with what is to be scored; tests have copies."""
    writeup = write_project(tmp_path_factory.mktemp("sampled") / "w", tiny_if)
    (writeup.root / "experiments/all.yaml").write_text(SAMPLED)
    assert writeup.build().failures == ()
    return writeup


@pytest.mark.parametrize("by", ["the report", "the experiment"])
@pytest.mark.parametrize("place", ["models/ours", "../models/ours", "../w/models/ours"])
def test_a_scorer_by_a_relative_path(
    tmp_path: Path, sampled: Writeup, monkeypatch: pytest.MonkeyPatch, by: str, place: str
) -> None:
    """Inside of the project it travels; outside, it is at its path: the same result."""
    writeup = Writeup(shutil.copytree(sampled.root, tmp_path / "w", symlinks=True))
    shutil.copytree(
        Path(names.__file__).parent / names.EMBEDDED / "scorer", writeup.root / place / "scorer"
    )
    own = f"scorer: {place}," if by == "the experiment" else ""
    (writeup.root / "experiments/all.yaml").write_text(SAMPLED + SCORED.replace("OWN", own))
    if by == "the report":
        with (writeup.root / "experiments/report.yaml").open("a") as report:
            report.write(f"scorer: {place}\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    work = work_of(writeup.root)
    (read,) = work.runs
    outcomes = run_by(CrewInProcess(work, workers=1), work)
    assert [each for each in outcomes if isinstance(each, Failure)] == []
    by_crew = Store(writeup.root).read(read.key)
    shutil.rmtree(Store(writeup.root).folder(read.key))
    outcome = writeup.build()
    assert (outcome.ran, outcome.failures) == (1, ())
    alone = Store(writeup.root).read(read.key)
    assert alone.metrics == by_crew.metrics
    assert alone.provenance["model"] == by_crew.provenance["model"]
