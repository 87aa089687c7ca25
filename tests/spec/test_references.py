"""References between experiments: what may be named, and what each mistake says."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.spec.conftest import Writeup

from fwd_report.errors import UserError
from fwd_report.spec.load import load_project

HEAD = """\
title: A
experiments:
  - {id: net, technique: train, caption: N, epochs: 5}
  - {id: nets, technique: train, caption: N, sweep: {epochs: [2, 3]}}
  - {id: one, technique: draw, caption: O}
"""


def with_experiment(fields: str) -> str:
    return f"{HEAD}  - {{id: new, caption: N, {fields}}}\n"


@pytest.mark.parametrize(
    "fields",
    [
        "technique: ask, model: net",
        "technique: ask, model: net@5",
        "technique: ask, model: parts.net@1",
        "technique: ask, sweep: {model: [net@1, net@5]}",
        "technique: ask, cases: [{model: net@1, label: early}]",
        "technique: enlarge, of: nets",
        "technique: enlarge, of: nets@2",
        "technique: chart, of: [net, nets, parts.one]",
    ],
)
def test_what_may_be_named(writeup: Writeup, fields: str) -> None:
    (section,) = writeup.write("parts.yaml", with_experiment(fields)).load().sections
    assert section.experiments[-1].id == "new"


@pytest.mark.parametrize(
    ("fields", "pointed_at", "message"),
    [
        ("technique: ask, model: nte", "nte", "no experiment 'nte'"),
        ("technique: ask, model: other.net", "other.net", "no section 'other'"),
        ("technique: ask, model: nets", "nets", "takes one run, and 'nets' has 2"),
        ("technique: ask, model: net@6", "net@6", "parts.net has no epoch 6: it trains for 5"),
        ("technique: ask, model: net@0", "net@0", "no epoch 0"),
        ("technique: ask, model: net@", "net@", "names no epoch"),
        ("technique: ask, model: net@last", "net@last", "names no epoch"),
        ("technique: ask, model: one", "one", "'one', which is no training"),
        ("technique: ask, sweep: {model: [net@1, net@9]}", "net@9", "no epoch 9"),
        ("technique: enlarge, of: one@1", "one@1", "is no training, so it has no epoch 1"),
        ("technique: enlarge, of: nets@3", "nets@3", "no epoch 3: it trains for 2"),
        ("technique: chart, of: [net, nets@1]", "nets@1", "takes whole experiments"),
        ("technique: chart, of: [net, gone]", "gone", "no experiment 'gone'"),
        ("technique: chart, of: []", "[]", "at least 1 value"),
        ("technique: chart, of: net", "net", "should be a list"),
        ("technique: ask, model: ''", "''", "no experiment ''"),
        ("technique: ask, model: [net]", "[net]", "should be text"),
    ],
)
def test_what_may_not(writeup: Writeup, fields: str, pointed_at: str, message: str) -> None:
    text = with_experiment(fields)
    (problem,) = writeup.write("parts.yaml", text).problems()
    column = text.splitlines()[5].rindex(f" {pointed_at}") + 2
    assert (problem.line, problem.column) == (6, column)
    assert message in problem.message


def test_an_experiment_of_that_name_elsewhere_is_suggested(writeup: Writeup) -> None:
    writeup.write("parts.yaml", HEAD)
    text = "title: B\nexperiments: [{id: a, technique: ask, caption: A, model: net}]\n"
    (problem,) = writeup.write("more.yaml", text).problems()
    assert problem.hint == "did you mean 'parts.net'?"


def test_a_cycle_through_two_sections_is_reported_once(writeup: Writeup) -> None:
    text = "title: A\nexperiments: [{{id: x, technique: enlarge, caption: A, of: {}.x}}]\n"
    writeup.write("a.yaml", text.format("b")).write("b.yaml", text.format("a"))
    (problem,) = writeup.problems()
    assert str(problem).startswith("experiments/a.yaml:2:")
    assert "a.x → b.x → a.x" in problem.message


def test_samples_and_fans_count_towards_one_run(writeup: Writeup) -> None:
    many = "  - {id: new, technique: enlarge, caption: N, of: one, samples: 2}\n"
    ask = "  - {id: ask, technique: ask, caption: N, model: nets}\n"
    problems = writeup.write("parts.yaml", HEAD + many + ask).problems()
    assert [problem.line for problem in problems] == [7]


def test_fans_cannot_multiply_without_end(writeup: Writeup) -> None:
    lines = "".join(
        f"  - {{id: e{n}, technique: enlarge, caption: E, of: {before}, samples: 100}}\n"
        for n, before in enumerate(["nets", "e0", "e1", "e2"])
    )
    (problem,) = writeup.write("parts.yaml", HEAD + lines).problems()
    assert "more than 100,000 runs" in problem.message
    assert problem.line == 8


def test_a_chain_too_long_to_follow(writeup: Writeup) -> None:
    """Longer than Python's calls may be deep."""
    links = ["  - {id: e0, technique: enlarge, caption: E, of: one}\n"]
    links += [
        f"  - {{id: e{n}, technique: enlarge, caption: E, of: e{n - 1}}}\n" for n in range(1, 1200)
    ]
    for chain in (links, links[::-1]):
        (problem,) = writeup.write("parts.yaml", HEAD + "".join(chain)).problems()
        assert "a chain of 100 experiments" in problem.message
    (section,) = writeup.write("parts.yaml", HEAD + "".join(links[:98])).load().sections
    assert len(section.experiments) == 101


