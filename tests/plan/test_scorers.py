"""The scorer an experiment asks: found, part of the key, its name's errors at their place."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.tiny_if import tiny_tokenizer

from fwd_report.errors import UserError
from fwd_report.models.towers import Towers, TowersScorer
from fwd_report.plan.plan import make_plan
from fwd_report.plan.run import Run
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store

SECTION = """\
title: A
experiments:
  - {id: a, technique: sample, prompt: a dog, caption: A}
  - id: judged
    technique: alignment
    of: [a]
    caption: B
"""


def planned(root: Path, *, report: str = "", own: str = "") -> Run:
    """The run that judges."""
    (root / "experiments").mkdir(exist_ok=True)
    (root / "experiments" / "report.yaml").write_text(f"title: T\n{report}\n")
    (root / "experiments" / "a.yaml").write_text(SECTION + (f"    {own}\n" if own else ""))
    return make_plan(load_project(root), Store(root / "store")).runs[-1]


def save_scorer(folder: Path, width: int) -> None:
    TowersScorer(Towers(60, width, (8, 8, 8, 8)), tiny_tokenizer()).save(folder)


def test_the_reports_scorer_is_the_default_and_its_weights_are_in_the_key(tmp_path: Path) -> None:
    save_scorer(tmp_path / "judge", 8)
    by_report = planned(tmp_path, report="scorer: judge")
    own = planned(tmp_path, own="scorer: judge")
    assert own.key == by_report.key != planned(tmp_path).key
    save_scorer(tmp_path / "judge", 16)
    assert planned(tmp_path, own="scorer: judge").key != own.key


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ({"report": "scorer: nowhere"}, ("report.yaml", 2)),
        ({"own": "scorer: nowhere"}, ("a.yaml", 8)),
        ({"own": "sweep: {scorer: [nowhere, emoji-if]}"}, ("a.yaml", 4)),
    ],
)
def test_a_scorer_that_is_nowhere(
    tmp_path: Path, where: dict[str, str], place: tuple[str, int]
) -> None:
    with pytest.raises(UserError) as caught:
        planned(tmp_path, **where)
    (problem,) = caught.value.problems
    assert problem.file is not None
    assert (problem.file.name, problem.line) == place
    assert "no scorer 'nowhere'" in problem.message


def test_the_same_scorer_by_another_path_is_the_same_run(tmp_path: Path) -> None:
    save_scorer(tmp_path / "judge", 8)
    save_scorer(tmp_path / "other" / "judge", 8)
    for path in (tmp_path / "judge").iterdir():
        (tmp_path / "other" / "judge" / path.name).write_bytes(path.read_bytes())
    assert (
        planned(tmp_path, own="scorer: judge").key
        == planned(tmp_path, own="scorer: other/judge").key
    )


def test_a_folder_without_a_scorer(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no scorer"):
        planned(tmp_path, report="scorer: empty")
