"""Paths that no system knows are mistakes at their line; no name moves a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.helpers.project import REPORT, Project

from fwd_report.build import Options, load_plan
from fwd_report.errors import UserError, inert, say

LONG = "x" * 300 + "/" + "y" * 6000
NAMES = {"too long": "x" * 300, "far too long": LONG, "NUL": "a\0b", "half a character": "a\ud800b"}
"""Names that some call of the system refuses, each in a way of its own."""
SECTION = """\
title: A
experiments:
  - id: a
    caption: A.
"""
INPAINT = "    technique: inpaint\n    prompt: a dog\n"


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize(
    ("file", "text", "field"),
    [
        ("report", "title: R\n", "data"),
        ("report", "title: R\n", "rubric"),
        ("report", "title: R\n", "model"),
        ("report", REPORT[: REPORT.index("upscaler")], "upscaler"),
        ("report", "title: R\n", "scorer"),
        ("a", SECTION + "    technique: forward\n", "image"),
        ("a", SECTION + INPAINT + "    mask: experiments/images/dot.png\n", "image"),
        ("a", SECTION + INPAINT + "    image: experiments/images/dot.png\n", "mask"),
    ],
)
def test_a_path_that_no_system_knows_is_wrong_input_at_its_line(
    project: Project, file: str, text: str, field: str, name: str
) -> None:
    project.write("a", SECTION + "    technique: sample\n    prompt: a dog\n")
    project.write("b", "title: B\nexperiments:\n" + "".join(
        f"  - {{id: {id}, caption: C, {rest}}}\n" for id, rest in {
            "up": "technique: upsample, of: a.a", "read": "technique: alignment, of: [a.a]",
        }.items()
    ))  # fmt: skip
    if field in ("rubric", "model", "data"):
        name += ".yaml"
    if field == "mask" or field == "image":
        name += ".png"
    indent = "" if file == "report" else "    "
    project.write(file, f"{text}{indent}{field}: {json.dumps(name)}\n")
    with pytest.raises(UserError) as caught:
        load_plan(project.root, Options())
    line = text.count("\n") + 1
    places = [(str(problem.file), problem.line) for problem in caught.value.problems]
    assert (f"experiments/{file}.yaml", line) in places, str(caught.value)
    assert len(str(caught.value)) < 20_000
    assert inert(str(caught.value)) == str(caught.value)


def test_a_path_that_is_too_long_exits_as_wrong_input_does(project: Project) -> None:
    project.write("report", f"{REPORT}data: {LONG}\n")
    done = project("plan")
    assert done.returncode == 2
    assert "experiments/report.yaml:5:7: " in done.stderr
    assert "File name too long" in done.stderr
    done = project("plan", "--project", LONG)
    assert done.returncode == 2
    assert "File name too long" in done.stderr


HOSTILE = "\x1b[31mred\x07\u202egnp.\u2066\x9b2J\r"


def test_nothing_that_a_terminal_obeys_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"one {HOSTILE}\ntwo\tthree é 😀")
    say(ValueError(HOSTILE), err=True)
    out, err = capsys.readouterr()
    for text in (out, err):
        assert all(c.isprintable() or c == "\n" for c in text)
    assert out.endswith("\ntwo three é 😀\n")


def test_names_of_a_project_move_no_terminal(project: Project) -> None:
    """Prompts and titles, which YAML lets be bidirectional, and files, which may be anything."""
    (project.root / "experiments" / "noise.yaml").unlink()
    (project.root / "docs").mkdir()
    (project.root / "docs" / "pa\x1b[31m\u202ege.md").write_text("[gone](no\u202ex.md)\n")
    hostile = '"zzyzx \\u202egnp.\\u2066"'
    project.write(
        "hybrids",
        f"title: {hostile}\npart: {hostile}\nexperiments:\n  - id: a\n    technique: sample\n"
        f"    prompt: {hostile}\n    title: {hostile}\n    caption: {hostile}\n",
    )
    said = ""
    for command in (("plan", "--why"), ("plan", "--json"), ("check",), ("check", "--json")):
        done = project(*command)
        said += done.stdout + done.stderr
        assert done.returncode == (1 if command[0] == "check" else 0), done.stderr
        if "--json" in command:
            json.loads(done.stdout)
    (project.root / "experiments" / "od\x1bd\u202e.yaml").write_text("title: A\n")
    refused = project("plan")
    assert refused.returncode == 2
    said += refused.stderr
    assert "dead link" in said
    assert [ascii(line) for line in said.splitlines() if not line.isprintable()] == []


def test_all_that_is_printed_goes_one_way() -> None:
    """What prints otherwise is for programs (a script, a path, formulas), or no project's text."""
    package = Path(__file__).parents[2] / "generator" / "fwd_report"
    printing = {
        f"{path.relative_to(package).as_posix()}: {line.strip()}"
        for path in package.rglob("*.py")
        if "starter" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(
            ("print(", "typer.echo(", "sys.stdout.write", "sys.stderr.write")
        )
    }
    assert {line.split(":")[0] for line in printing} <= {
        "errors.py", "stopping.py", "cli/storage.py", "cli/reproducing.py", "site/temml/convert.py",
    }  # fmt: skip
