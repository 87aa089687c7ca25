"""`best_of`: which runs it makes, what it chooses, and what cannot be chosen."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.helpers.command import command
from tests.plan.test_seeds import DOG, planned, seeds

from fwd_report import open_report
from fwd_report.build import Options, build, load_plan, load_report
from fwd_report.errors import UserError
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.names import EMBEDDED, resolve_scorer
from fwd_report.models.scorer import load_scorer
from fwd_report.models.stored import tensors_of
from fwd_report.plan.describe import as_json
from fwd_report.plan.run import Run, drawn
from fwd_report.scripts.script import script_of
from fwd_report.spec.load import load_project
from fwd_report.store.entry import Entry
from fwd_report.store.store import Store
from fwd_report.techniques.choosing import BEST_OF, CANDIDATE, ranked

SECTION = """\
title: Chosen
experiments:
  - {id: two, technique: anagram, prompt: a dog, flipped: a skull, steps: 2, guidance: 1,
     best_of: 3, samples: 2, caption: "Seed {{ runs.two[0].seed }}."}
  - {id: large, technique: upsample, of: two, steps: 2, guidance: 1, caption: Enlarged.}
"""


def candidates(run: Run) -> tuple[Run, ...]:
    return run.needs[BEST_OF]


def test_the_candidates_are_runs_with_the_keys_that_they_have_alone(tmp_path: Path) -> None:
    alone = [planned(tmp_path, f"{DOG}, seed: {seed}")[0].key for seed in (5, 6, 7)]
    (run,) = planned(tmp_path, f"{DOG}, seed: 5, best_of: 3")
    assert [each.key for each in candidates(run)] == alone
    assert [dict(each.axes) for each in candidates(run)] == [{"seed": s} for s in (5, 6, 7)]
    assert dict(run.axes) == {}
    assert run.network_steps == 0


def test_every_run_of_an_experiment_has_a_name_of_its_own(tmp_path: Path) -> None:
    text = f"{DOG}, best_of: 3, samples: 2, sweep: {{steps: [5, 6]}}"
    shown = planned(tmp_path, text)
    assert [run.index for run in shown] == [0, 1, 2, 3]
    every = {run.index for each in shown for run in (each, *candidates(each))}
    assert every == set(range(10))
    assert len({run.key for run in shown}) == 4


def test_each_case_begins_at_its_own_seed(tmp_path: Path) -> None:
    cases = "technique: sample, cases: [{prompt: a dog, seed: 9}, {prompt: a man}]"
    first, second = planned(tmp_path, f"{cases}, seed: 3, best_of: 2")
    assert seeds(candidates(first)) == [9, 10]
    assert seeds(candidates(second)) == [3, 4]


def test_what_refers_to_it_is_planned_before_anything_is_chosen(tmp_path: Path) -> None:
    """So it has the seed of a candidate by its place, and follows from all candidates."""

    def larger(many: int) -> tuple[Run, ...]:
        best = f"{DOG}, seed: 5, best_of: {many}, samples: 2"
        return planned(tmp_path, best, "technique: upsample, of: e0", report="upscaler: emoji-if\n")

    assert seeds(larger(3)) == [5, 6]
    assert {run.key for run in larger(3)}.isdisjoint(run.key for run in larger(4))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{DOG}, best_of: 2, samples: 3", "the best 3 of 2 are too many"),
        (f"{DOG}, best_of: 4, seeds: [1, 2]", "cannot stand together with chosen seeds"),
        (f"{DOG}, best_of: 4, sweep: {{seed: [1, 2]}}", "cannot stand together with chosen seeds"),
        (
            "technique: sample, best_of: 4, cases: [{prompt: a dog, seeds: [1]}]",
            "cannot stand together with chosen seeds",
        ),
        (f"{DOG}, best_of: 1", "at least 2"),
        (
            "technique: sample, model: net, best_of: 3",
            "the scorer cannot choose",
        ),
        (
            "technique: alignment, of: [e0], best_of: 3",
            "the scorer cannot choose: alignment draws nothing from a prompt",
        ),
    ],
)
def test_what_cannot_be_chosen_is_an_error_at_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        planned(tmp_path, DOG, "technique: train, objective: denoiser, epochs: 1", text)
    assert {problem.line for problem in caught.value.problems} == {5}


FIRST = 11
"""Of the seeds of the candidates: one of those with which the scorer's order is not theirs."""


@pytest.fixture(scope="module")
def chosen(
    tmp_path_factory: pytest.TempPathFactory, tiny_if: Path
) -> tuple[Path, tuple[Entry, ...]]:
    root = tmp_path_factory.mktemp("chosen")
    (root / "experiments").mkdir()
    report = f"title: R\nseed: {FIRST}\nmodel: {tiny_if}/stage_1\nupscaler: {tiny_if}/stage_2\n"
    (root / "experiments" / "report.yaml").write_text(f"{report}device: cpu\n")
    (root / "experiments" / "s.yaml").write_text(SECTION)
    build(root, Options())
    (section,) = load_report(root, Options()).sections
    return root, section.experiments[0].entries


