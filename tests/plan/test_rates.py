"""How long a build takes: what is known, what is guessed, and what is not known, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from fwd_report.plan.plan import make_plan
from fwd_report.plan.rates import Rates, first_rates, steps_by_cost
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store

SECTION = """\
title: S
experiments:
  - {id: photo, technique: sample, prompt: a dog, caption: C}
  - {id: net, technique: train, epochs: 2, hidden: 16, batch: 32, caption: C}
  - {id: digit, technique: sample, model: net, caption: C}
  - {id: judge, technique: classify, epochs: 1, caption: C}
"""


def test_what_is_not_measured_is_named(tmp_path: Path) -> None:
    rates = Rates(tmp_path)
    assert str(rates.estimate({"job s.a": 10, "job s.b": 10})) == "2 trainings not measured yet"
    rates.observe("model stage 1", 10, 20.0)
    calls = {"model stage 1": 20, "job s.a": 10, "job s.b": 10, "other stage 1": 3}
    assert str(rates.estimate(calls)) == (
        "about 40 s, and steps of other stage 1 and 2 trainings not measured yet"
    )
    assert str(rates.estimate({"model stage 1": 20, "job s.a": 0})) == "about 40 s"


def test_a_first_build_has_an_estimate_that_is_corrected_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "report.yaml").write_text("title: R\n")
    (tmp_path / "experiments" / "s.yaml").write_text(SECTION)
    runs = make_plan(load_project(tmp_path), Store(tmp_path)).runs
    calls = steps_by_cost(runs)
    first = first_rates(runs)
    assert set(first) == {cost for cost, count in calls.items() if count}
    rates = Rates(tmp_path, first)
    guess = rates.estimate(calls)
    assert guess.guessed
    assert not guess.unknown
    assert str(guess).endswith("(a first guess)")

    rates.observe("emoji-if stage 1", 10, 10 * 3 * first["emoji-if stage 1"])
    assert rates.estimate(calls).seconds == pytest.approx(3 * guess.seconds)
    for cost in first:
        rates.observe(cost, 1000, 1.0)
    rates.save()
    again = Rates(tmp_path, first).estimate(calls)
    assert not again.guessed
    assert again.seconds < guess.seconds


def test_it_is_a_guess_no_more_once_most_of_its_steps_have_been_measured(tmp_path: Path) -> None:
    rates = Rates(tmp_path, {"emoji-if stage 1": 0.02, "emoji-if stage 2": 0.1})
    steps = {"emoji-if stage 1": 1000, "emoji-if stage 2": 10}
    assert str(rates.estimate(steps)) == "about 21 s (a first guess)"
    rates.observe("emoji-if stage 1", 10, 0.2)
    assert str(rates.estimate(steps)) == "about 21 s"
    assert rates.estimate({"emoji-if stage 2": 10}).guessed


def test_a_network_of_twice_the_width_takes_four_times_as_long(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "report.yaml").write_text("title: R\n")
    wide = "  - {id: wide, technique: train, epochs: 2, hidden: 32, batch: 32, caption: C}\n"
    (tmp_path / "experiments" / "s.yaml").write_text(SECTION + wide)
    first = first_rates(make_plan(load_project(tmp_path), Store(tmp_path)).runs)
    assert first["job s.wide"] == pytest.approx(4 * first["job s.net"])


def test_one_slow_batch_does_not_change_an_estimate_by_much(tmp_path: Path) -> None:
    rates = Rates(tmp_path)
    rates.observe("a", 10, 10.0)
    rates.observe("a", 10, 30.0)
    assert rates.estimate({"a": 100}).seconds == pytest.approx(100 * (0.9 * 1 + 0.1 * 3))
