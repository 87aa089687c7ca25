"""Where a figure shows what its pictures were made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.techniques.figure_parts import entry, names

from fwd_report.techniques.compare import Compare
from fwd_report.techniques.denoise import Denoise
from fwd_report.techniques.forward import Forward
from fwd_report.techniques.sdedit import SDEdit


def test_an_original_stands_behind_what_is_there() -> None:
    entries = [entry(n, {"i_start": i}) for n, i in enumerate([1, 3])]
    rows = [entry(n + 2, {"case": "x", "i_start": i}) for n, i in enumerate([1, 3])]
    (grid,) = SDEdit.figure([replace(e, axes={"case": "w", **e.axes}) for e in entries] + rows[:1])
    assert names(grid)[1] == ["2/image", "absent", "2/original"]


def originals(folder: Path, *pictures: bytes) -> list[Path]:
    """A folder with `original.png` for each of the pictures."""
    folders = [folder / str(number) for number in range(len(pictures))]
    for path, picture in zip(folders, pictures, strict=True):
        path.mkdir()
        (path / "original.png").write_bytes(picture)
    return folders


def test_an_original_for_each_column_stands_beneath_it(tmp_path: Path) -> None:
    folders = originals(tmp_path, b"a", b"b", b"c")
    entries = [entry(n, {"case": c}, folder=folders[n]) for n, c in enumerate("abc")]
    (grid,) = Forward.figure(entries)
    assert names(grid) == [["0/image", "1/image", "2/image"], [f"{n}/original" for n in range(3)]]
    assert (grid.row_labels, grid.column_labels) == (("noised", "original"), ("a", "b", "c"))


def test_originals_that_change_along_both_stand_beside_each_picture(tmp_path: Path) -> None:
    folders = originals(tmp_path, b"a", b"b", b"b", b"a")
    axes = [{"t": t} for t in (250, 500)]
    entries = [
        entry(n % 2, axes[n % 2], "one" if n < 2 else "two", folder=folders[n]) for n in range(4)
    ]
    (grid,) = Compare.figure(entries)
    assert names(grid) == [
        ["0/image", "0/original", "2/image", "2/original"],
        ["1/image", "1/original", "3/image", "3/original"],
    ]
    assert grid.column_labels == ("One", "One: original", "Two", "Two: original")


def test_an_input_stands_above_what_was_made_of_it_alone(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(3)]
    for folder, noisy in zip(folders, (b"a", b"b", b"a"), strict=True):
        folder.mkdir()
        (folder / "noisy.png").write_bytes(noisy)
    entries = [entry(n, {"dataset": f"d{n}", "x": 1}, folder=folders[n]) for n in range(3)]
    (grid,) = Denoise.figure(entries)
    assert grid.row_labels == ("input", "d0", "input", "d1", "input", "d2")
    assert [row[0].split("/")[0] for row in names(grid)] == ["0", "0", "1", "1", "2", "2"]
