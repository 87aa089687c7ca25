"""`store gc` on a writeup whose specs changed: what it says, asks, keeps and deletes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.hub_server import Hub
from tests.store.conftest import KEY, OTHER
from tests.store.test_collect import old_entry
from typer.testing import CliRunner, Result

from fwd_report.cli import app
from fwd_report.cli import storage as commands
from fwd_report.cli.storage import seconds_of
from fwd_report.errors import UserError
from fwd_report.store.store import Store


@pytest.fixture
def writeup(tmp_path: Path) -> Store:
    """No runs, two results of a section that is no more: 40 and 3 days old."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "report.yaml").write_text("title: A\n")
    (tmp_path / "experiments" / "a.yaml").write_text("title: A\nexperiments: []\n")
    store = Store(tmp_path)
    old_entry(store, KEY, 40, seconds=75, run="renamed.photos[3]")
    old_entry(store, OTHER, 3, run="branch.photos[0]")
    return store


def gc(store: Store, *options: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(
        app, ["store", "gc", *options, "-C", str(store.base.parent)], input=answer
    )


def test_it_lists_what_goes_and_keeps_what_is_young(writeup: Store) -> None:
    said = gc(writeup, "--yes").stdout
    assert "renamed.photos     1  40 d old  1 min 15 s to make again" in said
    assert "kept: 1 result, 0.0 MB, 1.0 s to make again, which is younger than 30d" in said
    assert "deleted 1 result" in said
    assert writeup.keys() == [OTHER]


def test_what_is_costly_is_kept_on_demand(writeup: Store) -> None:
    said = gc(writeup, "--keep", "0", "--keep-cost", "60", "--yes").stdout
    assert "or takes longer than 60 s" in said
    assert writeup.keys() == [KEY]


def test_without_a_terminal_it_deletes_nothing_and_says_how(writeup: Store) -> None:
    refused = gc(writeup)
    assert isinstance(refused.exception, UserError), "exit code 2"
    assert "--yes" in str(refused.exception)
    assert writeup.keys() == [KEY, OTHER]
    dry = gc(writeup, "--dry-run")
    assert (dry.exit_code, "would delete 1 result" in dry.stdout) == (0, True)
    assert writeup.keys() == [KEY, OTHER]


@pytest.mark.parametrize(("answer", "left"), [("n\n", [KEY, OTHER]), ("y\n", [OTHER])])
def test_at_a_terminal_it_asks(
    writeup: Store, monkeypatch: pytest.MonkeyPatch, answer: str, left: list[str]
) -> None:
    asked = commands._agreed

    def at_a_terminal(question: str) -> bool:
        monkeypatch.setattr(commands.sys.stdin, "isatty", lambda: True)
        return asked(question)

    monkeypatch.setattr(commands, "_agreed", at_a_terminal)
    said = gc(writeup, answer=answer).stdout
    assert "delete 1 result" in said
    assert writeup.keys() == left


ASKS = """\
title: A
experiments:
  - {id: photos, technique: sample, prompt: a dog, steps: 5, caption: C., discussion: D.}
"""


def test_what_an_unknown_model_may_have_made_is_kept(
    writeup: Store, model_hub: Hub, tiny_if: Path
) -> None:
    """Named under another profile alone; the hub does not know it now, later it does."""
    specs = writeup.base.parent / "experiments"
    model = tiny_if / "stage_1"
    (specs / "report.yaml").write_text(
        f"title: A\nprofiles: [here, gpu]\nmodel: {model}\nmodel@gpu: some/model@v1\n"
    )
    (specs / "a.yaml").write_text(ASKS)
    parts = {"model": {"stage_1": "d"}}, {"scorer": "d"}, {"needs": {"of": [KEY]}}
    keys = [f"{n}0" + "0" * 62 for n in range(len(parts))]
    for key, part in zip(keys, parts, strict=True):
        old_entry(writeup, key, 40, parts=part)
    unfinished = writeup.base / "training" / OTHER[::-1]
    unfinished.mkdir(parents=True)
    said = gc(writeup, "--keep", "0", "--yes").stdout
    (line,) = [line for line in said.splitlines() if "some/model@v1" in line]
    assert line.startswith("kept: 3 results, 1 training folder")
    assert writeup.keys() == keys
    assert unfinished.is_dir()
    repository = model_hub.add("some/model", model)
    repository.refs["v1"] = repository.refs["main"]
    assert "some/model" not in gc(writeup, "--keep", "0", "--yes").stdout
    assert writeup.keys() == []
    assert not unfinished.exists()


def test_ages_are_read_and_anything_else_is_an_error() -> None:
    assert [seconds_of(age) for age in ("30d", "12h", "90m", "1.5h", "2w", "45s", "0")] == [
        2_592_000, 43_200, 5_400, 5_400, 1_209_600, 45, 0,
    ]  # fmt: skip
    for wrong in ("", "30", "d", "-3d", "3y", "1e9d", "nan", "٣d ago"):
        with pytest.raises(UserError, match="is no age"):
            seconds_of(wrong)
