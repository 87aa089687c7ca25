"""The starter's Part A and a training, by two nodes of which workers are killed: the same site."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.ray_cluster import Killer, cluster_of_two_nodes
from tests.helpers.sites import assert_same_site

from fwd_report.build import BuildOutcome, Options, build
from fwd_report.executors import foreman
from fwd_report.spec.load import load_project
from fwd_report.spec.project import Project

pytest.importorskip("ray", reason="Ray is not installed")

ROOT = Path(__file__).parents[2]
FEWER = ("sample", "upsample", "inpaint", "anagram", "hybrid")
"""Techniques of which four steps are taken."""
TRAINED = """\
title: A small training
order: 500
intro: Its last loss is {{ "%.4f" | format(runs.net.metrics.loss) }}.
experiments:
  - {id: net, technique: train, objective: flow, hidden: 4, batch: 16, epochs: 40,
     examples: 128, precision: fp32, caption: A net., discussion: It learns.}
  - {id: drawn, technique: sample, model: net, steps: 3, samples: 4, caption: Drawn.,
     discussion: It draws.}
"""


def part_a(project: Project) -> list[str]:
    return [section.name for section in project.sections if section.part == "Part A"]


def fewer_steps(project: Project) -> Iterator[str]:
    """Overrides by which every experiment of Part A runs, and takes a tenth of its time."""
    for section in project.sections:
        for experiment in section.experiments if section.part == "Part A" else ():
            at = f"{section.name}.{experiment.id}"
            if at == "setup.prompts":
                yield f"{at}.sweep.steps=[2, 3, 4, 5]"
            elif experiment.technique.name in FEWER:
                yield f"{at}.steps=4"
            elif experiment.technique.name == "sdedit":
                yield f"{at}.steps=10"
                if at != "text-conditional.words":
                    yield f"{at}.sweep.i_start=[1, 3, 5, 7, 8, 9]"


def built(root: Path, **by: Any) -> BuildOutcome:
    project = load_project(root)
    only = [*part_a(project), "trained"]
    return build(root, Options(only=only, overrides=[*fewer_steps(project)], **by))


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """The starter with a section that trains."""
    root = tmp_path / "starter"
    shutil.copytree(ROOT / "experiments", root / "experiments")
    (root / "experiments/trained.yaml").write_text(TRAINED)
    return root


@pytest.mark.slow
def test_part_a_by_two_nodes_of_which_a_worker_is_killed_each(
    starter: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    one_thread: None,
) -> None:
    monkeypatch.setattr(foreman, "CHECKPOINT_EVERY", 0.2)
    local = tmp_path / "local"
    shutil.copytree(starter, local)
    with cluster_of_two_nodes() as cluster, Killer(starter) as killer:
        outcome = built(starter, executor="ray", address=cluster.address)
    said = capsys.readouterr().err
    assert set(killer.killed) == {"training", "sampling"}, said
    assert said.count("its process ended") == 2
    assert outcome.failures == ()
    assert outcome.ran == outcome.runs > 130
    built(local)
    assert_same_site(local, starter)
