"""A plan is the same with all of it remembered, with none of it, and with all of it damaged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from PIL import Image
from tests.helpers.another_process import as_another_process

from fwd_report.plan import reach
from fwd_report.plan.plan import make_plan
from fwd_report.sources import AT_START
from fwd_report.spec.fresh_schemas import refresh_schemas
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store

SECTION = """\
title: Noise
intro: Noise at {{ runs.dot[0].params.t }}.
experiments:
  - {id: dot, technique: forward, image: dot.png, sweep: {t: [250, 500]}, caption: A.}
  - {id: dog, technique: sample, prompt: a dog, samples: 2, caption: B.}
"""
FOUND = (
    "fwd_report.spec.templates.parsed_template",
    "fwd_report.spec.images._look",
    "fwd_report.spec.fresh_schemas._digests",
    "fwd_report.plan.reach.reached",
)
"""What finds values that are remembered while planning."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "report.yaml").write_text("title: R\n")
    (tmp_path / "experiments" / "noise.yaml").write_text(SECTION)
    Image.linear_gradient("L").save(tmp_path / "dot.png")
    return tmp_path


def planned(root: Path) -> tuple[list[Any], set[str]]:
    """The runs by name with their keys, as another process finds them, and what it worked out."""
    as_another_process()
    worked: set[str] = set()
    with pytest.MonkeyPatch.context() as patched:
        for name in FOUND:
            module, _, function = name.rpartition(".")
            original = getattr(__import__(module, fromlist=[function]), function)
            patched.setattr(name, _noted(original, name, worked))
        refresh_schemas(root)
        plan = make_plan(load_project(root), Store(root))
    return [(run.name, run.key, run.modules) for run in plan.runs], worked


def _noted(function: Callable[..., Any], name: str, worked: set[str]) -> Callable[..., Any]:
    def noted(*arguments: Any) -> Any:
        worked.add(name)
        return function(*arguments)

    return noted


def test_what_is_remembered_is_read_and_changes_nothing(root: Path) -> None:
    first, worked = planned(root)
    assert worked == set(FOUND)
    again, worked = planned(root)
    assert again == first
    assert worked == set(), "all of it was remembered"
    shutil.rmtree(root / ".fwd-report" / "memory")
    anew, worked = planned(root)
    assert anew == first
    assert worked == set(FOUND)


def test_what_code_found_that_is_edited_by_now_is_not_remembered(root: Path) -> None:
    """This process reads closures with what it imported, and not with what the file holds now."""
    with mock.patch.dict(AT_START, {reach.__file__: "before an edit"}):
        first, worked = planned(root)
        assert "fwd_report.plan.reach.reached" in worked
    again, worked = planned(root)
    assert again == first
    assert "fwd_report.plan.reach.reached" in worked
    assert planned(root) == (first, set())


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "a flipped bit": lambda data: data[:-2] + bytes([data[-2] ^ 4]) + data[-1:],
    "another's": lambda data: b"0" * 64 + b"\n{}\n",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_to_all_that_is_remembered_changes_nothing(root: Path, damage: str) -> None:
    first, _ = planned(root)
    hurt = [path for path in (root / ".fwd-report" / "memory").rglob("*") if path.is_file()]
    assert len(hurt) > len(FOUND)
    for path in hurt:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    again, worked = planned(root)
    assert again == first
    assert worked == set(FOUND), "none of it was believed"
    healed, worked = planned(root)
    assert (healed, worked) == (first, set())