def test_the_pictures_shown_are_the_best_by_both_scores(chosen: Any) -> None:
    """Against the formulas of Visual Anagrams, section 4.3, written out."""
    _, shown = chosen
    judge = load_scorer(ModelFolder(Path(resolve_scorer(EMBEDDED, Path()))), "cpu")
    alignments, concealments = [], []
    for entry in shown[0].needs[BEST_OF]:
        tensors = tensors_of(entry)
        pictures = torch.stack([tensors["image"], tensors["viewed"]]).clamp(-1, 1)
        cosines = judge.images(pictures) @ judge.texts(["a dog", "a skull"]).T
        alignments.append(min(float(cosines[0, 0]), float(cosines[1, 1])))
        e = (cosines / judge.temperature).exp()
        shares = e / e.sum(0), e / e.sum(1, keepdim=True)
        concealments.append(float(sum(p[0, 0] + p[1, 1] for p in shares)) / 4)
    places = [
        sum(sum(other > scores[i] for other in scores) for scores in (alignments, concealments))
        for i in range(3)
    ]
    order = sorted(range(3), key=lambda i: (places[i], -alignments[i]))
    for place, entry in enumerate(shown):
        best = entry.needs[BEST_OF][order[place]]
        assert entry.metrics[CANDIDATE] == order[place]
        assert entry.seed == best.seed == FIRST + order[place]
        for file in ("image.png", "viewed.png", "tensors.safetensors"):
            assert (entry.folder / file).read_bytes() == (best.folder / file).read_bytes()


def test_the_page_says_that_they_were_chosen_and_shows_the_others(chosen: Any) -> None:
    root, shown = chosen
    page = (root / "docs" / "report" / "s.md").read_text()
    assert f"Seed {shown[0].seed}." in page
    assert "Best of 3 by the scorer" in page
    assert "by the scorer among 3 candidates" in page
    assert "<code>fwd-report build --only s.two --force</code>" in page
    taken = {entry.seed for entry in shown}
    assert len(taken) == 2
    scores = shown[0].series["alignment"]
    for number, seed in enumerate(range(FIRST, FIRST + 3)):
        label = f"seed {seed}, chosen" if seed in taken else f"seed {seed}"
        assert f">{label}</span>" in page
        note = f'<span class="fwd-note">alignment {scores[number]:.2f}</span>'
        assert f">{label}</span>{note}" in page
    assert page.count('<details class="fwd-candidates"') == 1


def test_what_refers_to_it_gets_the_chosen_and_their_script_is_the_candidate_s(
    chosen: Any,
) -> None:
    root, shown = chosen
    (section,) = load_report(root, Options()).sections
    large = section.experiments[1].entries
    assert [entry.needs["of"][0].seed for entry in large] == [entry.seed for entry in shown]
    script = section.experiments[0].script
    assert script is not None
    assert f"size, seed = unet.config.sample_size, {shown[0].seed}\n" in script.text


def test_whoever_asks_is_told_the_seed_and_the_model_that_drew_the_picture(chosen: Any) -> None:
    root, shown = chosen
    seeds = [entry.seed for entry in shown]
    plan, store = load_plan(root, Options())
    planned_runs = plan.experiments["s", "two"]
    assert seeds != [run.seed for run in planned_runs], "else nothing is tested"
    experiment = open_report(root)["s.two"]
    listed = json.loads(as_json(planned_runs, store))
    for run, seed, said in zip(experiment, seeds, listed, strict=True):
        candidate = drawn(run._run, run.metrics)
        assert (run.seed, said["seed"], candidate.seed) == (seed, seed, seed)
        assert run.value_range == (-1.0, 1.0)
        assert run.provenance["seed"] == seed
        assert run.provenance["model"] == candidate.model is not None
        assert list(experiment.filter(seed=seed)) == [run]


def test_on_the_command_line_it_is_reproduced_and_has_the_script_of_what_was_chosen(
    chosen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, shown = chosen
    again = command("reproduce", "s.two", cwd=root)
    assert again.returncode == 0, again.stderr
    runs = [f"s.two[{index}]: exact" for index in range(5)]  # two chosen of three candidates
    assert [line in again.stdout for line in runs] == [True] * 5, again.stdout
    for place, entry in enumerate(shown):
        script = command("script", f"s.two[{place}]", cwd=root)
        assert script.returncode == 0, script.stderr
        assert f"size, seed = unet.config.sample_size, {entry.seed}\n" in script.stdout
        (root / "script.py").write_text(script.stdout)
        monkeypatch.chdir(root)
        runpy.run_path("script.py")
        (made,) = root.glob("s.two-*.png")
        apart = np.asarray(Image.open(made), int) - np.asarray(
            Image.open(entry.folder / "image.png")
        )
        assert abs(apart).max() <= 1
        made.unlink()


def test_until_it_has_chosen_it_has_the_first_seed_and_the_model_s_range(tmp_path: Path) -> None:
    runs = planned(tmp_path, f"{DOG}, seed: 5, best_of: 3, samples: 2")
    for run, said in zip(
        open_report(tmp_path)["s.e0"], json.loads(as_json(runs, Store(tmp_path))), strict=True
    ):
        assert (run.seed, said["seed"], run.value_range) == (5, 5, (-1.0, 1.0))


def test_more_candidates_run_only_what_is_new(chosen: Any) -> None:
    root, _ = chosen
    assert build(root, Options()).ran == 0
    overrides = ("s.two.best_of=4", "s.two.samples=1")
    assert build(root, Options(overrides=overrides, only=("s.two",))).ran == 2


def test_a_script_before_anything_was_chosen_says_what_to_do(tmp_path: Path) -> None:
    (run,) = planned(tmp_path, f"{DOG}, best_of: 3")
    with pytest.raises(UserError, match="has not chosen yet"):
        script_of(load_project(tmp_path), Store(tmp_path), run)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=9))
def test_no_candidate_before_another_is_worse_by_both_scores(
    scores: list[tuple[int, int]],
) -> None:
    order = ranked(*zip(*scores, strict=True))
    assert sorted(order) == list(range(len(scores)))
    for place, better in enumerate(order):
        for worse in order[place + 1 :]:
            a, b = scores[better], scores[worse]
            assert not (a[0] < b[0] and a[1] < b[1])
