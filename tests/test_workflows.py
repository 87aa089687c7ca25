"""CI's files say what exists: targets, scripts, versions; every action is pinned by its hash."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
OURS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
STARTER = ROOT / "generator" / "fwd_report" / "starter_files" / "pages.yml"
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")
NAMED = re.compile(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def loaded(path: Path) -> dict[Any, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = loaded(path)["jobs"]
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job["steps"]]


def commands(path: Path) -> list[str]:
    return [line for step in steps(path) for line in step.get("run", "").splitlines()]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


@pytest.mark.parametrize("path", [*OURS, STARTER], ids=lambda path: path.name)
def test_actions_are_pinned_by_hash_and_say_their_version(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    assert [name for name in used if not PINNED.match(name)] == []
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    unnamed = [line for line in lines if "uses:" in line and not NAMED.search(line)]
    assert unnamed == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_commands_are_there(path: Path) -> None:
    run = commands(path)
    assert {name for line in run for name in re.findall(r"\bmake ([\w-]+)", line)} <= targets()
    scripts = [line.split()[1] for line in run if line.startswith("python ")]
    assert [script for script in scripts if not (ROOT / script).is_file()] == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_jobs_end_and_may_do_no_more_than_they_say(path: Path) -> None:
    assert "write" not in loaded(path)["permissions"].values() or path.name == "pages.yml"
    assert [name for name, job in jobs(path).items() if "timeout-minutes" not in job] == []


def test_legs_of_the_matrix_are_known() -> None:
    """Argument errors come before anything is installed."""
    for path in OURS:
        for line in commands(path):
            if line.startswith("python .ci/matrix.py"):
                plain = re.sub(r"\$\{\{.*?\}\}", "", line)
                words = [word for word in plain.split()[2:] if not word.startswith("--")]
                answer = subprocess.run(
                    [sys.executable, ROOT / ".ci" / "matrix.py", *words, "--help"],
                    capture_output=True, text=True, check=False,
                )  # fmt: skip
                assert answer.returncode == 0, answer.stderr
                assert words
                assert all(word in answer.stdout for word in words)
    wrong = subprocess.run(
        [sys.executable, ROOT / ".ci" / "matrix.py", "nonsense"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert wrong.returncode == 2
    assert "no such leg: nonsense" in wrong.stderr


def test_every_python_that_is_claimed_is_tested_on_every_system() -> None:
    matrix = jobs(ROOT / ".github" / "workflows" / "ci.yml")["wheel"]["strategy"]["matrix"]
    assert [os.split("-")[0] for os in matrix["os"]] == ["ubuntu", "macos", "windows"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={matrix['python'][0]}"
    minors = [int(version.split(".")[1]) for version in matrix["python"]]
    assert minors == list(range(minors[0], 15))
    said = [f"Programming Language :: Python :: 3.{minor}" for minor in minors]
    assert [line for line in project["classifiers"] if "Python :: 3." in line] == said


def test_what_publishes_has_no_token_and_runs_no_code_of_the_repository() -> None:
    publish = jobs(ROOT / ".github" / "workflows" / "release.yml")["publish"]
    assert publish["permissions"]["id-token"] == "write"
    assert publish["environment"]["name"] == "pypi"
    assert not any("checkout" in step.get("uses", "") for step in publish["steps"])
    assert "secrets." not in (ROOT / ".github" / "workflows" / "release.yml").read_text()
    building = jobs(ROOT / ".github" / "workflows" / "release.yml")["build"]
    assert "id-token" not in building["permissions"]


def test_hooks_are_those_of_lint_and_valid() -> None:
    hooks = loaded(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    lint = (ROOT / "Makefile").read_text(encoding="utf-8").split("\nlint:")[1].split("\n\n")[0]
    tools = {line.split("/")[1].split()[0] for line in lint.splitlines() if "$(BIN)/" in line}
    assert {hook["entry"].split("/")[-1].split()[0] for hook in hooks} == tools
    valid = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert valid.returncode == 0, valid.stdout + valid.stderr


@pytest.mark.parametrize("name", ["bug.yml", "idea.yml"])
def test_issue_forms_ask_for_something(name: str) -> None:
    form = loaded(ROOT / ".github" / "ISSUE_TEMPLATE" / name)
    assert {"name", "description", "body"} <= form.keys()
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert all(field["id"] and field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)
