"""A prompt that is not read as it is written is said before anything runs."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.project import write_small_project

from fwd_report.plan.plan import make_plan
from fwd_report.plan.prompt_warnings import prompt_warnings
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store

LONG = " ".join(["a photo of a dog"] * 15) + " of the skull"
"""78 words: 76 are read, for the 77th token ends them."""

TRIAL = """\
title: Trial
experiments:
  - id: one
    technique: sample
    prompt: a photo of a rokcet ship
    caption: One.
  # The whole of the next experiment stands in one line.
  - {id: two, technique: sample, prompt: "a zzyzx", caption: Two.}
"""


def test_a_prompt_that_is_cut_names_what_is_lost(tmp_path: Path, tiny_if: Path) -> None:
    project = write_small_project(tmp_path, tiny_if)
    noise = project.root / "experiments" / "noise.yaml"
    short = noise.read_text()
    for words, lost in ((LONG, "the skull"), (f"{LONG} of a dog", "the skull of a dog")):
        noise.write_text(short.replace("a photo of a dog", words))
        for _ in range(2):  # the second time it is remembered
            said = project("plan").stderr
            assert f'77 tokens that are read; lost is its end, "{lost}"' in said, said
            assert said.count("tokens that are read") == 1
            assert "warning: experiments/noise.yaml:15:13: a prompt is longer" in said
    assert "77 tokens" in project("plan", "--only", "noise").stderr
    assert "77 tokens" not in project("plan", "--only", "hybrids").stderr
    noise.write_text(short.replace("a photo of a dog", LONG.removesuffix(" the skull")))
    assert "tokens" not in project("plan").stderr


def test_a_word_that_the_model_was_not_taught_is_said_at_its_line(tmp_path: Path) -> None:
    experiments = tmp_path / "experiments"
    experiments.mkdir()
    (experiments / "report.yaml").write_text("title: A report\n")
    (experiments / "trial.yaml").write_text(TRIAL)
    project = load_project(tmp_path)
    store = Store(tmp_path)
    runs = make_plan(project, store).runs
    said = [warning.splitlines() for warning in prompt_warnings(project, runs, store)]
    file, of = "experiments/trial.yaml", "emoji-if has never read"
    assert [(lines[0].partition(" (in")[0], lines[3:]) for lines in said] == [
        (f"{file}:5:13: {of} 'rokcet'", ["    did you mean 'rocket'?"]),
        (f"{file}:8:42: {of} 'zzyzx'", []),
    ]
