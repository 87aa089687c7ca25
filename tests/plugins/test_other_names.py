"""What a field means is said by its type: a technique whose fields have other names is no less."""

from __future__ import annotations

from pathlib import Path

from tests.plugins.test_broken import project_of

from fwd_report.plan.plan import make_plan
from fwd_report.scripts.script import script_of
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store

OWN = """\
from fwd_report.techniques.base import Prompt, Result
from fwd_report.techniques.sampling import Guidance, Sampling, Steps
from fwd_report.techniques.scripted import Scripted


class Own(Sampling):
    name = "own"
    words: Prompt = "a dog"
    gamma: Guidance = 7.0
    count: Steps = 4

    @classmethod
    def scripted(cls):
        return Scripted()

    def network_steps(self, needs):
        return 2 * self.count

    def program(self, run):
        yield from ()
        return Result(run.noise.draw(run.asked.shape))
"""
SECTION = """\
title: A
experiments:
  - {id: own, technique: own, caption: c}
  - {id: unguided, technique: own, gamma: 1, caption: c}
  - {id: sample, technique: sample, prompt: a dog, steps: 4, caption: c}
"""


def test_guidance_and_scripts_go_by_the_types_of_fields(tmp_path: Path, tiny_if: Path) -> None:
    root = project_of(tmp_path, {"own.py": OWN})
    (root / "experiments" / "report.yaml").write_text(f"title: T\nmodel: {tiny_if}/stage_1\n")
    (root / "experiments" / "a.yaml").write_text(SECTION)
    project, store = load_project(root), Store(root)
    runs = {run.experiment: run for run in make_plan(project, store).runs}
    assert runs["own"].prompts == runs["sample"].prompts == ("a dog", "")
    assert runs["unguided"].prompts == ("a dog",)

    own, sample = (script_of(project, store, runs[name]) for name in ("own", "sample"))
    assert own.replace("a.own", "a.sample") == sample
    assert "7.0 *" in own
