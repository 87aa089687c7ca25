"""A crew makes what one process makes; whatever happens to it, nothing is lost or doubled."""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.crew_in_process import CrewInProcess, run_by, work_of
from tests.helpers.writeup import RUNS, Writeup, write_project

from fwd_report.build import Options
from fwd_report.engine.failures import Failure
from fwd_report.executors import foreman
from fwd_report.executors.contract import Finished
from fwd_report.executors.messages import Checkpoint, Made, Message, Stored
from fwd_report.executors.pieces import TRIES
from fwd_report.executors.workers import Lost
from fwd_report.store.store import Store
from fwd_report.training import loop
from fwd_report.training.state import save_state

SAMPLED = """\
title: Sampled
experiments:
  - {id: net, technique: train, objective: flow, hidden: 2, batch: 16, epochs: EPOCHS,
     examples: 64, precision: fp32, caption: A net.}
  - {id: drawn, technique: sample, model: net, steps: 3, samples: 4, caption: Drawn.}
"""


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory, tiny_if: Path) -> Writeup:
    """The writeup, built in one process."""
    writeup = write_project(tmp_path_factory.mktemp("local") / "w", tiny_if)
    assert writeup.build().failures == ()
    return writeup


def finished(outcomes: Sequence[Finished | Failure]) -> list[str]:
    """The keys of the runs that are done; none failed."""
    assert [each for each in outcomes if isinstance(each, Failure)] == []
    return [each.run.key for each in outcomes]


@pytest.mark.slow
def test_two_workers_make_what_one_process_makes(writeup: Writeup, peace: Writeup) -> None:
    work = work_of(writeup.root)
    crew = CrewInProcess(work)
    keys = finished(run_by(crew, work))
    assert len(keys) == len(set(keys)) == RUNS
    assert {name for name, _ in crew.orders} == {"1", "2"}
    assert writeup.results() == peace.results()
    assert writeup.left() == []
    for key in keys:
        assert Store(writeup.root).read(key).provenance["git"] == {"commit": "c"}
    again = writeup.build()
    assert (again.ran, again.failures) == (0, ())


@pytest.mark.slow
def test_a_run_that_needs_another_is_given_its_result(writeup: Writeup, tmp_path: Path) -> None:
    (writeup.root / "experiments/all.yaml").write_text(SAMPLED.replace("EPOCHS", "1"))
    work = work_of(writeup.root)
    crew = CrewInProcess(work, workers=3)
    assert len(finished(run_by(crew, work))) == 5
    assert len({name for name, _ in crew.orders}) > 1
    made = writeup.results()
    (writeup.root / ".fwd-report/store").rename(tmp_path / "by a crew")
    writeup.build()
    assert writeup.results() == made


def test_what_a_lost_worker_had_is_done_by_others(
    writeup: Writeup, peace: Writeup, capsys: pytest.CaptureFixture[str]
) -> None:
    lost: list[str] = []

    def hearing(name: str, messages: Sequence[Message]) -> Sequence[Message] | Lost:
        if len(lost) < 3 and any(isinstance(message, (Stored, Made)) for message in messages):
            lost.append(name)
            return Lost("its process ended")
        return messages

    work = work_of(writeup.root)
    keys = finished(run_by(CrewInProcess(work, hearing=hearing), work))
    assert len(keys) == len(set(keys)) == RUNS
    assert len(set(lost)) == 3
    assert writeup.results() == peace.results()
    assert writeup.left() == []
    said = capsys.readouterr().err
    assert re.search(r"lost: worker 1, its process ended; others take its \d runs?", said)


