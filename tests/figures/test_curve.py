"""Loss curves: round ticks, an axis that keeps order, every line drawn, nothing unescaped."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fwd_report.figures.curve import RIGHT, WIDTH, Axis, curve_svg, even_ticks, log_ticks
from fwd_report.techniques.parts import Curve


def chart(*lines: tuple[float, ...], **more: bool) -> ElementTree.Element:
    named = tuple((f"run {i}", line) for i, line in enumerate(lines))
    return ElementTree.fromstring(curve_svg(Curve(named, "step", "loss", "<falls>", **more)))


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_even_ticks_are_round_within_the_range_and_few(low: float, ratio: float) -> None:
    width = ratio * max(1.0, abs(low))
    high = low + width
    ticks = even_ticks(low, high)
    assert 2 <= len(ticks) <= 8
    assert all(low <= tick <= high for tick in ticks)
    step = ticks[1] - ticks[0]
    assert round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6) in (1, 2, 5)


@settings(deadline=None)
@given(st.floats(1e-8, 1e3), st.floats(1.05, 1e6))
def test_log_ticks_lie_within_the_range(low: float, ratio: float) -> None:
    ticks = log_ticks(low, low * ratio)
    assert len(ticks) >= 2
    assert ticks == sorted(ticks)
    assert all(low <= tick <= low * ratio for tick in ticks)


def test_a_decade_is_as_long_anywhere_on_a_log_axis() -> None:
    axis = Axis(1e-3, 10, 0, 400, log=True)
    assert axis.at(1e-2) == pytest.approx(100)
    assert axis.at(1) - axis.at(0.1) == pytest.approx(axis.at(10) - axis.at(1))


def test_a_smooth_curve_has_its_raw_values_behind_it() -> None:
    noisy = tuple(1 + 0.5 * (-1) ** i for i in range(400))
    raw, smooth = chart(noisy, smooth=True).findall("polyline")
    assert (raw.get("class"), smooth.get("class")) == ("fwd-raw", "fwd-line")

    def spread(line: ElementTree.Element) -> float:
        heights = [float(point.split(",")[1]) for point in line.get("points", "").split()]
        return max(heights) - min(heights)

    assert spread(smooth) < spread(raw) / 4


def test_a_single_value_is_a_dot() -> None:
    assert len(chart((0.5,)).findall("circle")) == 1


def test_each_run_has_a_line_and_the_alternative_text_is_escaped() -> None:
    svg = chart((3.0, 2.0), (1.0, 4.0, 2.0))
    assert len(svg.findall("polyline")) == 2
    assert svg.get("aria-label") == "<falls>"


def test_what_a_log_axis_cannot_show_is_left_out() -> None:
    (line,) = chart((1.0, 0.0, math.nan, 0.1), log_y=True).findall("polyline")
    assert len(set(line.get("points", "").split())) == 2


def test_a_curve_without_a_value_to_draw_says_so() -> None:
    """As of a training whose loss was never finite: its page says what is wrong."""
    for values, log in (((0.0, -1.0), True), ((math.nan, math.inf), False), ((), False)):
        assert "no value that can be drawn" in [
            text.text for text in chart(values, log_y=log).iter("text")
        ]


def test_a_long_series_is_drawn_to_its_end() -> None:
    values = (*([1.0] * 1233), 5.0)
    (line,) = chart(values).iter("polyline")
    first, *_, last = [tuple(map(float, point.split(","))) for point in line.get("points").split()]
    assert last[0] == WIDTH - RIGHT
    assert last[1] < first[1], "the last value is the highest"
    assert len(line.get("points").split()) < 700