TRAININGS = """\
title: B
experiments:
  - {id: time, technique: train, objective: ddpm, show: false}
  - {id: class, technique: train, objective: flow, conditioning: class, show: false}
  - {id: denoiser, technique: train, objective: denoiser, show: false}
  - {id: judge, technique: classify, show: false}
  - {id: digits, technique: sample, model: class, digit: 3, samples: 2, show: false}
  - {id: drawn, technique: sample, prompt: a dog, show: false}
"""


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("technique: denoise, model: denoiser@1", None),
        ("technique: denoise, model: judge", "trains no denoiser"),
        ("technique: denoise, model: time", "trains no denoiser"),
        ("technique: sample, model: denoiser", "technique denoise asks it"),
        ("technique: sample, model: time, steps: 200", "use 150 or 300"),
        ("technique: sample, model: time, steps: 70", None),
        ("technique: sample, model: time, steps: 1", "the first timestep would be 0 of 300"),
        ("technique: sample, model: time, timesteps: [149]", "the first timestep would be 149"),
        ("technique: sample, model: time, timesteps: [150]", None),
        ("technique: sample, model: judge", "trains no model to sample from"),
        ("technique: sample, model: class, digit: 9", None),
        ("technique: sample, model: time, digit: 9", "not told the class"),
        ("technique: sample, cases: [{model: class, digit: 1, label: one}, {model: time}]", None),
        ("technique: sample, cases: [{model: class}, {model: time, digit: 1}]", "not told the"),
        ("technique: sample, model: class, digit: 77", "digit should be at most 9"),
        ("technique: sample, model: time, steps: 300", None),
        ("technique: sample, model: time, steps: 301", "takes at most 300 steps, not 301"),
        ("technique: sample, model: class, guidance: 3", "guidance would need a class of"),
        ("technique: sample, model: time, dynamic_thresholding: 0.995", "images lie in [0, 1]"),
        ("technique: evaluate, of: digits, classifier: judge", None),
        ("technique: evaluate, of: digits, classifier: time", "which is no classifier"),
        ("technique: evaluate, of: drawn, classifier: judge", "samples no model trained"),
        ("technique: evaluate, of: time, classifier: judge", "samples no model trained"),
        ("technique: curves, of: [time, judge]", None),
        ("technique: curves, of: [time, digits]", "'digits', which is no training"),
        ("technique: compare, of: [digits, drawn]", None),
        ("technique: compare, of: [digits, time]", "makes no pictures"),
        ("technique: alignment, of: [drawn]", None),
        ("technique: alignment, of: [drawn, digits]", "answer no prompt"),
        ("technique: upsample, of: drawn", None),
        ("technique: upsample, of: digits", "makes no pictures of stage I"),
    ],
)
def test_what_each_technique_may_refer_to(tmp_path: Path, fields: str, message: str | None) -> None:
    writeup = Writeup(tmp_path)
    writeup.write("b.yaml", f"{TRAININGS}  - {{id: new, {fields}, show: false}}\n")
    if message is None:
        load_project(tmp_path)
        return
    with pytest.raises(UserError) as caught:
        load_project(tmp_path)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.line == 9
    assert problem.column is not None
