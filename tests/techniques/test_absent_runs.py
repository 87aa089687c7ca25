"""A run that is absent leaves the others of its figure in their places."""

from __future__ import annotations

import pytest
from tests.techniques.figure_parts import entry, names, swept

from fwd_report.techniques.compare import Compare
from fwd_report.techniques.sample import Sample


@pytest.mark.parametrize("absent", [(), (0,), (1,), (1, 5), (0, 4), (2, 3)])
def test_an_absent_run_leaves_the_others_in_their_places(absent: tuple[int, ...]) -> None:
    (grid,) = Sample.figure(swept(*absent))
    assert grid.row_labels == ("a dog", "an owl")
    assert grid.column_labels == ("steps = 5", "steps = 10", "steps = 20")
    assert names(grid) == [
        ["absent" if n in absent else f"{n}/image" for n in row] for row in ((0, 1, 2), (3, 4, 5))
    ]


def test_an_absent_sample_leaves_its_place_in_the_sheet() -> None:
    axes = [{"model": "m@1", "digit": d, "sample": s} for d in range(3) for s in (1, 2)]
    (grid,) = Sample.figure([entry(n, a) for n, a in enumerate(axes) if n not in (0, 3)])
    assert grid.column_labels == ("0", "1", "2")
    assert names(grid) == [["absent", "2/image", "4/image"], ["1/image", "absent", "5/image"]]
    (sheet,) = Sample.figure([entry(n, {"sample": n + 1}) for n in (0, 2)])
    assert names(sheet) == [["0/image", "absent", "2/image"]]


def test_compare_keeps_rows_and_columns_where_a_run_is_absent() -> None:
    entries = [
        entry(n, {"t": t}, experiment)
        for experiment in ("noised", "blur")
        for n, t in enumerate([250, 500, 750])
        if (experiment, t) not in {("noised", 250), ("blur", 500)}
    ]
    (grid,) = Compare.figure(entries)
    assert grid.row_labels == ("t = 250", "t = 500", "t = 750")
    assert grid.column_labels == ("Noised", "Blur")
    assert names(grid) == [["absent", "0/image"], ["1/image", "absent"], ["2/image", "2/image"]]
