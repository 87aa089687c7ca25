"""Every line of the shell blocks of README and the guide: run, or held to what there is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import typer.main
from tests.helpers.command import command
from tests.helpers.guide import ROOT, Block, blocks

from emoji_if.cli import app as recipe
from fwd_report.cli import app
from fwd_report.spec.load import load_project

NOT_RUN = {
    "pip": "installs from the network",
    "python3 -m venv": "makes an environment for what is installed from the network",
    "hf": "signs in to a hub",
    "rsync": "copies to a host of one's own; tests/guide/test_other_machines.py",
    "ssh": "reaches a host of one's own",
    "ray": "starts a cluster; tests/executors/test_on_ray.py",
    "sbatch": "asks a cluster; tests/guide/test_other_machines.py runs the job itself",
    "mkdocs": "builds a site that a report has been built for; tests/site does",
    "make": "takes minutes, or is what runs these tests; its target must be there",
    "fwd-report build": "runs models for minutes; tests/cli does on a small model",
    "fwd-report serve": "does not end; tests/site/test_serve.py",
    "fwd-report publish": "pushes to a remote; tests/site/publishing/test_publish.py",
    "fwd-report store export": "writes results that a build has made; tests/remotes does",
    "fwd-report store import": "reads that file; tests/remotes does",
    "fwd-report plan --profile gpu": "asks the hub what DeepFloyd IF is",
    "fwd-report doctor --profile gpu": "asks the hub for licences; tests/cli/test_doctor.py",
    "fwd-report download --profile gpu": "downloads DeepFloyd IF; tests/cli/test_gpu_profile.py",
    "fwd-report prompts --profile gpu": "encodes with a model of the hub",
    "python -m emoji_if": "trains for hours; its options must be there",
    "python bench/": "measures for minutes; its options must be there",
    "python -m pytest": "a test of its own; its file must be there",
}
"""Commands that no test runs as they stand, by how they begin, with the reason."""
RUN = ("fwd-report init", "fwd-report check", "fwd-report store gc")
EXIT = {"fwd-report check": 1}
"""Exit codes other than 0: a writeup full of questions is not sound."""
STANDS_FOR = {"PHOTOS": "."}
"""What a reader puts in place of a word; a folder that there is."""
SHELL = ("cd", "export", ".")
(UsageError,) = (kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
"""Click's own, whichever copy of it typer brings."""


def commands(block: Block) -> Iterator[list[str]]:
    """The simple commands of a block as words, without comments and variables set before them."""
    for line in block.text.splitlines():
        words = shlex.split(line, comments=True)
        while words:
            end = words.index("&&") if "&&" in words else len(words)
            simple, words = words[:end], words[end + 1 :]
            while simple and re.match(r"[A-Z_0-9]+=", simple[0]):
                simple = simple[1:]
            if simple:
                yield [simple[0].removeprefix(".venv/bin/"), *simple[1:]]


LINES = [
    pytest.param(words, id=f"{block}: {' '.join(words)}")
    for block in blocks("sh")
    for words in commands(block)
]


@pytest.mark.parametrize("words", LINES)
def test_a_line_is_run_or_what_it_names_is_there(words: list[str]) -> None:
    line = " ".join(words)
    reasons = [start for start in NOT_RUN if line.startswith(start)]
    assert reasons or line.startswith(RUN) or words[0] in SHELL, "neither run nor said why not"
    if words[0] == "fwd-report":
        parse(app, words[1:])
        overrides = [value for name, value in pairwise(words) if name == "--set"]
        starter_with(tuple(overrides))
    elif line.startswith("python -m emoji_if"):
        parse(recipe, [STANDS_FOR.get(word, word) for word in words[3:]])
    elif words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.M)
    elif words[0] == "python" and (files := [word for word in words if word.endswith(".py")]):
        (file,) = files
        text = (ROOT / file).read_text(encoding="utf-8")
        options = [word for word in words if word.startswith("--")]
        assert [option for option in options if f'"{option}"' not in text] == []


@cache
def starter_with(overrides: tuple[str, ...]) -> None:
    """Raises UserError where the starter has nothing of what is set."""
    load_project(ROOT, None, overrides)


def parse(program: typer.Typer, arguments: list[str]) -> None:
    """Raises UsageError for a command, an argument or an option that there is not."""
    found = typer.main.get_command(program)
    while commands := getattr(found, "commands", None):
        name, *arguments = arguments
        if name not in commands:
            raise UsageError(f"there is no command {name}")
        found = commands[name]
    found.make_context(found.name, list(arguments))


def test_the_lines_of_a_new_writeup_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that no reason keeps from it, where the `cd` before them leads."""
    ran = []
    for block in blocks("sh"):
        folder = tmp_path / str(block)
        folder.mkdir()
        lines = [words for words in commands(block) if " ".join(words).startswith(RUN)]
        if lines and lines[0][1] != "init":  # a page further down, in the writeup of its beginning
            assert command("init", ".", "--bare", "--only", "forward", cwd=folder).returncode == 0
        for words in lines:
            said = command(*words[1:], cwd=folder)
            line = " ".join(words)
            assert said.returncode == EXIT.get(line, 0), (line, said.stderr)
            assert said.stdout
            ran.append(line)
    assert {start for start in RUN if any(line.startswith(start) for line in ran)} == {*RUN}


def test_the_reasons_are_of_lines_that_there_are() -> None:
    lines = [" ".join(each.values[0]) for each in LINES]
    assert [start for start in NOT_RUN if not any(line.startswith(start) for line in lines)] == []
    named = re.findall(r"tests/[\w/.]+\w", " ".join(NOT_RUN.values()))
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("line", ["build --onyl a", "biuld", "store gc --kep 3d", "init"])
def test_a_line_that_is_wrong_would_be_found(line: str) -> None:
    with pytest.raises(UsageError):
        parse(app, line.split())
