"""What a plug-in's key sees of its code: however it is imported, and whatever its names are."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from tests.plugins.test_broken import OWN, project_of

from fwd_report.errors import UserError
from fwd_report.plan.plan import make_plan
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store

LOW = "def value():\n    return 1\n"


def key_of(root: Path, files: dict[str, str]) -> str:
    project_of(root, dict(files))
    (run,) = make_plan(load_project(root), Store(root)).runs
    return run.key


def with_first(lines: str) -> str:
    """A technique whose program begins with these lines."""
    start = "        estimate = run"
    return OWN.replace(start, textwrap.indent(lines, " " * 8) + start)


@pytest.mark.parametrize(
    "lines",
    [
        "from importlib import import_module\nimport_module('.' + '_low', __package__)\n",
        "from importlib import import_module as load\nload('._low', __package__)\n",
        "import importlib\nimportlib.import_module(name='._low', package=__package__)\n",
        "import importlib\nimportlib.import_module(package=__package__, name=f'._{\"low\"}')\n",
        "import techniques._low as low\n",
        "from techniques import _low\n",
        "from parts import low\n",
        "from parts.low import value\n",
        "import parts.low as low\n",
    ],
)
def test_a_module_counts_however_it_is_imported(tmp_path: Path, lines: str) -> None:
    own = with_first(f"{lines}found = dir()\n")
    files = {"own.py": own, "_low.py": LOW, "parts/low.py": LOW}
    edited = {"_low.py": LOW.replace("1", "2"), "parts/low.py": LOW.replace("1", "2")}
    assert key_of(tmp_path / "a", files) != key_of(tmp_path / "b", files | edited)


@pytest.mark.parametrize(
    "line",
    [
        "import techniques._low as low",
        "from techniques import _low as low",
        "from parts import low",
        "from parts.low import value",
        "import parts.low as low",
    ],
)
def test_what_lies_beside_a_technique_is_imported(tmp_path: Path, line: str) -> None:
    files = {"own.py": f"{line}\n{OWN}", "_low.py": LOW, "parts/low.py": LOW}
    assert key_of(tmp_path, files)


def test_a_folder_of_plug_ins_does_not_hide_a_library_of_its_name(tmp_path: Path) -> None:
    files = {"own.py": f"from networks import Graph\n{OWN}", "networks/net.py": "net = print\n"}
    with pytest.raises(UserError, match=r"No module named 'networks'"):
        key_of(tmp_path, files)
