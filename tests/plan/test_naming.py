"""How runs are named: by their experiment's label, and by axes that never hide each other."""

from __future__ import annotations

from pathlib import Path

from fwd_report.plan.plan import Plan, make_plan
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store

SECTION = """\
title: S
experiments:
  - {id: small, technique: sample, prompt: a dog, label: stage I, title: Long, show: false,
     sweep: {guidance: [1, 7]}, samples: 2}
  - {id: large, technique: upsample, of: small, title: Large, show: false,
     sweep: {guidance: [2, 4]}, samples: 2}
"""


def planned(root: Path) -> Plan:
    (root / "experiments").mkdir()
    (root / "experiments" / "report.yaml").write_text("title: R\n")
    (root / "experiments" / "s.yaml").write_text(SECTION)
    return make_plan(load_project(root), Store(root))


def test_a_label_names_an_experiment_then_its_title(tmp_path: Path) -> None:
    labels = {run.experiment: run.label for run in planned(tmp_path).runs}
    assert labels == {"small": "stage I", "large": "Large"}


def test_an_enlarged_picture_is_described_by_what_it_shows(tmp_path: Path) -> None:
    runs = planned(tmp_path).experiments["s", "large"]
    assert runs[0].alt == "sample: a dog, guidance 1, sample 1, enlarged, guidance 2, sample 1"
    assert len({run.alt for run in runs}) == 16


def test_an_axis_of_the_enlarged_run_is_not_hidden_by_ones_own(tmp_path: Path) -> None:
    runs = planned(tmp_path).experiments["s", "large"]
    assert len({tuple(run.axes.items()) for run in runs}) == len(runs) == 16
    assert runs[0].axes == {
        "guidance of small": 1, "sample of small": 1, "guidance": 2, "sample": 1,
    }  # fmt: skip
