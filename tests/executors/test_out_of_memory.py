"""A worker with too little memory: others do its work, alone or in smaller pieces; none is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.helpers.crew_in_process import CrewInProcess, run_by, work_of
from tests.helpers.ray_cluster import cluster_of_two_nodes
from tests.helpers.writeup import Writeup, write_project

from fwd_report.build import Options
from fwd_report.engine.failures import Failure
from fwd_report.executors.contract import Finished
from fwd_report.executors.messages import At, Note, Packed, Stored
from fwd_report.executors.relay import Relay

HUNGRY = '''
import os
from pathlib import Path
from typing import ClassVar

import torch

from fwd_report.techniques.sample import Sample


class Hungry(Sample):
    """Samples, where there is memory for it."""

    name: ClassVar[str] = "hungry"

    def program(self, run):
        eat(Path(os.environ["FWD_REPORT_MEALS"]))
        return (yield from super().program(run))


'''
COUNTED = '''
def eat(meals):
    """There is too little memory the first times."""
    had = int(meals.read_text())
    meals.write_text(str(had + 1))
    if had < TIMES:
        raise ERROR
'''
LIMITED = '''
def eat(meals):
    """The process that comes first may not have another half a gigabyte of memory."""
    import psutil
    import resource

    if meals.read_text() in ("0", str(os.getpid())):
        meals.write_text(str(os.getpid()))
        most = psutil.Process().memory_info().vms + 2**29
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
    torch.ones(2**28)
'''
SECTION = """\
title: Everything
experiments:
  - {id: photos, technique: sample, prompt: a photo of a dog, steps: 3, samples: 4,
     caption: Samples.}
  - {id: large, technique: hungry, prompt: a photo of a dog, steps: 3, samples: 2,
     caption: Large.}
"""
RUNS = 6


@pytest.fixture
def meals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the hungry programs count in."""
    file = tmp_path / "meals"
    file.write_text("0")
    monkeypatch.setenv("FWD_REPORT_MEALS", str(file))
    return file


def hungry(root: Path, model: Path, eat: str) -> Writeup:
    writeup = write_project(root, model)
    (writeup.root / "experiments/all.yaml").write_text(SECTION)
    (writeup.root / "techniques").mkdir()
    (writeup.root / "techniques/hungry.py").write_text(HUNGRY + eat)
    return writeup


@pytest.mark.parametrize("error", ["MemoryError", "torch.OutOfMemoryError('CUDA out of memory')"])
def test_what_a_worker_has_no_memory_for_runs_alone_and_then_elsewhere(
    meals: Path, tmp_path: Path, tiny_if: Path, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    eat = COUNTED.replace("TIMES", "2").replace("ERROR", error)
    writeup = hungry(tmp_path / "w", tiny_if, eat)
    work = work_of(writeup.root)
    crew = CrewInProcess(work)
    outcomes = run_by(crew, work)
    assert [each for each in outcomes if isinstance(each, Failure)] == []
    keys = [each.run.key for each in outcomes]
    assert len(keys) == len(set(keys)) == RUNS
    said = capsys.readouterr().err
    name, first = re.findall(r"(worker \d) has too little memory for (\S+):", said)[0]
    key = next(run.key for run in work.runs if run.name == first)
    tried = [(worker, order.runs) for worker, order in crew.orders if key in order.runs]
    assert f"{name} has too little memory for {first}: it runs again alone" in said
    assert all(runs == (key,) for _, runs in tried[1:])
    made = writeup.results()
    (writeup.root / ".fwd-report/store").rename(tmp_path / "by a crew")
    writeup.build()
    assert writeup.results() == made
    assert writeup.left() == []


@pytest.mark.parametrize("keep_going", [False, True])
def test_what_no_worker_has_memory_for_fails_after_all_else_is_done(
    meals: Path, tmp_path: Path, tiny_if: Path, keep_going: bool
) -> None:
    eat = COUNTED.replace("TIMES", "99").replace("ERROR", "MemoryError('a terabyte')")
    writeup = hungry(tmp_path / "w", tiny_if, eat)
    work = work_of(writeup.root, Options(keep_going=keep_going))
    crew = CrewInProcess(work)
    outcomes = run_by(crew, work)
    failure = next(each for each in outcomes if isinstance(each, Failure))
    assert failure.run.experiment == "large"
    assert failure.cause.startswith("no worker has enough memory for it: a terabyte")
    done = {each.run.experiment for each in outcomes if isinstance(each, Finished)}
    assert done == {"photos"}
    assert len(writeup.results()) == 4
    tried = [name for name, order in crew.orders if failure.run.key in order.runs]
    assert set(tried) == {"1", "2"}
    assert len(tried) <= 3, "once among others, and once alone by each"
    assert writeup.left() == []


@pytest.mark.slow
def test_a_process_that_may_not_have_more_memory(
    meals: Path,
    tmp_path: Path,
    tiny_if: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The system's own limit, for one of two workers of a real Ray."""
    pytest.importorskip("ray", reason="Ray is not installed")
    writeup = hungry(tmp_path / "w", tiny_if, LIMITED)
    with cluster_of_two_nodes() as cluster:
        outcome = writeup.build(executor="ray", address=cluster.address)
    said = capsys.readouterr().err
    assert outcome.failures == (), said
    assert outcome.ran == outcome.runs == RUNS
    assert "has too little memory for all.large" in said
    made = writeup.results()
    (writeup.root / ".fwd-report/store").rename(tmp_path / "by ray")
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)
    writeup.build()
    assert writeup.results().keys() == made.keys()
    assert writeup.left() == []


def test_what_was_told_before_an_error_is_heard() -> None:
    """A result that is done does not go down with what ends its worker."""
    relay = Relay(lambda key: Packed(key, b"", {}))
    relay.finished = {"a"}
    relay.run_done()
    relay.put(At("all.large[0]"))
    relay.note("nearly full")
    relay.close(MemoryError("no more"))
    stream = relay.read()
    assert [type(each) for each in next(stream)] == [Stored, Note, At]
    with pytest.raises(MemoryError, match="no more"):
        next(stream)
