r"""The labelled equations of a page, `\label{eq:ddpm}`, and the references to them, `\eqref`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from markupsafe import Markup

from fwd_report.site.mathml import ROW, FormulaError, markdown_inert
from fwd_report.site.spoken import spoken

LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")
TAG = re.compile(r"\\tag\*?\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
REFERENCE = re.compile(r"(?<!\\)\\(eqref|ref)\s*\{([^{}\n]*)\}")
IN_ROWS = re.compile(r"\\begin\{(?:align|alignat|gather)\*?\}")
"""Environments that number each row."""
IN_MATH = re.compile("⸨(\\d+)⸩")
"""Stands for a reference within a formula during conversion."""
EQNARRAY = re.compile(r"\\begin\{eqnarray(\*?)\}(.*?)\\end\{eqnarray\*?\}", re.S)
TOKEN = re.compile(r"\\begin\b|\\end\b|\\\\|\\[^\\]|[{}&]", re.S)
PLACEHOLDER = re.compile("\ue006(\\d+)\ue007")
"""Stands for a reference until all equations of the page are known."""

Place = tuple[str, ...]


class EquationError(ValueError):
    """A reference to an equation that does not exist. lineno: its line in the prose."""

    lineno: int | None = None
    label: str = ""


class EquationReference(NamedTuple):
    """A reference to an equation: its label, whether it is in brackets, and where it stands."""

    label: str
    brackets: bool
    line: int | None
    place: Place


class Equations:
    """The equations of a page, in the order in which its texts are written.

    place: the text being written, as `prose_problem` takes it.
    """

    def __init__(self) -> None:
        self.place: Place = ()
        self._numbers: dict[str, str] = {}
        self._anchors: dict[str, str] = {}
        self._references: list[EquationReference] = []

    def numbered(self, latex: str, display: bool) -> tuple[str, tuple[str, ...]]:
        r"""The formula with its labels' numbers as tags, and its anchors.

        A label takes the `\tag` of its row, else the next number. Raises FormulaError for a label
        that the page already has, and for one outside a display.
        """
        anchors: list[str] = []
        while found := LABEL.search(latex):
            label = found[1].strip()
            problem = self._objection(label, display)
            start, end = _row(latex, found.start())
            row = LABEL.sub("", latex[start:end])
            tag = TAG.search(row)
            if problem is None and anchors and not IN_ROWS.search(latex):
                problem = "has two labels for one number"
            if problem is not None:
                error = FormulaError(latex, problem)
                error.rows = latex.count("\n", 0, found.start())
                raise error
            number = _plain(tag[1]) if tag else self._next()
            self._numbers[label] = number
            self._anchors[label] = self._anchor(label)
            anchors.append(self._anchors[label])
            written = "" if tag else rf"\tag{{{number}}}"
            latex = latex[: found.start()] + written + latex[found.end() :]
        return latex, tuple(anchors)

    def referred(self, text: str, line: Callable[[int], int | None]) -> str:
        """A text with its references recorded. line: gives the line of a position in the text."""

        def noted(found: re.Match[str]) -> str:
            label, brackets = found[2].strip(), found[1] == "eqref"
            where = line(found.start())
            self._references.append(EquationReference(label, brackets, where, self.place))
            return f"\ue006{len(self._references) - 1}\ue007"

        return REFERENCE.sub(noted, text)

    def referred_in_math(self, latex: str, line: int | None) -> str:
        """A formula with its references recorded and replaced by placeholders for the conversion.

        line: that of its beginning.
        """

        def noted(found: re.Match[str]) -> str:
            where = None if line is None else line + latex.count("\n", 0, found.start())
            reference = EquationReference(found[2].strip(), found[1] == "eqref", where, self.place)
            self._references.append(reference)
            return rf"\text{{⸨{len(self._references) - 1}⸩}}"

        return REFERENCE.sub(noted, latex)

    def wrong(self) -> Iterator[tuple[Place, EquationError]]:
        """Each reference to nothing, with the text it stands in."""
        for reference in self._references:
            if reference.label not in self._numbers:
                known = ", ".join(self._numbers) or "none"
                error = EquationError(
                    f"the prose refers to the equation {reference.label!r}, which no \\label of "
                    f"this page names; its labels: {known}"
                )
                error.lineno = reference.line
                yield reference.place, error

    def linked(self, text: str) -> str:
        """A finished text with its references as links, once all texts are written.

        Placeholders for other pages' equations stay.
        """

        def link(found: re.Match[str]) -> str:
            reference = self._references[int(found[1])]
            if reference.label not in self._numbers:
                return found[0]
            number, anchor = self.labels[reference.label]
            return reference_link(reference, number, f"#{anchor}")

        return PLACEHOLDER.sub(link, text)

    def named(self, text: str) -> Markup:
        """A text that stands alone: references to other pages' equations show their labels."""
        return Markup(
            PLACEHOLDER.sub(
                lambda found: markdown_inert(self._references[int(found[1])].label), text
            )
        )

    @property
    def labels(self) -> dict[str, tuple[str, str]]:
        """(number, anchor) of each labelled equation."""
        return {label: (number, self._anchors[label]) for label, number in self._numbers.items()}

    @property
    def elsewhere(self) -> dict[str, EquationReference]:
        """The references to what the page has not, by the number of their placeholder."""
        return {
            str(number): reference
            for number, reference in enumerate(self._references)
            if reference.label not in self._numbers
        }

    def _objection(self, label: str, display: bool) -> str | None:
        if not display:
            return "has a label, which only a display may have: $$…$$ on lines of their own"
        if not label:
            return "has a label without a name"
        if label in self._numbers:
            return f"has the label {label!r}, which another equation of this page has"
        return None

    def _next(self) -> str:
        number = 1
        while str(number) in self._numbers.values():
            number += 1
        return str(number)

    def _anchor(self, label: str) -> str:
        anchor = f"eq-{re.sub(r'[^A-Za-z0-9.-]+', '-', label.removeprefix('eq:'))}"
        while anchor in self._anchors.values():
            anchor += "-"
        return anchor


