"""Titles and labels: text in which `$…$` is math, and Markdown, HTML and templates mean nothing.

`wrong_words` finds formulas in them that cannot be shown, before a page is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape

from markupsafe import Markup

from fwd_report.errors import Problem
from fwd_report.site.mathml import FormulaError, markdown_inert, to_mathml
from fwd_report.site.spoken import spoken
from fwd_report.spec.markdown import INLINE
from fwd_report.spec.project import REPORT, Project
from fwd_report.spec.prose_check import prose_problem
from fwd_report.techniques.words import CLOSE, OPEN, Words, marked, unmarked

MATH = re.compile(rf"\\\$|\$\$(?P<double>[^$]+)\$\$|{INLINE.pattern}", INLINE.flags)
AUTHORED = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")


def heading(title: str) -> Markup:
    """A title as HTML that Markdown leaves alone."""
    return Markup(_title(title, markdown_inert, _math))


def plain_title(title: str) -> str:
    """A title as plain text."""
    return _title(title, str, spoken)


def toc_label(title: str) -> Markup:
    """The attribute for a heading's name in the table of contents; "" without math."""
    return Markup(
        f' data-toc-label="{markdown_inert(plain_title(title))}"' if _has_math(title) else ""
    )


def heading_id(title: str) -> str:
    """The anchor of a page's title."""
    from markdown.extensions.toc import slugify

    return slugify(plain_title(title), "-")


def title_html(title: str) -> Markup:
    """A title as HTML, for places other than a Markdown heading."""
    return label_html(marked(title))


def label_html(label: str) -> Markup:
    """A figure's label as HTML: the author's words may hold math, values are text."""
    return Markup(_label(label, escape, lambda words: _title(words, escape, _math)))


def plain_label(label: str) -> str:
    """A figure's label or alt text as plain text."""
    return _label(label, str, plain_title)


def stretches(title: str) -> tuple[tuple[str, bool], ...]:
    """A title in stretches, each with whether it is a formula (with its dollars)."""
    found, end = [], 0
    for math in MATH.finditer(title):
        if math[0] != "\\$":
            found += [(title[end : math.start()], False), (math[0], True)]
            end = math.end()
    return tuple(part for part in (*found, (title[end:], False)) if part[0])


def wrong_words(project: Project) -> Iterator[Problem]:
    """Each formula in a title or label that cannot be shown, at its place."""
    for section, path, words in _every(project):
        for math in MATH.finditer(words):
            if (latex := _latex(math)) is not None:
                try:
                    to_mathml(latex, display=False)
                except FormulaError as error:
                    yield prose_problem(project, section, path, error)


def _every(project: Project) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
    """All titles and labels: section, path within it, text."""
    yield REPORT, ("title",), project.report.title
    for section in project.sections:
        yield section.name, ("title",), section.title
        yield section.name, ("part",), section.part
        for experiment in section.experiments:
            yield section.name, (experiment.id, "title"), experiment.title
            yield section.name, (experiment.id, "label"), experiment.label
            cases = dict.fromkeys(v.axes["case"] for v in experiment.variants if "case" in v.axes)
            for index, case in enumerate(cases):
                if isinstance(case, Words):
                    yield section.name, (experiment.id, "cases", index, "label"), case


def _label(label: str, value: Callable[[str], str], words: Callable[[str], str]) -> str:
    if OPEN not in label:
        return value(label)
    parts = AUTHORED.split(label)
    return "".join((words if i % 2 else value)(unmarked(part)) for i, part in enumerate(parts))


def _title(title: str, text: Callable[[str], str], math: Callable[[str], str]) -> str:
    written, end = [], 0
    for found in MATH.finditer(title):
        written.append(text(title[end : found.start()]))
        latex = _latex(found)
        try:
            written.append(text("$") if latex is None else math(latex))
        except FormulaError:
            # wrong_words says so; the page is not written.
            written.append(text(found[0]))
        end = found.end()
    return "".join((*written, text(title[end:])))


def _latex(found: re.Match[str]) -> str | None:
    """The formula between the dollars; None for a dollar that is text."""
    return found["double"] or found[2]


def _has_math(title: str) -> bool:
    return any(_latex(found) is not None for found in MATH.finditer(title))


def _math(latex: str) -> str:
    return f'<span class="fwd-math">{to_mathml(latex, display=False)}</span>'