def test_a_training_goes_on_from_its_last_checkpoint(
    writeup: Writeup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first worker stands at its first state until the driver has it, and is then lost."""
    monkeypatch.setattr(foreman, "CHECKPOINT_EVERY", 0.02)
    monkeypatch.setattr(loop, "SAVE_EVERY", float("inf"))  # only after epochs
    (writeup.root / "experiments/all.yaml").write_text(SAMPLED.replace("EPOCHS", "6"))
    work = work_of(writeup.root)
    saved, lost = dict[Path, list[int]](), list[str]()
    sent_on = threading.Event()

    def saving(folder: Path, *state: Any) -> None:
        save_state(folder, *state)
        saved.setdefault(folder, []).append(state[-1].step)
        assert sent_on.wait(60), "the driver hears of every state"

    def hearing(name: str, messages: Sequence[Message]) -> Sequence[Message] | Lost:
        if sent_on.is_set() and not lost:
            lost.append(name)
            return Lost("its process ended")
        if any(isinstance(message, Checkpoint) for message in messages):
            sent_on.set()
        return messages

    monkeypatch.setattr(loop, "save_state", saving)
    crew = CrewInProcess(work, workers=1, hearing=hearing)
    assert len(finished(run_by(crew, work))) == 5
    assert lost == ["1"]
    ((_, sent),) = [order for order in crew.orders if order[0] == "2" and order[1].checkpoints]
    assert any(name.startswith(".state-") for name in sent.checkpoints[0].files)
    assert list(saved.values()) == [[4, 8, 12, 16, 20, 24], [8, 12, 16, 20, 24]], "by worker"
    assert writeup.left() == []
    made_by_crew = writeup.results()
    (writeup.root / ".fwd-report/store").rename(tmp_path / "by a crew")
    writeup.build()
    assert writeup.results() == made_by_crew


@pytest.mark.slow
def test_a_run_that_takes_every_worker_with_it_fails_alone(writeup: Writeup) -> None:
    work = work_of(writeup.root, Options(keep_going=True))
    poison = next(run for run in work.runs if run.name == "all.photos[1]")
    crew: CrewInProcess

    def hearing(name: str, messages: Sequence[Message]) -> Sequence[Message] | Lost:
        order = next(order for worker, order in reversed(crew.orders) if worker == name)
        return Lost("its node ran out of memory") if poison.key in order.runs else messages

    crew = CrewInProcess(work, workers=1, hearing=hearing)
    outcomes = run_by(crew, work)
    failures = [each for each in outcomes if isinstance(each, Failure)]
    assert [failure.run.name for failure in failures] == [poison.name]
    assert failures[0].cause == (
        f"{TRIES} workers were lost while they ran it; the last: its node ran out of memory"
    )
    assert len(outcomes) == RUNS
    assert writeup.left() == []


@pytest.mark.parametrize("keep_going", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_run_fails_as_it_does_in_one_process(
    writeup: Writeup, keep_going: bool, tmp_path: Path, tiny_if: Path
) -> None:
    """The same words, once; and with --keep-going what does not depend on it is done."""
    broken = SAMPLED.replace("EPOCHS", "1").replace("technique: train,", "technique: wrecked,")
    failures = []
    for place in ("local", "crew"):
        one = write_project(tmp_path / place, tiny_if)
        (one.root / "techniques").mkdir()
        (one.root / "techniques" / "wrecked.py").write_text(WRECKED)
        (one.root / "experiments" / "all.yaml").write_text(broken)
        if place == "local":
            failures.append(one.build(keep_going=keep_going).failures)
            done = one.results().keys()
        else:
            work = work_of(one.root, Options(keep_going=keep_going))
            outcomes = run_by(CrewInProcess(work), work)
            failures.append(tuple(each for each in outcomes if isinstance(each, Failure)))
            assert one.results().keys() == done
            assert (one.root / ".fwd-report/logs/all.net[0].log").is_file()
    said = [[(each.run.name, each.cause, each.wrong_input) for each in some] for some in failures]
    assert said[0] == said[1]
    assert "the loss is a number" in said[0][0][1]


WRECKED = '''
from typing import ClassVar

from fwd_report.techniques.train import Train


class Wrecked(Train):
    """A training that cannot end well."""

    name: ClassVar[str] = "wrecked"

    def job(self, run):
        raise ArithmeticError("the loss is a number no more")
'''


@pytest.mark.slow
def test_what_another_build_runs_is_waited_for_and_not_run_twice(
    writeup: Writeup, peace: Writeup
) -> None:
    work = work_of(writeup.root)
    other = next(run for run in work.runs if run.name == "all.photos[2]")
    theirs = Store(writeup.root)
    lock = theirs.lock(other.key)
    assert lock.acquire()

    def finish() -> None:
        time.sleep(0.5)
        from fwd_report.executors.packing import packed, take_in

        take_in(theirs, packed(Store(peace.root), other.key))
        lock.release()

    thread = threading.Thread(target=finish)
    thread.start()
    outcomes = run_by(CrewInProcess(work), work)
    thread.join()
    by_other = [each.run for each in outcomes if isinstance(each, Finished) and each.by_other]
    assert by_other == [other]
    assert len(finished(outcomes)) == RUNS
    assert writeup.results() == peace.results()


def test_what_does_not_arrive_whole_is_not_stored(writeup: Writeup) -> None:
    hurt: list[str] = []

    def hearing(name: str, messages: Sequence[Message]) -> Sequence[Message] | Lost:
        heard = []
        for message in messages:
            if isinstance(message, Stored) and not hurt:
                entry = message.entry
                hurt.append(entry.key)
                files = {
                    digest: content[:-1] + bytes([content[-1] ^ 1])
                    for digest, content in entry.files.items()
                }
                message = Stored(dataclasses.replace(entry, files=files))
            heard.append(message)
        return heard

    work = work_of(writeup.root)
    outcomes = run_by(CrewInProcess(work, hearing=hearing), work)
    (failure,) = [each for each in outcomes if isinstance(each, Failure)]
    assert failure.repairable
    assert failure.run.key == hurt[0]
    assert len(writeup.results()) == RUNS - 1
    assert writeup.build().ran == 1


@pytest.mark.slow
def test_forced_runs_are_run_again(writeup: Writeup) -> None:
    work = work_of(writeup.root)
    finished(run_by(CrewInProcess(work), work))
    before = {key: Store(writeup.root).read(key).provenance for key in writeup.results()}
    again = work_of(writeup.root, Options(force=True))
    assert len(finished(run_by(CrewInProcess(again), again))) == RUNS
    after = {key: Store(writeup.root).read(key).provenance for key in writeup.results()}
    assert before.keys() == after.keys()
    assert all(before[key] != after[key] for key in before)


CARELESS = '''
from typing import ClassVar

import torch

from fwd_report.techniques.sample import Sample


class Careless(Sample):
    """Samples, and draws a number that no key knows."""

    name: ClassVar[str] = "careless"

    def program(self, run):
        torch.rand(1)
        return (yield from super().program(run))
'''


def test_what_a_worker_warns_of_is_said(
    writeup: Writeup, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that samples goes through a worker."""
    (writeup.root / "techniques").mkdir()
    (writeup.root / "techniques" / "careless.py").write_text(CARELESS)
    section = writeup.root / "experiments" / "all.yaml"
    text = SAMPLED[: SAMPLED.index("  - {id: net")]
    section.write_text(
        f"{text}  - {{id: photos, technique: careless, prompt: a photo of a dog, steps: 3,"
        " samples: 2, caption: Samples.}\n"
    )
    work = work_of(writeup.root)
    assert len(finished(run_by(CrewInProcess(work), work))) == 2
    said = capsys.readouterr().err
    assert "draws from the global generator of torch" in said