def reference_link(reference: EquationReference, number: str, address: str, where: str = "") -> str:
    """A reference as a link that shows the equation's number. where: HTML that follows it."""
    shown = markdown_inert(f"({number})" if reference.brackets else number)
    return f'<a class="fwd-eqref" href="{address}">{shown}{where}</a>'


def as_align(latex: str) -> str:
    """A formula with `align` in place of `eqnarray`, which has one more column: `a & = & b`."""
    return EQNARRAY.sub(
        lambda found: rf"\begin{{align{found[1]}}}{_one_mark(found[2])}\end{{align{found[1]}}}",
        latex,
    )


def _one_mark(rows: str) -> str:
    """The rows without their second alignment mark."""
    written, end, depth, marks = [], 0, 0, 0
    for token in TOKEN.finditer(rows):
        depth += {"{": 1, "}": -1, r"\begin": 1, r"\end": -1}.get(token[0], 0)
        if depth == 0 and token[0] == r"\\":
            marks = 0
        elif depth == 0 and token[0] == "&":
            marks += 1
            if marks == 2:
                written.append(rows[end : token.start()])
                end = token.end()
    return "".join((*written, rows[end:]))


def _row(latex: str, position: int) -> tuple[int, int]:
    """Where the numbered row around a position begins and ends; for a single number, the whole
    formula.
    """
    start, end = 0, len(latex)
    if IN_ROWS.search(latex):
        for found in ROW.finditer(latex):
            if found.end() <= position:
                start = found.end()
            elif found.start() < end:
                end = found.start()
    return start, end


def _plain(tag: str) -> str:
    try:
        return spoken(rf"\text{{{tag}}}")
    except FormulaError:
        return tag
