"""A project's copy has what its runs need, wherever that lies, and nothing else."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from tests.helpers.crew_in_process import work_of
from tests.helpers.writeup import Writeup

from fwd_report.errors import UserError
from fwd_report.executors.contract import Work
from fwd_report.executors.project_copy import PROJECT, ProjectCopy, copy_of, lay_out
from fwd_report.executors.temporary import own_folder
from fwd_report.executors.worker import Worker
from fwd_report.models import digest
from fwd_report.store.files import write_checked
from fwd_report.store.store import Store


def copied(work: Work) -> ProjectCopy:
    return copy_of(work.plan, work.store, work.overrides, {})


def names(copy: ProjectCopy) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(copy.content)).namelist()


@pytest.mark.parametrize("place", ["../models", "../w/model", "../../{}/models"])
def test_models_by_a_path_that_leads_out_of_the_project_are_found(
    writeup: Writeup, worker: Worker, tmp_path: Path, tiny_if: Path, place: str
) -> None:
    """Those outside at their place; the worker comes to the same keys."""
    place = place.format(tmp_path.name)
    (tmp_path / "models").symlink_to(tiny_if)
    report = writeup.root / "experiments/report.yaml"
    report.write_text(report.read_text().replace(": model/", f": {place}/"))
    work = work_of(writeup.root)
    copy = copied(work)
    assert not [name for name in (*names(copy), *copy.large) if ".." in name]
    assert worker.lay_out(copy) == []
    assert worker.open({run.name: run.key for run in work.runs}).unknown == []


def test_a_file_may_be_dated_before_1980(writeup: Writeup) -> None:
    os.utime(writeup.root / "experiments/report.yaml", (86_400, 86_400))
    assert any(name.endswith("report.yaml") for name in names(copied(work_of(writeup.root))))


def test_a_model_that_a_node_does_not_have_is_said_with_what_to_do(
    writeup: Writeup, worker: Worker, tmp_path: Path, tiny_if: Path
) -> None:
    (tmp_path / "models").symlink_to(tiny_if)
    report = writeup.root / "experiments/report.yaml"
    report.write_text(report.read_text().replace(": model/", ": ../models/"))
    work = work_of(writeup.root)
    worker.lay_out(copied(work))
    (tmp_path / "models").unlink()
    with pytest.raises(UserError, match="a worker cannot load its copy of the project") as caught:
        worker.open({run.name: run.key for run in work.runs})
    assert "the same path on every node" in str(caught.value.problems[0].hint)


def test_a_worker_keeps_to_the_commits_that_the_report_has_seen(
    writeup: Writeup, tmp_path: Path
) -> None:
    work = work_of(writeup.root)
    write_checked(work.store.base / digest.RECORD, {"o/n": {"commit": "a" * 40}})
    lay_out(copied(work), tmp_path / "there")
    assert digest.seen_commit("o/n", Store(tmp_path / "there" / PROJECT)) == "a" * 40


def test_only_what_the_runs_read_travels_and_links_that_lead_back_end(writeup: Writeup) -> None:
    folder = writeup.root / "experiments"
    (folder / "unused.bin").write_bytes(b"0")
    (folder / "images" / "unused.png").write_bytes(b"0")
    code = writeup.root / "techniques"
    (code / "data").mkdir(parents=True)
    (code / "data" / "table.csv").write_text("1\n")
    (code / "data" / "back").symlink_to(code)
    found = names(copied(work_of(writeup.root)))
    assert not [name for name in found if "unused" in name or "back" in name]
    assert {f"{PROJECT}/experiments/{name}" for name in ("report.yaml", "all.yaml")} <= {*found}
    assert f"{PROJECT}/experiments/images/dot.png" in found
    assert f"{PROJECT}/techniques/data/table.csv" in found


def test_the_folder_of_a_process_on_another_machine_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's folder for temporary files may be shared; a process that is gone is not seen."""
    monkeypatch.setattr("fwd_report.executors.temporary.os.getpid", lambda: 4_000_001)
    gone = own_folder("worker-", tmp_path)
    here = gone.name.split("-")[2]
    other = tmp_path / gone.name.replace(here, "0" * 6)
    other.mkdir()
    assert own_folder("worker-", tmp_path).name != gone.name
    assert other.exists()
    assert not gone.exists()
