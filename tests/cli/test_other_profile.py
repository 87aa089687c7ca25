"""Results of another profile: what finds none under its own says which profile has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.command import command as command_in
from tests.store.conftest import put_entry

from fwd_report.build import load_plan
from fwd_report.running import Options

SECTION = """title: A
experiments:
  - {id: a, technique: forward, image: a.png, t: 250, t@gpu: 500, samples: 2, caption: A}
  - {id: both, technique: forward, image: a.png, t: 750, caption: B}
"""
ADVICE = "2 results are here under the profile gpu: add --profile gpu"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    from PIL import Image

    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "report.yaml").write_text("title: R\n")
    (tmp_path / "experiments" / "a.yaml").write_text(SECTION)
    Image.new("RGB", (64, 64), "white").save(tmp_path / "a.png")
    return tmp_path


def run(root: Path, *arguments: str) -> tuple[int, str]:
    """The exit code, and all that was said."""
    done = command_in(*arguments, cwd=root)
    return done.returncode, done.stdout + done.stderr


def store_all(root: Path, profile: str) -> None:
    """A made-up result for each run of the profile."""
    plan, store = load_plan(root, Options(profile))
    for run in plan.runs:
        if not store.has(run.key):
            put_entry(store, run.key, parts=run.parts)


COMMANDS = [
    ("build", "--cached-only"),
    ("build", "--cached-only", "--only", "a.a"),
    ("store", "export", "r.zip", "--only", "a.a"),
    ("store", "push", "there"),
    ("store", "path", "a.a"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_profile_that_has_the_results_is_named(root: Path, command: tuple[str, ...]) -> None:
    store_all(root, "gpu")
    assert ADVICE in run(root, *command)[1]


def test_no_other_profile_is_named_where_this_one_has_results(root: Path) -> None:
    store_all(root, "embedded")
    store_all(root, "gpu")
    text = (root / "experiments" / "a.yaml").read_text().replace("samples: 2", "samples: 3")
    (root / "experiments" / "a.yaml").write_text(text)
    code, said = run(root, "build", "--cached-only")
    assert code == 3
    assert "fwd-report plan --why says why" in said
    assert "--profile" not in said


def test_where_no_profile_has_results_a_build_is_advised(root: Path) -> None:
    code, said = run(root, "store", "export", "r.zip")
    assert code == 2
    assert "under the profile embedded to export\n    fwd-report build runs it" in said
