"""What the guide says of DeepFloyd IF's memory is what the program computes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bench.hardware import CARDS, STAGES, row, tables, unet

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "hardware.md"
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def computed() -> list[str]:
    return tables()


@pytest.fixture(scope="module")
def said() -> list[str]:
    """The lines of the two tables in the page."""
    text = PAGE.read_text(encoding="utf-8").partition("### DeepFloyd IF on paper")[2]
    rows = re.findall(r"^\|.*\|$", text.partition("\n## ")[0], re.M)
    return [row for row in rows if NUMBER.search(row)]


def assert_says(written: str, now: str) -> None:
    """Words and order exactly; numbers within what another version of diffusers may change."""
    assert NUMBER.sub("#", written) == NUMBER.sub("#", now), written
    numbers = [float(number) for number in NUMBER.findall(now)]
    assert [float(number) for number in NUMBER.findall(written)] == pytest.approx(
        numbers, rel=0.01, abs=0.1
    ), f"{written}\nis now\n{now}"


def test_the_smallest_network_is_as_computed(said: list[str]) -> None:
    assert_says(said[len(STAGES)], row("stage I, M", unet(STAGES["M"])))


@pytest.mark.slow
def test_both_tables_are_as_computed(computed: list[str], said: list[str]) -> None:
    assert len(computed) == 1 + len(STAGES) + 1 + len(STAGES) * len(CARDS) == len(said)
    for now, written in zip(computed, said, strict=True):
        assert_says(written, now)


@pytest.mark.slow
def test_the_arithmetic_of_a_t4(computed: list[str]) -> None:
    """The paragraph that the table is followed by."""
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    paragraph = text[text.index("**A T4 with 16 GiB") :]
    may_be_used, scorer, first, left, count, size, second, left_two, count_two, size_two = (
        float(number)
        for number in re.search(
            r"14\.8 GiB, ([\d.]+) may be used\. The scorer keeps ([\d.]+)\. Stage I takes ([\d.]+) "
            r"and leaves ([\d.]+) for its pictures, (\d+) at (\d+) MiB\. Then it is released; "
            r"stage II takes ([\d.]+) and leaves ([\d.]+), (\d+) pictures at (\d+) MiB",
            paragraph,
        ).groups()  # type: ignore[union-attr]
    )
    assert may_be_used == pytest.approx(14.8 * 15 / 16, abs=0.06)
    assert left == pytest.approx(may_be_used - scorer - first, abs=0.15)
    assert left_two == pytest.approx(may_be_used - scorer - second, abs=0.15)
    for held, pictures, each in ((left, count, size), (left_two, count_two, size_two)):
        assert pictures == pytest.approx(held * 1024 / each, abs=1.5)
    rows = [NUMBER.findall(row) for row in computed]
    assert [f"{first:.1f}", f"{size:.0f}"] == rows[1]
    assert [f"{second:.1f}", f"{size_two:.0f}"] == rows[4]
