"""Every kind of damage to what lies in `.fwd-report/`: the next build heals it, and says so."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.helpers.writeup import Writeup, assert_same, fast

from fwd_report.store.store import Store


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes() or b"\0")
    data[random.Random(0).randrange(len(data))] ^= 1 << 4
    path.write_bytes(data)


def replaced(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.unlink()
        make(path)

    return replace


DAMAGES: dict[str, Callable[[Path], object]] = {
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "a flipped bit": flip,
    "deleted": lambda path: path.unlink(),
    "a folder": replaced(lambda path: path.mkdir()),
    "a link loop": replaced(lambda path: path.symlink_to(path)),
    "a link to nothing": replaced(lambda path: path.symlink_to("/not/there")),
    "deep JSON": lambda path: path.write_text("[" * 100_000),
    "a list": lambda path: path.write_text("[1, 2]"),
    "null": lambda path: path.write_text("null"),
    "wrong shapes": lambda path: path.write_text('{"key": [], "files": 3, "value": {"a": 1}}'),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe\x00{"),
}


def owned_files(root: Path) -> list[Path]:
    """One file of each kind that the tool keeps there, none of it deleted by the next damage."""
    base = root / ".fwd-report"
    chosen: dict[str, Path] = {}
    for path in sorted(base.rglob("*")):
        if path.is_file() and not path.is_symlink() and "aside" not in path.parts:
            part = path.relative_to(base).parts[0]
            kind = f"{part} {path.suffix if part == 'store' else path.name[:40]}"
            chosen.setdefault(kind, path)
    return list(chosen.values())


@pytest.mark.parametrize("damage", fast(DAMAGES, "a flipped bit", "a link loop", "wrong shapes"))
def test_damaged_files_are_healed(copy: Writeup, built: tuple[Writeup, float], damage: str) -> None:
    hurt = owned_files(copy.root)
    assert {"store", "memory", "last", "schema", "locks"} <= {
        path.relative_to(copy.root / ".fwd-report").parts[0] for path in hurt
    }
    for path in hurt:
        if path.exists():
            DAMAGES[damage](path)
    outcome = copy.build()
    assert not outcome.failures
    assert Store(copy.root).verify() == {}
    assert_same(copy, built[0])


@pytest.mark.parametrize(
    "how", fast(["a file", "a link loop", "a link to a file", "gone"], "a file")
)
def test_folders_that_are_none_are_healed(
    copy: Writeup, built: tuple[Writeup, float], how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    base = copy.root / ".fwd-report"
    names = ("memory/00", "memory", "last", "schema", "locks", "training", "logs", "aside")
    for name in names:
        place = base / name
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        if how == "a file" and place.parent.is_dir():
            place.write_text("in the way")
        elif how == "a link loop":
            place.symlink_to(place)
        elif how == "a link to a file":
            place.symlink_to(copy.root / "experiments" / "report.yaml")
        if name == "memory/00":
            copy.build(force=True)
    capsys.readouterr()
    copy.build(force=True)
    assert_same(copy, built[0])
    copy.build(force=True)
    said = capsys.readouterr().err
    for name in ("memory", "last", "schema", "locks"):
        assert said.count(f"{base / name} is no folder") == (how != "gone"), said


@pytest.mark.parametrize(
    "how", fast(["a file", "a link loop", "a folder", "a full folder"], "a full folder")
)
def test_what_lies_where_a_result_belongs_makes_room(
    copy: Writeup, built: tuple[Writeup, float], how: str
) -> None:
    for key in built[0].results():
        place = Store(copy.root).folder(key)
        shutil.rmtree(place)
        if how == "a file":
            place.write_text("in the way")
        elif how == "a link loop":
            place.symlink_to(place)
        else:
            place.mkdir()
            if how == "a full folder":
                (place / "notes.txt").write_text("mine")
    copy.build()
    assert_same(copy, built[0])
    if how == "a full folder":
        aside = copy.root / ".fwd-report" / "aside"
        assert len(list(aside.glob("*/notes.txt"))) == len(built[0].results())
