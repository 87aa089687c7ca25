"""A result does not change unnoticed: a tiny run of every technique, within float rounding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests import golden

from fwd_report.build import Options, load_plan
from fwd_report.techniques.registry import all_techniques

UNDER_THE_SAME_KEY = (
    "results changed under the same keys: put FORMAT up in plan/keys.py, or have the code that "
    "changed them counted; then python -m tests.golden"
)
UNDER_OTHER_KEYS = (
    "results changed, and their keys with them: if that was meant, python -m tests.golden"
)


@pytest.fixture(scope="module")
def found(every_technique: Path) -> dict[str, dict[str, Any]]:
    return golden.results(every_technique)


@pytest.mark.parametrize("technique", golden.techniques_that_run())
def test_a_tiny_run_of_every_technique(found: dict[str, dict[str, Any]], technique: str) -> None:
    path = golden.RESULTS / f"{technique}.json"
    assert path.is_file(), f"{technique} has no golden result: add a run of it to tests/golden"
    expected = json.loads(path.read_text(encoding="utf-8"))
    tolerance = golden.TOLERANCES[all_techniques()[technique].kind]
    differ = golden.differences(expected, found[technique], tolerance)
    same = all(
        run["made_by"] == found[technique].get(name, run)["made_by"]
        for name, run in expected.items()
    )
    message = UNDER_THE_SAME_KEY if same else UNDER_OTHER_KEYS
    assert not differ, "\n".join([message, *differ[:20]])


SOMETIMES = {
    "evaluate": {"kid", "kid_spread", "kid_subset", "accuracy"},
    "alignment": {"concealment", "right"},
}
"""Metrics that only some runs of a technique have."""


def test_every_technique_declares_the_numbers_it_makes(
    every_technique: Path, found: dict[str, dict[str, Any]]
) -> None:
    plan, _ = load_plan(every_technique, Options())
    for run in plan.runs:
        technique = run.technique
        assert "numbers" in vars(type(technique)), technique.name
        declared, made = technique.numbers(), found[technique.name].get(run.name)
        if declared is None or made is None:
            continue
        for kind in ("metrics", "series"):
            names, there = set(declared.get(kind, ())), set(made[kind])
            assert there <= names <= there | SOMETIMES.get(technique.name, set()), run.name
    assert {run.technique.name for run in plan.runs} == set(golden.techniques_that_run())


def test_no_golden_result_is_left_over() -> None:
    kept = sorted(path.stem for path in Path(golden.RESULTS).glob("*.json"))
    assert kept == golden.techniques_that_run()


@pytest.mark.parametrize(
    ("golden_value", "now", "differs"),
    [
        (0.5, 0.5001, False),
        (0.5, 0.502, True),
        ([0.5, 0.1], [0.5, 0.2], True),
        ([0.5], [0.5, 0.5], True),
        ({"a": 1.0}, {"a": 1.0, "b": 1.0}, True),
        ({"kind": "float32 [3]"}, {"kind": "float32 [4]"}, True),
        (float("nan"), float("nan"), False),
        (float("nan"), 1.0, True),
    ],
)
def test_what_counts_as_a_difference(golden_value: Any, now: Any, differs: bool) -> None:
    assert bool(golden.differences(golden_value, now, (1e-3, 1e-3))) is differs
