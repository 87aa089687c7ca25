"""Texts that YAML takes otherwise than they were meant: the message shows them well written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.spec.conftest import Writeup
from typer.testing import CliRunner

from fwd_report.build import Options, load_report
from fwd_report.cli import app
from fwd_report.site.check import check

HEAD = "title: A\nexperiments:\n  - id: a\n    show: false\n    technique: draw\n"
FLOW = "title: A\nexperiments:\n  - {id: a, show: false, technique: draw, "


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        (HEAD + "    prompt: a man: a hat\n", (6, 18), "prompt: 'a man: a hat'"),
        (HEAD + "    prompt: it's so: cold\n", (6, 20), 'prompt: "it\'s so: cold"'),
        (HEAD + "    prompt: 'it's cold'\n", (6, 17), 'prompt: "it\'s cold"'),
        (HEAD + '    prompt: "a "good" dog"\n', (6, 17), "prompt: 'a \"good\" dog'"),
        (HEAD + '    prompt: "one" and "two"\n', (6, 19), 'prompt: \'"one" and "two"\''),
        (HEAD + "    prompt: 'a' isn't \"b\"\n", (6, 17), "prompt: '''a'' isn''t \"b\"'"),
        (HEAD + "    prompt: 'it's'  # mine\n", (6, 17), 'prompt: "it\'s"  # mine'),
        (HEAD + "    prompt: [old] dog\n", (6, 19), "prompt: '[old] dog'"),
        (HEAD + "    prompt: @home\n", (6, 13), "prompt: '@home'"),
        (HEAD + "    prompt: *bold* dog\n", (6, 18), "prompt: '*bold* dog'"),
        (HEAD + "    prompt: *bold\n", (6, 13), "prompt: '*bold'"),
        (HEAD + "    prompt: !loud dog\n", (6, 13), "prompt: '!loud dog'"),
        (HEAD + "    prompt: - a dog\n", (6, 13), "prompt: '- a dog'"),
        (HEAD + '    prompt: "a \\dog"\n', (6, 16), "prompt: 'a \\dog'"),
        (HEAD + "    sweep:\n      prompt:\n        - 'it's'\n", (8, 15), '- "it\'s"'),
        (HEAD + "    prompt: 'a dog\n    seed: 3\n", (8, 1), "prompt: 'a dog'"),
        (HEAD + '    prompt: "a dog\n    label: "one"\n', (7, 13), "prompt: 'a dog'"),
        (FLOW + "prompt: it: is, seed: 3}\n", (3, 53), "prompt: 'it: is', seed: 3}"),
        (FLOW + "prompt: a dog #1, seed: 3}\n", (4, 1), "prompt: 'a dog #1', seed: 3}"),
        ("title: A\nintro: {{ 1 }} is it\n", (2, 9), "intro: '{{ 1 }} is it'"),
        ('title: A\nintro: "$\\theta$"\n', (2, 8), "intro: '$\\theta$'"),
    ],
)
def test_the_mended_line(writeup: Writeup, text: str, place: tuple[int, int], line: str) -> None:
    (problem,) = writeup.write("a.yaml", text).problems()
    assert (str(problem.file), problem.line, problem.column) == ("experiments/a.yaml", *place)
    hint = problem.hint or ""
    assert hint.endswith(line)
    assert ", so: " in hint
    lines = text.splitlines()
    wrong = max(n for n, one in enumerate(lines) if re.search("prompt: |intro: |- 'it", one))
    indent = " " * (len(lines[wrong]) - len(lines[wrong].lstrip()))
    lines[wrong] = indent + hint.partition(", so: ")[2]
    assert yaml.safe_load("\n".join(lines))["title"] == "A"
    writeup.write("a.yaml", "\n".join(lines)).load()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (HEAD + "    caption: one\n      two: three\n", "after `>-`"),
        (HEAD + "    prompt: a dog #1\n      in the snow\n", "ends at ` #`"),
        (HEAD + "    sweep: {prompt: [a dog\n    seed: 3\n", ""),
    ],
)
def test_no_line_is_shown_where_quotes_in_it_do_not_help(
    writeup: Writeup, text: str, hint: str
) -> None:
    (problem,) = writeup.write("a.yaml", text).problems()
    assert ", so: " not in (problem.hint or "")
    assert hint in (problem.hint or "")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (HEAD + "     prompt: a rocket ship\n", 6),
        (HEAD + "\n     prompt: a rocket ship\n", 7),
        (HEAD + "    cases:\n      - prompt: a\n         steps: 3\n", 8),
        ("title: A\n  order: 3\n", 2),
        ("title: A\nexperiments:\n  - id: a\n     - id: b\n", 4),
    ],
)
def test_a_line_too_far_right(writeup: Writeup, text: str, number: int) -> None:
    (problem,) = writeup.write("a.yaml", text).problems()
    assert problem.line == number
    assert "indented further than the line above" in (problem.hint or "")


@pytest.mark.parametrize(
    ("text", "number", "head"),
    [
        ("title: A\nintro: |\nText here\nexperiments:\n  - id: a\n", 3, "intro: |"),
        ("title: A\nintro: >-\n\nText here\n", 4, "intro: >"),
        ("title: A\nintro: |\n  One.\n\nText here\norder: 3\n", 5, "intro: |"),
        ("title: A\nintro: |\n* an item\norder: 3\n", 3, "intro: |"),
        ("title: A\nintro: |\n- an item\norder: 3\n", 3, "intro: |"),
        (HEAD + "    caption: |\n    Text here\n    seed: 3\n", 7, "caption: |"),
    ],
)
def test_a_text_that_is_not_indented(writeup: Writeup, text: str, number: int, head: str) -> None:
    (problem,) = writeup.write("a.yaml", text).problems()
    assert problem.line == number
    assert problem.hint == f"indent the text below `{head}` by two spaces"


def test_a_colon_in_an_item_of_a_list(writeup: Writeup) -> None:
    writeup.write("a.yaml", HEAD + "    sweep:\n      prompt:\n        - a man: a hat\n")
    (problem,) = writeup.problems()
    assert (problem.line, problem.column) == (8, 11)
    assert problem.hint == "to mean the text, put it in quotes: 'a man: a hat'"


CUT = [
    ("prompt: a dog #1", 6, 19, "prompt: 'a dog #1'"),
    ("prompt: a dog #hashtag", 6, 19, "prompt: 'a dog #hashtag'"),
    ("prompt: it's dog #1 of 3", 6, 22, 'prompt: "it\'s dog #1 of 3"'),
    ("prompt@gpu: a dog #1", 6, 23, "prompt@gpu: 'a dog #1'"),
    ("caption: The key of C # minor.", 6, 27, "caption: 'The key of C # minor.'"),
    ("caption: Dog #1.", 6, 18, "caption: 'Dog #1.'"),
    ("sweep:\n      prompt:\n        - a dog #1", 8, 17, "- 'a dog #1'"),
    ("cases:\n      - prompt: a dog #1\n        label: one", 7, 23, "- prompt: 'a dog #1'"),
    ("caption: Two\n      lines #1", 7, 13, ""),
    ("discussion: #1 is a dog", 6, 17, "discussion: '#1 is a dog'"),
]


@pytest.mark.parametrize(("fields", "line", "column", "mended"), CUT)
def test_a_text_that_ends_at_a_comment_is_warned_of(
    writeup: Writeup, fields: str, line: int, column: int, mended: str
) -> None:
    (warning,) = writeup.write("a.yaml", f"{HEAD}    {fields}\n").load().warnings
    assert (str(warning.file), warning.line, warning.column) == (
        "experiments/a.yaml",
        line,
        column,
    )
    assert (warning.excerpt or "")[column - 1] == "#"
    assert (f", so: {mended};" if mended else "in quotes;") in (warning.hint or "")


@pytest.mark.parametrize(
    "fields",
    [
        "prompt: a dog  # my favourite",
        "prompt: a dog  #1 of my list",
        "prompt: a dog # my favourite",
        "prompt: a dog # my favourite.",
        "caption: A dog. # not mine.",
        "caption: A dog # not mine",
        "prompt: a dog #TODO think",
        "prompt: a dog #seed: 3",
        "prompt: a dog ###",
        "prompt: 'a dog' #1",
        "prompt: 'a dog #1'",
        "prompt: a dog#1",
        "prompt: >-  # folded\n      a dog #1",
        "steps: 5 #10",
        "prompt: a dog\n    #seed: 3",
        "caption:  # later",
    ],
)
def test_no_alarm_for_a_comment_that_is_meant(writeup: Writeup, fields: str) -> None:
    assert writeup.write("a.yaml", f"{HEAD}    {fields}\n").load().warnings == ()


def test_a_text_that_is_all_comment(writeup: Writeup) -> None:
    text = HEAD.replace("    show: false\n", "") + "    caption: #1 of the dogs\n"
    (problem,) = writeup.write("a.yaml", text).problems()
    assert (problem.line, problem.message) == (5, "experiment 'a' needs a caption")
    assert "so: caption: '#1 of the dogs'" in (problem.hint or "")


def test_the_commands_warn_of_it(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "report.yaml").write_text("title: R\nauthor: Ada #1\n")
    (tmp_path / "experiments" / "a.yaml").write_text(
        "title: A\nintro: Words.\nexperiments:\n"
        "  - {id: a, technique: sample, caption: A., show: false, prompt: a dog,\n"
        "     discussion: One #2\n     }\n"
    )
    for command in (["plan"], ["build", "--cached-only"]):
        answer = CliRunner().invoke(app, [*command, "-C", str(tmp_path)])
        assert "warning: experiments/a.yaml:5:22: the text ends at ` #`" in answer.stderr
        assert "so: discussion: 'One #2'" in answer.stderr
        assert "warning: experiments/report.yaml:2:13: the text ends" in answer.stderr
    found = check(load_report(tmp_path, Options()), tmp_path)
    assert [(one.file, one.line, one.severity) for one in found if one.kind == "comment"] == [
        ("experiments/a.yaml", 5, "warning"),
        ("experiments/report.yaml", 2, "warning"),
    ]
