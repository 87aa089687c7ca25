"""Prompts that the report's file of encodings lacks: a line each, and the advice once."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fwd_report.build import load_plan
from fwd_report.cli.prompt_listing import prompts
from fwd_report.errors import UserError
from fwd_report.models.embeddings import nearest
from fwd_report.plan.encodings import check_encodings
from fwd_report.running import Options

HELD = ["a photo of a man", "a lithograph of a skull", ""]
SECTION = """title: A
experiments:
  - {id: a, technique: sample, prompt: a photo of a cat, samples: 3, caption: A}
  - {id: b, technique: sample, prompt: a lithograph of a scull, caption: B}
  - {id: c, technique: sample, prompt: a photo of a cat, guidance: 3, caption: C}
  - {id: d, technique: sample, prompt: a photo of a man, caption: D}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "report.yaml").write_text("title: R\nembeddings: p.pth\n")
    (tmp_path / "experiments" / "a.yaml").write_text(SECTION)
    torch.save({prompt: torch.zeros(1, 77, 256) for prompt in HELD}, tmp_path / "p.pth")
    return tmp_path


def test_a_missing_prompt_takes_one_line_and_the_advice_comes_once(root: Path) -> None:
    plan, store = load_plan(root, Options())
    with pytest.raises(UserError) as caught:
        check_encodings(plan.project, plan.runs, store)
    cat, skull, advice = str(caught.value).splitlines()
    assert cat == (
        'experiments/a.yaml:3:40: "a photo of a cat" is a prompt that p.pth does not hold; '
        "also at experiments/a.yaml:5"
    )
    assert skull.endswith('does not hold; did you mean "a lithograph of a skull"?')
    assert advice.strip().startswith("change the prompts to ones that are there")
    for command in ("prompts --in p.pth", "init --bare", "prompts --encode FILE"):
        assert f"fwd-report {command}" in advice


@pytest.mark.parametrize(
    ("prompt", "meant"),
    [
        ("a photo of a cat", []),
        ("a lithograph of a scull", ["a lithograph of a skull"]),
        ("Photo of man ", ["a photo of a man"]),
        ("a", []),
        ("", []),
    ],
)
def test_only_what_may_be_a_slip_of_it_is_near(prompt: str, meant: list[str]) -> None:
    assert list(nearest(prompt, HELD)) == meant


def test_the_prompts_of_a_file_are_listed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompts(within=root / "p.pth", root=root)
    assert capsys.readouterr().out.splitlines() == [*HELD[:2], '""']


def test_listing_a_file_and_writing_one_exclude_each_other(root: Path) -> None:
    with pytest.raises(UserError, match="choose one"):
        prompts(within=root / "p.pth", encode=root / "q.pth", root=root)
    assert not (root / "q.pth").exists()
