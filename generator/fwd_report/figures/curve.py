"""Line charts as SVG text, without a plotting library: inline, so that they take the page's
colours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from fwd_report.techniques.parts import Curve

WIDTH, HEIGHT = 560, 330
LEFT, RIGHT, TOP, BOTTOM = 66, 14, 12, 50
COLOURS = 6
"""How many line colours the style sheet defines, from `--fwd-line-1` on; further lines reuse
them."""
DASHES = ("", "9 4", "2 4", "9 4 2 4")
"""Dash patterns, in pixels; the first line is solid."""
MOST_POINTS = 500


@dataclass(frozen=True)
class Axis:
    """Maps values in [low, high] to pixels between `start` and `end`, linearly or by decades."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        low, high = self._scale(self.low), self._scale(self.high)
        return self.start + (self._scale(value) - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values within the range: 1, 2, 5 times a power of ten, four to eight of them."""
        return log_ticks(self.low, self.high) if self.log else even_ticks(self.low, self.high)

    def _scale(self, value: float) -> float:
        return math.log10(value) if self.log else value


def curve_svg(curve: Curve) -> str:
    """The chart as one `<svg>` element; colours are CSS variables, text is currentColor.

    With `smooth`, each raw series is drawn faint behind its running mean. On a log axis, values
    that are not positive are left out; where that leaves none, the chart says so.
    """
    lines = [(label, _drawable(values, curve.log_y)) for label, values in curve.lines]
    points = [value for _, line in lines for _, value in line]
    longest = max((len(values) for _, values in curve.lines), default=0)
    x = Axis(1, max(longest, 2), LEFT, WIDTH - RIGHT)
    low, high = _range(points or [1.0], curve.log_y)
    y = Axis(low, high, HEIGHT - BOTTOM, TOP, curve.log_y)
    body = [*_grid(x, y), *_names(curve)]
    if not points:
        middle = f'x="{(x.start + x.end) / 2}" y="{(y.start + y.end) / 2}"'
        body.append(f'<text {middle} text-anchor="middle">no value that can be drawn</text>')
    for index, (_, line) in enumerate(lines):
        colour, dashes = line_style(index)
        if curve.smooth:
            body.append(_path(line, x, y, colour, "fwd-raw"))
            line = _running_mean(line)
        body.append(_path(line, x, y, colour, "fwd-line", dashes))
    return (
        f'<svg class="fwd-curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(curve.alt)}">{"".join(body)}</svg>'
    )


def line_style(index: int) -> tuple[str, str]:
    """The colour of a line, a CSS variable, and its dashes: lines do not differ by colour alone."""
    return f"var(--fwd-line-{index % COLOURS + 1})", DASHES[index % len(DASHES)]


def even_ticks(low: float, high: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten within [low, high], at most about seven."""
    rough = (high - low) / 6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    # A tick at an end of the range may be rounded beyond it.
    return [min(max(index * step, low), high) for index in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten within [low, high], with 2 and 5 between them where there are few.

    Within less than a decade, where those would be fewer than three: even steps.
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    powers = [10.0**decade for decade in decades]
    within = [power for power in powers if low <= power <= high]
    if len(within) > 3:
        return within
    between = [p * f for p in powers for f in (1, 2, 5) if low <= p * f <= high]
    return between if len(between) >= 3 else even_ticks(low, high)


def _drawable(values: Sequence[float], log: bool) -> list[tuple[int, float]]:
    """(step, value) pairs, counted from 1, that can be drawn on the axis."""
    pairs = enumerate(values, start=1)
    return [(x, v) for x, v in pairs if math.isfinite(v) and (v > 0 or not log)]


def _range(values: Sequence[float], log: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if log:
        return (low / 1.15, high * 1.15) if low < high else (low / 2, high * 2)
    margin = (high - low) * 0.05 or abs(high) * 0.5 or 1.0
    return low - margin, high + margin


def _running_mean(line: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The mean over a centred window of about a fiftieth of the series, shorter at its ends."""
    half = max(2, len(line) // 100)
    totals = [0.0]
    for _, value in line:
        totals.append(totals[-1] + value)
    smoothed = []
    for index, (x, _) in enumerate(line):
        start, stop = max(0, index - half), min(len(line), index + half + 1)
        smoothed.append((x, (totals[stop] - totals[start]) / (stop - start)))
    return smoothed


def _path(
    line: Sequence[tuple[int, float]], x: Axis, y: Axis, colour: str, name: str, dashes: str = ""
) -> str:
    if len(line) == 1:
        ((step, value),) = line
        return (
            f'<circle class="{name}" stroke="{colour}" fill="{colour}" r="2.5" '
            f'cx="{x.at(step):.1f}" cy="{y.at(value):.1f}"/>'
        )
    stride = max(1, len(line) // MOST_POINTS)
    shown = [*line[::stride], line[-1]] if line else []
    points = " ".join(f"{x.at(step):.1f},{y.at(value):.1f}" for step, value in shown)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline class="{name}" stroke="{colour}"{dashed} points="{points}"/>'


def _grid(x: Axis, y: Axis) -> list[str]:
    marks = []
    for value in y.ticks():
        at = y.at(value)
        marks.append(
            f'<line class="fwd-rule" x1="{x.start}" x2="{x.end}" y1="{at:.1f}" y2="{at:.1f}"/>'
        )
        marks.append(
            f'<text x="{x.start - 8}" y="{at + 5:.1f}" text-anchor="end">{_number(value)}</text>'
        )
    for value in x.ticks():
        at = x.at(value)
        marks.append(
            f'<text x="{at:.1f}" y="{y.start + 19}" text-anchor="middle">{_number(value)}</text>'
        )
    marks.append(
        f'<line class="fwd-axis" x1="{x.start}" x2="{x.end}" y1="{y.start}" y2="{y.start}"/>'
    )
    return marks


def _names(curve: Curve) -> list[str]:
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{escape(curve.x_label)}</text>",
        f'<text transform="translate(15 {middle}) rotate(-90)" text-anchor="middle">'
        f"{escape(curve.y_label)}</text>",
    ]


def _number(value: float) -> str:
    if value and not 1e-3 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.0e}".split("e")
        raised = str(int(exponent)).replace("-", "−")
        power = f'10<tspan dy="-5" font-size="75%">{raised}</tspan>'
        return power if mantissa == "1" else f"{mantissa}·{power}"
    return f"{value:g}" if abs(value) < 1000 else f"{value:,.0f}".replace(",", " ")
