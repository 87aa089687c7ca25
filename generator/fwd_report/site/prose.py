"""Prose: a template over the results, then math as MathML; the values it prints are inert."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fwd_report.site.contexts import MISSING, Writer
from fwd_report.site.mathml import to_mathml
from fwd_report.site.sandbox import format_value, text_of
from fwd_report.site.text import Text
from fwd_report.spec.markdown import Piece

__all__ = ["MISSING", "equation", "format_value", "inline", "render", "render_inline"]

PAGE_LINK = re.compile(r'href="(?![a-z][a-z0-9+.-]*:|/)([^":#?]+)\.md(#[^"]*)?"')
"""A link to a Markdown file of the site: its path without the suffix, and its anchor."""
LONGEST = 200_000
"""Characters of one text of prose: MkDocs takes minutes over much more."""
MOST_BRACKETS = 200
"""Square brackets, and addresses of links, that are open at once in one paragraph."""
MOST_QUOTES = 20
"""Block quotes within each other."""
NESTING = re.compile(r"[ >]*")
BRACKET = re.compile(r"\]\(|[\[\])]")
LONGEST_INLINE = 20_000
"""Characters of a caption."""
AROUND_DISPLAY = re.compile(r"[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)?")
AFTER_DISPLAY = re.compile(r"[ \t]*[.,;:]?[ \t]*")


class TooLongError(ValueError):
    """A text is longer than a page can take."""


def render(source: str, context: Mapping[str, Any]) -> str:
    """Prose as Markdown with MathML.

    What the template prints stays text, whatever it is: see contexts.py. Raises
    jinja2.TemplateError, FormulaError, TooLongError and what the template's expressions raise.
    """
    writer = _written(source, context, LONGEST)
    written = []
    for piece in writer.pieces():
        if piece.kind in ("inline", "display", "environment"):
            alone = piece.kind == "display" and _stands_alone(writer.marked, piece)
            display = alone or piece.kind == "environment"
            written.append(writer.formula(piece, lambda latex, d=display: equation(latex, d)))  # type: ignore[misc]
        elif piece.kind == "text":
            written.append(writer.piece(piece).replace("\\$", "&#36;"))
        else:
            written.append(writer.piece(piece))
    return "".join(written)


def render_inline(source: str, context: Mapping[str, Any], up: str = "../") -> str:
    """A caption as HTML: the author's own HTML is escaped, Markdown's inline marks work.

    MkDocs leaves HTML as it is, so links to other Markdown files become addresses here. up: from
    the page's address to its file's folder. Raises as `render` does.
    """
    return _inline(_written(source, context, LONGEST_INLINE), up)


def inline(source: str, up: str = "../") -> str:
    """A text that is no template, such as the description, as `render_inline` writes captions."""
    return _inline(Writer(Text.author(source, 1)), up)


def _written(source: str, context: Mapping[str, Any], longest: int) -> Writer:
    text = text_of(source, dict(context))
    if len(text) > longest:
        raise TooLongError(f"the text has {len(text):,} characters; at most {longest:,} are shown")
    _check_nesting(str(text))
    return Writer(text)


def _check_nesting(text: str) -> None:
    """Raise TooLongError for deep quotes and open brackets: at each, Markdown reads on."""
    squares = links = 0
    for line, words in enumerate(text.splitlines(), 1):
        if not words.strip():
            squares = links = 0
        if len(NESTING.match(words)[0].replace(" ", "")) > MOST_QUOTES:  # type: ignore[index]
            raise TooLongError(
                f"quotes within quotes, more than {MOST_QUOTES}, in line {line:,} of the text"
            )
        for found in BRACKET.finditer(words):
            if found[0] == "[":
                squares += 1
            elif found[0] == ")":
                links = max(0, links - 1)
            else:
                squares = max(0, squares - 1)
                links += found[0] == "]("
            if max(squares, links) > MOST_BRACKETS:
                raise TooLongError(
                    f"more than {MOST_BRACKETS} brackets are open in one paragraph, "
                    f"in line {line:,} of the text"
                )


def _inline(writer: Writer, up: str) -> str:
    from markdown import markdown

    written = []
    for piece in writer.pieces():
        if piece.kind in ("inline", "display", "environment"):
            written.append(writer.formula(piece, lambda latex: equation(latex, display=False)))
        elif piece.kind == "code":
            written.append(writer.piece(piece))
        else:
            # Here tags are shown, not obeyed, so that all of it is text.
            prose = Piece("text", piece.text.replace("<", "&lt;"), piece.start)
            written.append(writer.piece(prose).replace("\\$", "&#36;"))
    html = markdown("".join(written).strip(), extensions=["smarty"])
    html = PAGE_LINK.sub(lambda link: f'href="{up}{_address(link[1])}{link[2] or ""}"', html)
    return html.replace("</p>\n<p>", "<br>").removeprefix("<p>").removesuffix("</p>")


def _stands_alone(text: str, piece: Piece) -> bool:
    """Whether a formula between double dollars has its lines to itself; else it is inline."""
    end = piece.start + len(piece.text) + 4
    before = text[text.rfind("\n", 0, piece.start) + 1 : piece.start]
    after = text[end : text.find("\n", end) if "\n" in text[end:] else len(text)]
    return bool(AROUND_DISPLAY.fullmatch(before) and AFTER_DISPLAY.fullmatch(after))


def _address(page: str) -> str:
    """The address of a page by its path without `.md`; an index page's is its folder's."""
    folder, _, name = page.rpartition("/")
    place = folder if name == "index" else page
    return f"{place}/" if place else ""


def equation(latex: str, display: bool) -> str:
    """A formula as HTML that may stand anywhere in Markdown."""
    kind = "fwd-equation" if display else "fwd-math"
    return f'<span class="{kind}">{to_mathml(latex, display)}</span>'
