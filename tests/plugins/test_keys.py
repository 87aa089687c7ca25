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
        "import importlib\nload = importlib.import_module\nload('._' + 'low', __package__)\n",
        "from importlib import import_module\nf = [import_module][0]\nf('._low', __package__)\n",
        "import importlib\ngetattr(importlib, 'import_module')('._' + 'low', __package__)\n",
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


REGISTER = (
    "FOUND = []\ndef {0}(f):\n    FOUND.append(f())\n    return f\n@{0}\ndef made(): return {1}\n"
)


@pytest.mark.parametrize(
    "text",
    [
        with_first("x = shown('VALUE')\n") + "def shown(words):\n    return len(words)\n",
        with_first("x = self.shown('VALUE')\n") + "    def shown(self, w):\n        return w\n",
        REGISTER.format("cache", "VALUE") + with_first("x = FOUND[0]\n"),
        REGISTER.format("outside_keys", "VALUE") + with_first("x = FOUND[0]\n"),
        "from ._low import cache, FOUND\n@cache\ndef made(): return VALUE\n"
        + with_first("x = FOUND[0]\n"),
        "TYPE_CHECKING = True\nif TYPE_CHECKING:\n    K = VALUE\n" + with_first("x = K\n"),
        "NO = False\nTYPE_CHECKING = NO\nif not TYPE_CHECKING:\n    pass\nelse:\n    K = VALUE\n"
        + with_first("x = K\n"),
    ],
)
def test_a_plug_ins_own_name_is_no_mark(tmp_path: Path, text: str) -> None:
    low = "FOUND = []\ndef cache(f):\n    FOUND.append(f())\n    return f\n"
    one, other = (
        key_of(tmp_path / each, {"own.py": text.replace("VALUE", each), "_low.py": low})
        for each in ("11", "22")
    )
    assert one != other


def test_an_imported_mark_is_one(tmp_path: Path) -> None:
    text = (
        "import typing\nfrom fwd_report.outside import outside_keys, shown\n"
        "if typing.TYPE_CHECKING:\n    K = VALUE\n"
        "@outside_keys\ndef check():\n    return VALUE\n"
    ) + with_first("check()\nx = shown('VALUE')\n")
    one, other = (
        key_of(tmp_path / each, {"own.py": text.replace("VALUE", each)}) for each in ("11", "22")
    )
    assert one == other
