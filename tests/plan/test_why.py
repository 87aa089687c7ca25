"""`plan --why`: what became of a run's last result, and what is different since."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fwd_report.build import Options, build
from fwd_report.cli import app
from fwd_report.errors import StaleError
from fwd_report.plan import code as code_of_runs
from fwd_report.plan.plan import Plan, make_plan
from fwd_report.plan.run import Run
from fwd_report.spec.load import load_project
from fwd_report.store.store import DamagedEntryError, Store

REPORT = "title: T\nmodel: model/stage_1\nupscaler: model/stage_2\n"
SECTION = """\
title: A
experiments:
  - {id: dog, technique: sample, prompt: a dog, steps: 5, samples: 2, caption: c}
  - {id: large, technique: upsample, of: dog, caption: c}
"""


@dataclass(frozen=True)
class Report:
    """A project whose runs have made-up results."""

    root: Path

    def section(self, text: str) -> None:
        (self.root / "experiments" / "a.yaml").write_text(text)

    def plan(self) -> Plan:
        return make_plan(load_project(self.root), Store(self.root))

    def store(self) -> None:
        store = Store(self.root)
        for run in self.plan().runs:
            self.store_one(store, run)

    def store_one(self, store: Store, run: Run, **changed: Any) -> None:
        key = changed.pop("key", run.key)
        with store.writing(key) as folder:
            (folder / "image.png").write_bytes(b"made up")
            parts = {**run.parts, **changed}
            store.seal(folder, key, parts=parts, metrics={}, series={}, provenance={})
        store.remember(run.name, key)

    def why(self) -> str:
        answer = CliRunner().invoke(app, ["plan", "--why", "--project", str(self.root)])
        assert answer.exit_code == 0, answer.output
        return answer.stdout


@pytest.fixture
def report(tmp_path: Path, tiny_if: Path) -> Report:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "model").symlink_to(tiny_if)
    (tmp_path / "experiments" / "report.yaml").write_text(REPORT)
    made = Report(tmp_path)
    made.section(SECTION)
    return made


def test_new(report: Report) -> None:
    assert report.why().count("new: it has not run yet") == 2, "once an experiment"
    report.store()
    assert "4 runs, all fresh" in report.why()


def test_deleted(report: Report) -> None:
    report.store()
    store = Store(report.root)
    shutil.rmtree(store.folder(report.plan().runs[1].key))
    assert "its result was deleted (runs 1)" in report.why()


def test_damaged(report: Report) -> None:
    report.store()
    store = Store(report.root)
    key = report.plan().runs[0].key
    (store.folder(key) / "image.png").write_bytes(b"other bytes")
    with pytest.raises(DamagedEntryError):
        store.read(key)
    assert "its result was damaged and set aside (runs 0)" in report.why()


def test_a_parameter_with_its_values_and_what_follows(report: Report) -> None:
    report.store()
    report.section(SECTION.replace("steps: 5", "steps: 10"))
    why = report.why()
    assert "params.steps: 5 → 10" in why
    assert "follows from a.dog[0] (runs 0)" in why
    assert "follows from a.dog[1] (runs 1)" in why
    assert "needs" not in why


def test_a_method_by_its_name(report: Report) -> None:
    store = Store(report.root)
    run = report.plan().runs[0]
    parts = {file: dict(found) for file, found in run.parts["code"].items()}
    parts["diffusion/ddpm.py"]["DDPM.step"] = "0" * 16
    report.store_one(store, run, key="0" * 64, code=parts)
    assert "code diffusion/ddpm.py: DDPM.step changed (runs 0)" in report.why()


def test_another_format(report: Report) -> None:
    store = Store(report.root)
    run = report.plan().runs[0]
    report.store_one(store, run, key="0" * 64, format=0, seed=5)
    why = report.why()
    assert "results have another format: 0 → 1" in why
    assert "seed" not in why


def test_counts_are_of_different_runs_everywhere(report: Report) -> None:
    twice = "  - {id: again, technique: sample, prompt: a dog, steps: 5, caption: c}\n"
    report.section(SECTION + twice)
    assert len(report.plan().runs) == 5
    assert "4 of 4 runs to run" in report.why()
    with pytest.raises(StaleError, match=r"4 runs are not in the store(.*\n?)*plan --why says why"):
        build(report.root, Options(cached_only=True))
    with pytest.raises(StaleError, match="plan --why --profile embedded says why"):
        build(report.root, Options(cached_only=True, profile="embedded"))
    report.store()
    assert "4 runs, all fresh" in report.why()


def test_the_format_and_the_code_are_in_the_key(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = report.plan().runs[0]
    assert before.parts["format"] == 1
    monkeypatch.setattr("fwd_report.plan.common.FORMAT", 2)
    assert report.plan().runs[0].key != before.key
    monkeypatch.undo()
    monkeypatch.setattr(code_of_runs, "SHOWS", frozenset({"_one_source"}))
    assert report.plan().runs[0].key != before.key


def test_what_a_run_reads_of_the_runs_it_needs_is_in_its_key(report: Report) -> None:
    """By value: how a picture reads, and not the words for it."""
    large = report.plan().runs[-1]
    assert large.parts["readings"] == {"of": [[("image", "a dog")]]}


def test_what_changed_under_best_of_is_said_once_and_not_for_each_candidate(
    report: Report,
) -> None:
    dog = "{id: dog, technique: sample, prompt: PROMPT, best_of: 20, caption: c}"
    best = f"title: A\nexperiments:\n  - {dog}\n"
    report.section(best.replace("PROMPT", "a dog"))
    chosen = report.plan().experiments["a", "dog"][0]
    assert chosen.parts["readings"] == {"best_of": [[("image", "a dog")]]}
    assert len(chosen.parts["needs"]["best_of"]) == 20
    report.store()
    report.section(best.replace("PROMPT", "a cat"))
    assert 'readings.best_of: [[["image", "a dog"]]] → [[["image", "a cat"]]]' in report.why()


def test_a_run_that_refers_to_none_or_to_more_than_before(report: Report) -> None:
    store = Store(report.root)
    *_, large = report.plan().runs
    report.store_one(store, large, key="0" * 64, needs={"of": [], "model": ["1" * 64]})
    why = report.why()
    assert "of: 0 results → 1" in why
    assert "model: refers to no result any more" in why


def test_a_section_alone_brings_the_runs_it_refers_to(report: Report) -> None:
    other = "{id: twice, technique: upsample, of: a.dog, guidance: 2, caption: c}"
    section = f"title: B\nexperiments:\n  - {other}\n"
    (report.root / "experiments" / "b.yaml").write_text(section)
    selected = [run.name for run in report.plan().selected(["b"])]
    assert selected == ["a.dog[0]", "a.dog[1]", "b.twice[0]", "b.twice[1]"]


def test_many_runs_with_one_reason_are_named_in_short(report: Report) -> None:
    report.section(SECTION.replace("samples: 2", "samples: 20"))
    report.store()
    report.section(SECTION.replace("samples: 2", "samples: 30"))
    assert "(runs 20, 21, 22, 23, 24, 25, …)" in report.why()
