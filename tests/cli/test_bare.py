"""`init --bare`: every section of a rubric, to be filled; `check` says what is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from tests.helpers.planned import planned_report
from typer.testing import CliRunner

from fwd_report.bare import start_bare
from fwd_report.cli import app
from fwd_report.errors import UserError
from fwd_report.site.check import Finding, check
from fwd_report.spec.load import load_project
from fwd_report.spec.rubric import shipped
from fwd_report.techniques.base import InputFile, marked_fields

OWN = """\
title: Mine
items:
  - id: "1"
    title: Noise & Co.
    text: noise
    question: What is noise?
    show: [{technique: [forward]}]
    start:
      - {id: noised, technique: forward, image: pictures/dog.png, t: 5, t@gpu: 500}
  - {id: "2", title: Thoughts, text: what you think}
"""


def found(root: Path) -> list[Finding]:
    return check(planned_report(load_project(root), root / ".fwd-report"), root)


@pytest.mark.parametrize("rubric", shipped())
def test_a_bare_writeup_answers_its_rubric_when_its_questions_are_answered(
    tmp_path: Path, rubric: str
) -> None:
    root = tmp_path / "mine"
    names = start_bare(root, rubric)
    for profile in ("embedded", "gpu"):
        project = load_project(root, profile)
        assert {section.name for section in project.sections} == set(names)
    files = {
        getattr(variant.technique, field)
        for section in project.sections
        for experiment in section.experiments
        for field in marked_fields(experiment.technique, InputFile)
        for variant in experiment.variants
    }
    left = found(root)
    assert {finding.kind for finding in left} == {"placeholder", "empty", "unbuilt"}
    for name in names:
        text = (root / "experiments" / f"{name}.yaml").read_text(encoding="utf-8")
        asked = [finding for finding in left if finding.file == f"experiments/{name}.yaml"]
        questions = [finding for finding in asked if "TODO" in finding.message]
        assert len(questions) == text.count("TODO: ") >= 1
        assert all("TODO" in text.splitlines()[(q.line or 1) - 1] for q in questions)
    pictures = [finding for finding in left if "put a picture of yours" in finding.message]
    assert {finding.message.split()[0] for finding in pictures} == files

    for path in (root / "experiments").glob("*.yaml"):
        text = path.read_text(encoding="utf-8").replace('author: ""', "author: Ada")
        text = text.replace('"TODO: What does this report show?"', "What I did.")
        text = text.replace("'TODO: What does this figure show?'", "What was made.")
        lines = [
            "  The seed is 180." if "TODO" in line else line for line in text.splitlines()
        ]  # fmt: skip
        path.write_text("\n".join(lines), encoding="utf-8")
    for file in files:
        with Image.open(root / file) as picture:
            drawn_again = picture.copy()
        drawn_again.save(root / file)
    assert [str(finding) for finding in found(root)] == [
        "docs/report: error: nothing is built yet: run fwd-report build"
    ]


def test_a_rubric_of_one_s_own_comes_along(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(OWN)
    root = tmp_path / "report"
    assert start_bare(root, str(tmp_path / "mine.yaml")) == ("noise-co", "thoughts")
    project = load_project(root)
    assert project.report.rubric == "experiments/rubrics/mine.yaml"
    text = (root / "experiments" / "noise-co.yaml").read_text()
    assert "TODO: What is noise?" in text
    assert "t@gpu: 500" in text
    assert (root / "pictures" / "dog.png").is_file()
    assert {finding.kind for finding in found(root)} == {"placeholder", "empty", "unbuilt"}


def test_some_sections_of_a_rubric(tmp_path: Path) -> None:
    assert start_bare(tmp_path / "mine", only=["hybrids"]) == ("hybrids",)
    written = sorted(path.name for path in (tmp_path / "mine" / "experiments").glob("*"))
    assert written == ["hybrids.yaml", "report.yaml", "rubrics"]
    assert not (tmp_path / "mine" / "experiments" / "images").exists()
    with pytest.raises(UserError, match="did you mean 'hybrids'"):
        start_bare(tmp_path / "other", only=["hibrids"])
    assert not (tmp_path / "other").exists()


def test_the_command_says_which_it_made(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["init", str(tmp_path / "a"), "--bare", "--only", "hybrids"])
    assert answer.exit_code == 0, answer.output
    assert "1 section of cs180-fa25, with specs, pictures to replace and questions" in answer.output
    answer = CliRunner().invoke(app, ["init", str(tmp_path / "b"), "--only", "forward"])
    assert "This is the starter, somebody's finished text" in answer.output
    answer = CliRunner().invoke(app, ["init", str(tmp_path / "c"), "--rubric", "cs180-fa24"])
    assert isinstance(answer.exception, UserError)
    assert "--rubric is for --bare" in str(answer.exception)
    answer = CliRunner().invoke(app, ["init", str(tmp_path / "c"), "--bare", "--rubric", "cs180"])
    assert "there is no rubric 'cs180'" in str(answer.exception)
    assert not (tmp_path / "c").exists()


def test_what_is_still_the_starter_s_is_found(tmp_path: Path) -> None:
    root = tmp_path / "mine"
    answer = CliRunner().invoke(app, ["init", str(root), "--only", "hybrids", "--only", "sdedit"])
    assert answer.exit_code == 0
    starter = [finding for finding in found(root) if finding.kind == "starter"]
    (whole,) = starter
    assert whole.severity == "error"
    assert "sdedit, anagrams, hybrids: still word for word the starter's" in whole.message

    sdedit = root / "experiments" / "sdedit.yaml"
    lines = sdedit.read_text(encoding="utf-8").split("\n")
    start = lines.index("intro: |")
    end = lines.index("experiments:")
    sdedit.write_text("\n".join([*lines[:start], "intro: My words.", *lines[end:]]))
    whole, partly = [finding for finding in found(root) if finding.kind == "starter"]
    assert "sdedit" not in whole.message
    assert (partly.file, partly.severity) == ("experiments/sdedit.yaml", "warning")
    assert "the discussion of tower" in partly.message
    assert "intro" not in partly.message
