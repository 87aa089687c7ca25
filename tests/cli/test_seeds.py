"""Chosen seeds from the spec to the page."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.project import Project

from fwd_report.build import Options, build

SECTION = """\
title: Dogs
intro: The second dog has seed {{ runs.dogs[1].seed }}.
experiments:
  - id: dogs
    technique: sample
    prompt: a photo of a dog
    steps: 3
    SEEDS
    caption: Dogs.
    discussion: Dogs.
"""


def write(project: Project, seeds: str) -> None:
    project.write("dogs", SECTION.replace("SEEDS", seeds))


def page(root: Path) -> str:
    return (root / "docs" / "report" / "dogs.md").read_text(encoding="utf-8")


def test_a_page_names_chosen_seeds_and_what_has_run_runs_no_more(project: Project) -> None:
    for name in ("hybrids", "noise"):
        (project.root / "experiments" / f"{name}.yaml").unlink()
    write(project, "seeds: [17, 3]")
    assert build(project.root, Options()).ran == 2
    shown = page(project.root)
    assert "The second dog has seed 3." in shown
    assert "seed 17" in shown
    assert "sample 1" not in shown

    for seeds in ("sweep: {seed: [17, 3]}", "seeds: [3, 17]"):
        write(project, seeds)
        assert build(project.root, Options()).ran == 0
        assert "seed 17" in page(project.root)
    write(project, "seed: 2\n    samples: 2\n    title: Dogs of two seeds in a row")
    assert build(project.root, Options()).ran == 1
    assert "sample 1" in page(project.root)
    assert "seed 17" not in page(project.root)
