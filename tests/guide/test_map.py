"""The newcomer's map in the guide is that of the tree."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import fwd_report

PACKAGE = Path(fwd_report.__file__).parent
ROOT = PACKAGE.parents[1]
GUIDE = (ROOT / "docs" / "guide" / "architecture.md").read_text("utf-8")
PATH = re.compile(r"`([\w./-]+(?:/|\.py|\.yaml))`")
MOST = 1_500
"""Words of prose that can be read in the five minutes the page promises, 300 a minute."""


def places() -> list[str]:
    """What stands in the tables of rooms and of changes."""
    rows = [line for line in GUIDE.splitlines() if line.startswith("|")]
    return [place for row in rows for place in PATH.findall(row) if not place.startswith(".")]


def test_every_place_on_the_map_is_there() -> None:
    found = places()
    assert len(found) > 60
    missing = [
        place
        for place in found
        if not any((base / place).exists() for base in (PACKAGE, ROOT, ROOT / "generator"))
        and place not in ("report.yaml", "docs/report/_stamp.json")
    ]
    assert missing == []


def test_every_room_is_on_the_map() -> None:
    rooms = {
        f"{path.name}/" for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))
    }
    assert rooms - set(places()) == set()


def test_no_file_of_code_is_longer_than_can_be_taken_in() -> None:
    rooms = ("generator", "bench", ".ci", "tests")
    files = [path for name in rooms for path in (ROOT / name).rglob("*.py")]
    lines = {str(path): len(path.read_text("utf-8").splitlines()) for path in files}
    assert {path: count for path, count in lines.items() if count > 300} == {}


def test_no_two_modules_of_different_rooms_share_a_name() -> None:
    names: dict[str, list[str]] = {}
    for package in (PACKAGE, ROOT / "generator" / "emoji_if"):
        for path in package.rglob("*.py"):
            if path.stem not in ("__init__", "__main__"):
                names.setdefault(path.stem, []).append(path.relative_to(ROOT).as_posix())
    assert {name: paths for name, paths in names.items() if len(paths) > 1} == {}


def test_no_two_things_of_different_modules_share_a_name() -> None:
    """But those of the API, which show a notebook what the command knows: a run, an outcome; and
    what a command calls is named as the command is.
    """
    names: dict[str, list[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        if not {PACKAGE / "api", PACKAGE / "cli"} & {*path.parents}:
            for node in ast.parse(path.read_text("utf-8")).body:
                defined = isinstance(node, ast.ClassDef | ast.FunctionDef)
                if defined and not node.name.startswith("_") and node.name != "main":
                    names.setdefault(node.name, []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: paths for name, paths in names.items() if len(paths) > 1} == {}


def test_it_can_be_read_in_five_minutes() -> None:
    text = re.sub(r"^```.*?^```$", "", GUIDE, flags=re.DOTALL | re.MULTILINE)
    prose = [line for line in text.splitlines() if not line.startswith("|")]
    assert len(" ".join(prose).split()) < MOST
