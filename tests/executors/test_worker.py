"""A worker comes to the driver's keys or says what differs, and encodes no prompt twice."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

import pytest
from tests.helpers.command import command
from tests.helpers.crew_in_process import CrewInProcess, work_of
from tests.helpers.writeup import Writeup

from fwd_report.executors.project_copy import LARGE, copy_of
from fwd_report.executors.worker import Worker
from fwd_report.models import weights
from fwd_report.plan.keys import differences


def test_other_keys_are_told_with_the_part_that_differs(writeup: Writeup, worker: Worker) -> None:
    work = work_of(writeup.root)
    wanted = {run.name: run.key for run in work.runs}
    assert worker.lay_out(copy_of(work.plan, work.store, (), {})) == []
    other = work.runs[0]
    ready = worker.open(wanted | {other.name: "0" * 64})
    assert ready.unknown == [other.name]
    (parts,) = worker.parts([other.name]).values()
    assert differences(other.parts, parts) == []
    assert differences({**other.parts, "seed": 1}, parts) == [f"seed: 1 → {other.seed}"]


def test_prompts_are_encoded_once_for_all_workers(writeup: Writeup, worker: Worker) -> None:
    work = work_of(writeup.root)
    copy = copy_of(work.plan, work.store, (), {})
    wanted = {run.name: run.key for run in work.runs}
    second = Worker(1)
    load = weights.load_text_encoder
    with mock.patch.object(weights, "load_text_encoder", side_effect=load) as loaded:
        for each in (worker, second):
            each.lay_out(copy)
            each.open(wanted)
        encoded = worker.encoded(None)
        assert set(encoded) == {"", "a photo of a dog"}
        assert second.encoded(encoded) == encoded
    assert loaded.call_count == 1
    second.close()


def test_the_next_build_by_workers_loads_no_text_encoder(writeup: Writeup) -> None:
    load = weights.load_text_encoder
    work = work_of(writeup.root)
    with mock.patch.object(weights, "load_text_encoder", side_effect=load) as loaded:
        for _ in range(2):
            crew = CrewInProcess(work, workers=1)
            assert crew.idle() == ["1"]
            crew.close()
    assert loaded.call_count == 1


def test_files_from_outside_of_the_project_travel_too(
    writeup: Writeup, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large files are linked where they lie, or sent where a node does not see them."""
    import torch

    from fwd_report.models.embeddings import save_embeddings

    prompts = {name: torch.ones(77, 16) for name in ("", "a photo of a dog")}
    save_embeddings(tmp_path / "elsewhere.pth", prompts)
    report = writeup.root / "experiments" / "report.yaml"
    report.write_text(f"{report.read_text()}embeddings: {tmp_path}/elsewhere.pth\n")
    monkeypatch.setattr("fwd_report.executors.project_copy.LARGE", 20_000)
    work = work_of(writeup.root)
    copy = copy_of(work.plan, work.store, (), {})
    assert copy.large, "the tiny model has files of that size"
    assert LARGE > 20_000
    name, file = next(iter(copy.large.items()))
    content = Path(file.path).read_bytes()
    hidden = {**copy.large, name: type(file)("/nowhere", file.size, file.sha256)}
    copy = type(copy)(**{**vars(copy), "large": hidden})
    (tmp_path / "elsewhere.pth").unlink()
    assert worker.lay_out(copy) == [name]
    worker.add(name, content)
    assert worker.open({run.name: run.key for run in work.runs}).unknown == []


def test_without_ray_a_build_says_how_to_get_it(writeup: Writeup) -> None:
    with mock.patch.dict(sys.modules, {"ray": None}):
        answer = command("build", "--executor", "ray", cwd=writeup.root)
    assert answer.returncode == 2
    assert 'pip install "fwd-report[ray]"' in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--executor", "slurm"), "there is no executor 'slurm'"),
        (("--address", "here:1"), "--address is for --executor ray"),
        (("--workers", "2"), "--workers is for --executor ray"),
    ],
)
def test_wrong_options_are_said(writeup: Writeup, arguments: tuple[str, str], said: str) -> None:
    answer = command("build", *arguments, cwd=writeup.root)
    assert answer.returncode == 2
    assert said in answer.stderr
