"""Each dependency says what it is for, is used, and is there for what is imported."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from fwd_report.plan.foreign import OWN_NAMES

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(TEXT)["project"]
NOT_IMPORTED = {
    "mkdocs-glightbox": "a plugin in mkdocs.yml",
    "mkdocs-material": "the theme in mkdocs.yml",
    "protobuf": "transformers reads spiece.model with it",
    "sentencepiece": "transformers makes the tokenizer with it",
}
IF_THERE = {"ipython", "ray"}
"""Imported where a notebook has them, or an extra that was asked for, and never needed."""
PARTS = {"pydantic-core": "pydantic"}
"""Distributions that another one pins to a single version of its own."""


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def imported(folder: Path) -> set[str]:
    """The distributions of the modules that the folder's code names, ours and Python's left out."""
    modules = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.split(".")[0])
    known = _distributions()
    foreign = modules - sys.stdlib_module_names - {"fwd_report", "emoji_if"}
    names = {name_of(known.get(module, [module])[0]) for module in foreign}
    return {PARTS.get(name, name) for name in names}


_distributions = cache(packages_distributions)


def test_each_says_what_it_is_for() -> None:
    block = TEXT.split("\ndependencies = [")[1].split("\n[project.scripts]")[0]
    lines = [line for line in block.splitlines() if line.startswith('  "')]
    assert len(lines) > 30
    bare = [
        line for line in lines if "#" not in line and "types-" not in line and "recipe]" not in line
    ]
    assert bare == []


def test_the_package_imports_what_it_declares_and_nothing_else() -> None:
    declared = {name_of(claim) for claim in PROJECT["dependencies"]}
    found = imported(ROOT / "generator" / "fwd_report")
    extras = {
        name_of(claim)
        for extra, claims in PROJECT["optional-dependencies"].items()
        if extra not in ("dev", "recipe")
        for claim in claims
    }
    assert found - declared - extras - IF_THERE == set(), "imported, and not declared"
    assert declared - found == set(NOT_IMPORTED), "declared, and neither imported nor explained"


def test_the_recipe_imports_what_it_declares() -> None:
    declared = {name_of(claim) for claim in PROJECT["dependencies"]}
    recipe = {name_of(claim) for claim in PROJECT["optional-dependencies"]["recipe"]}
    assert imported(ROOT / "generator" / "emoji_if") - declared == recipe


def test_each_has_a_lowest_version_which_the_matrix_installs() -> None:
    answer = subprocess.run(
        [sys.executable, ROOT / ".ci" / "lowest.py"], capture_output=True, text=True, check=True
    )
    lowest = dict(line.split("==") for line in answer.stdout.split())
    claims = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["recipe"]
    assert {name_of(claim) for claim in claims} <= {name_of(name) for name in lowest}
    for claim in claims:
        found = re.search(r">=([\d.]+)", claim)
        assert found
        assert found[1] in lowest.values()


@pytest.mark.parametrize("claim", PROJECT["dependencies"], ids=name_of)
def test_the_pinned_version_is_within_the_claim(claim: str) -> None:
    from packaging.requirements import Requirement

    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {
        name_of(line): line.split("==")[1] for line in pins.splitlines() if not line.startswith("#")
    }
    requirement = Requirement(claim)
    assert requirement.specifier.contains(pinned[name_of(requirement.name)])


def test_versions_of_its_own_dependencies_are_no_part_of_keys() -> None:
    named = {name_of(name) for name in OWN_NAMES.values()}
    assert named == {name_of(requirement) for requirement in PROJECT["dependencies"]}
    distributions = packages_distributions()
    for module, name in OWN_NAMES.items():
        assert name_of(name) in {name_of(each) for each in distributions[module]}, module


def test_a_version_that_is_not_at_hand_is_excepted_and_said() -> None:
    script = "import sys; from lowest import *; print(excepted({'a': '1', 'b': '2'}, sys.argv[1:], "
    script += "'# pins\\na==1.5\\nc==3\\n'))"

    def answer(*names: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", script, *names],
            cwd=ROOT / ".ci", capture_output=True, text=True, check=False,
        )  # fmt: skip

    said = answer("a").stdout.splitlines()
    assert said == [
        "not the lowest a, 1, but that of constraints.txt, 1.5",
        "{'a': '1.5', 'b': '2'}",
    ]
    assert answer().stdout == "{'a': '1', 'b': '2'}\n"
    for name in ("b", "c"):
        assert answer(name).returncode == 1
