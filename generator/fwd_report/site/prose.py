"""Prose: a template over the results, then math as MathML; printed values stay plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from fwd_report.site.contexts import MISSING, MarkdownWriter
from fwd_report.site.equations import IN_MATH, Equations, as_align
from fwd_report.site.markdown_bounds import TooLongError, check_nesting
from fwd_report.site.mathml import markdown_inert, to_mathml
from fwd_report.site.sandbox import format_value, rendered_text
from fwd_report.site.spoken import spoken
from fwd_report.site.tainted_text import TaintedText
from fwd_report.spec.markdown import INLINE, Stretch

__all__ = ["MISSING", "equation", "format_value", "inline", "render", "render_inline"]

PAGE_LINK = re.compile(r'href="(?![a-z][a-z0-9+.-]*:|/)([^":#?]+)\.md(#[^"]*)?"')
"""A link to a Markdown file of the site: its path without the suffix, and its anchor."""
LONGEST = 200_000
"""Characters of one text of prose: MkDocs takes minutes over much more."""
LONGEST_INLINE = 20_000
"""Characters of a caption."""
MATH = ("inline", "display", "environment")
PICTURE = re.compile(r"!\[((?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\](?=[(\[])")
ALT = re.compile(r"""(\s(?:alt|title|aria-label)\s*=\s*)("[^"]*"|'[^']*')""", re.I)
AROUND_DISPLAY = re.compile(r"[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)?")
AFTER_DISPLAY = re.compile(r"[ \t]*[.,;:]?[ \t]*")


def render(source: str, context: Mapping[str, Any], equations: Equations | None = None) -> str:
    """Prose as Markdown with MathML.

    Whatever the template prints stays text: see contexts.py. equations: those of the page, whose
    `linked` later turns references into links; None: only those of this text. Raises
    jinja2.TemplateError, FormulaError, TooLongError, EquationError and what the template's
    expressions raise.
    """
    with _page(equations) as known:
        writer = _written(source, context, LONGEST)
        alts = _alternatives(writer.marked)
        written = []
        for piece in writer.pieces():
            if piece.kind in MATH:
                alone = piece.kind == "display" and _stands_alone(writer.marked, piece)
                display = alone or piece.kind == "environment"
                written.append(_formula(writer, piece, display, known, alts))
            elif piece.kind == "text":
                written.append(_text(writer, piece, known))
            elif piece.kind == "tag":
                written.append(_tag(writer, piece))
            else:
                written.append(writer.piece(piece))
        made = "".join(written)
    return made if equations else known.linked(made)


def render_inline(
    source: str,
    context: Mapping[str, Any],
    equations: Equations | None = None,
    up: str = "../",
) -> str:
    """A caption as HTML: the author's own HTML is escaped, Markdown's inline markup works.

    MkDocs leaves HTML as it is, so links to other Markdown files become addresses here. up: from
    the page's address to its file's folder. Raises as `render` does.
    """
    return _inline(_written(source, context, LONGEST_INLINE), up, equations)


def inline(source: str, up: str = "../") -> str:
    """A text that is not a template, such as the description, rendered like a caption."""
    return _inline(MarkdownWriter(TaintedText.author(source, 1)), up, None)


def _written(source: str, context: Mapping[str, Any], longest: int) -> MarkdownWriter:
    text = rendered_text(source, dict(context))
    if len(text) > longest:
        raise TooLongError(f"the text has {len(text):,} characters; at most {longest:,} are shown")
    check_nesting(str(text))
    return MarkdownWriter(text)


def _inline(writer: MarkdownWriter, up: str, equations: Equations | None) -> str:
    from markdown import markdown

    alts = _alternatives(writer.marked)
    written = []
    with _page(equations) as known:
        for piece in writer.pieces():
            if piece.kind in MATH:
                written.append(_formula(writer, piece, False, known, alts))
            elif piece.kind == "code":
                written.append(writer.piece(piece))
            else:
                # Here tags are shown, not obeyed, so that all of it is text.
                written.append(_text(writer, piece, known, tags=False))
    html = markdown("".join(written).strip(), extensions=["smarty"])
    html = PAGE_LINK.sub(lambda link: f'href="{up}{_address(link[1])}{link[2] or ""}"', html)
    html = html.replace("</p>\n<p>", "<br>").removeprefix("<p>").removesuffix("</p>")
    return html if equations else known.linked(html)


@contextmanager
def _page(equations: Equations | None) -> Iterator[Equations]:
    """The page's equations; those of a single text are all known when it is written."""
    known = equations or Equations()
    yield known
    if equations is None:
        for _, error in known.wrong():
            raise error


def _formula(
    writer: MarkdownWriter, piece: Stretch, display: bool, known: Equations, alts: Sequence[range]
) -> str:
    if any(piece.start in alt for alt in alts):
        return writer.formula(piece, lambda latex: markdown_inert(spoken(latex)))

    def write(latex: str) -> str:
        numbered, anchors = known.numbered(as_align(latex), display)
        referring = known.referred_in_math(numbered, writer.line(piece.start))
        made = equation(referring, display, anchors, numbered)
        return made if referring == numbered else IN_MATH.sub("\ue006\\1\ue007", made)

    return writer.formula(piece, write)


def _text(writer: MarkdownWriter, piece: Stretch, known: Equations, tags: bool = True) -> str:
    """Text with its references recorded. tags: whether the author's own HTML works."""
    text = known.referred(piece.text, lambda position: writer.line(piece.start + position))
    text = text if tags else text.replace("<", "&lt;")
    return writer.piece(Stretch("text", text, piece.start)).replace("\\$", "&#36;")


def _tag(writer: MarkdownWriter, piece: Stretch) -> str:
    """A tag, with formulas in its alternative text as plain text."""

    def read_out(found: re.Match[str]) -> str:
        formula = Stretch("inline", found[1], piece.start)
        return writer.formula(formula, lambda latex: markdown_inert(spoken(latex)))

    text = ALT.sub(lambda alt: alt[1] + INLINE.sub(read_out, alt[2]), piece.text)
    return writer.piece(Stretch("tag", text, piece.start))


def _alternatives(text: str) -> list[range]:
    """The ranges of the alternative texts of Markdown's pictures."""
    return [range(*found.span(1)) for found in PICTURE.finditer(text)] if "![" in text else []


def _stands_alone(text: str, piece: Stretch) -> bool:
    """Whether a formula between double dollars has its lines to itself; else it is inline."""
    end = piece.start + len(piece.text) + 4
    before = text[text.rfind("\n", 0, piece.start) + 1 : piece.start]
    after = text[end : text.find("\n", end) if "\n" in text[end:] else len(text)]
    return bool(AROUND_DISPLAY.fullmatch(before) and AFTER_DISPLAY.fullmatch(after))


def _address(page: str) -> str:
    """The address of a page by its path without `.md`; an index page has its folder's."""
    folder, _, name = page.rpartition("/")
    place = folder if name == "index" else page
    return f"{place}/" if place else ""


def equation(
    latex: str, display: bool, anchors: Sequence[str] = (), written: str | None = None
) -> str:
    """A formula as HTML that may stand anywhere in Markdown.

    anchors: its ids. written: what the author wrote.
    """
    kind = "fwd-equation" if display else "fwd-math"
    targets = "".join(f'<span id="{anchor}"></span>' for anchor in anchors)
    return f'<span class="{kind}">{targets}{to_mathml(latex, display, written)}</span>'
