"""The public names: pinned, typed, and imported when they are first used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.reference_page import GROUPS, PAGE, page

import fwd_report

NAMES = [
    "DDIM", "DDPM", "Experiment", "FailedRun", "Flow", "LoadedModel", "Noise", "NotRunError",
    "Outcome", "Prediction", "Query", "Report", "ReportWarning", "RestartNeededError", "Run",
    "RunError", "RunsFailedError", "Section", "Threshold", "UnknownNameError", "UserError",
    "VIEWS", "View", "answer", "applied", "colour", "denoise", "estimator", "factorised",
    "gaussian_blur", "grey", "guided", "high_pass", "load_model", "mean", "open_report", "seen",
    "step", "to_image", "together",
]  # fmt: skip
"""A name that is taken away or renamed breaks notebooks: it needs a line in the changelog."""
PACKAGE = Path(fwd_report.__file__).parent


def test_the_exported_names_are_these() -> None:
    assert fwd_report.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(fwd_report, name)
    assert name in dir(fwd_report)
    if name != "VIEWS":
        assert value.__doc__
        assert value.__name__ == name


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="open_reports"):
        fwd_report.open_reports  # type: ignore[attr-defined]  # noqa: B018


def test_type_checkers_are_told_the_same_names_from_the_same_modules() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (guarded,) = [node for node in tree.body if isinstance(node, ast.If)]
    told = {
        (node.module, alias.asname)
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    known = fwd_report.MODULES.items()
    assert told == {(f"fwd_report.{module}", name) for module, names in known for name in names}
    assert (PACKAGE / "py.typed").is_file()


def test_importing_the_package_imports_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules); import fwd_report; "
        "print([n for n in set(sys.modules) - before if not n.startswith('fwd_report')])"
    )
    heavy = {"torch", "numpy", "pydantic", "PIL", "yaml", "jinja2", "rich", "typer"}
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert heavy.isdisjoint(ast.literal_eval(answer.stdout))


def test_the_reference_page_is_what_the_docstrings_say() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == NAMES
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.helpers.reference_page"
