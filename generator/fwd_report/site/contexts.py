"""Printed values, escaped for where they stand: prose, code, math, a link, an HTML attribute.

Except in code blocks, links and math, a value is written as character references, which neither
Markdown nor a browser takes for anything but text. Places where text itself is active (scripts,
event handlers, names of tags) refuse values.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import quote

from jinja2 import TemplateRuntimeError

from fwd_report.site.mathml import FormulaError, markdown_inert
from fwd_report.site.not_run import NOT_RUN
from fwd_report.site.tainted_text import Span, TaintedText
from fwd_report.spec.markdown import NAME, Stretch, pieces
from fwd_report.spec.templates import PRIVATE, restored

MARK = re.compile("\ue000(\\d+)\ue001")
"""Stands for a printed value while Markdown is parsed."""
MISSING = f'<mark class="fwd-missing">{NOT_RUN}</mark>'
NUMBER = re.compile(r"[-−]?[\d.,]+(?:e[-+]?\d+)?")
PLAIN = re.compile(r"(?:[^\W_]|(?<!^)[ .,])*")
"""Text that needs no character references; a leading space or dot could begin a code block or
list."""
HARMLESS = re.compile(r"[\w .,:;/+=()-]*")
"""What may stand in a code block, wherever Markdown ends the block."""
ATTRIBUTE = re.compile(r"""(?<![^\s"'<>/=])([^\s"'<>/=]++)\s*+=\s*+("[^"]*+"|'[^']*+')""")
"""Begins only where a name does, so that a long name is scanned once."""
URLS = frozenset((
    "action", "background", "cite", "data", "formaction", "href", "longdesc", "manifest", "ping",
    "poster", "src", "xlink:href",
))  # fmt: skip
LIVE = frozenset(
    ("style", "srcdoc", "srcset", "http-equiv", "content", "to", "from", "by", "values", "rel")
)
"""Attributes in which text is active; so are those that begin with "on"."""
LIVE_TAGS = frozenset((
    "script", "style", "iframe", "object", "embed", "link", "base", "meta", "animate", "set",
    "animatetransform", "animatemotion", "use", "foreignobject", "form", "portal",
))  # fmt: skip
SHOWN_AS_HTML = frozenset(("data-title", "data-description", "data-caption"))
"""Attributes that the lightbox shows as HTML."""
DESTINATION = re.compile(r"\]\(((?:[^()\n]|\([^()\n]*\))*)\)?")
DEFINITION = re.compile(r"^[ >]*\[(?!\^)[^\[\]\n]*\]:[ \t]*+(?:\n[ \t]*+)?(\S+)", re.M)
SNIPPET = "-8<-"
"""Markdown's file inclusion."""
SCHEME = re.compile(r"\s*[A-Za-z\ue000][^/?#\s]*:")
"""The beginning of an address with a scheme, such as `javascript:`."""
WEB = re.compile(r"\s*(?:https?|mailto|tel):", re.I)
CODE_SPAN = re.compile(r"(`+)(.*?)\1", re.S)


class PlaceError(TemplateRuntimeError):
    """A value is printed where a page cannot show one."""


class MarkdownWriter:
    """Writes a rendered text as Markdown in which every printed value is plain text."""

    def __init__(self, text: TaintedText) -> None:
        self._spans: list[Span] = []
        parts: list[str] = []
        self._starts: list[int] = []
        self._sources: list[Span] = []
        length = 0
        for span in text.spans:
            if span.kind == "author":
                part = PRIVATE.sub("", restored(span.text))
            else:
                part = f"\ue000{len(self._spans)}\ue001"
                self._spans.append(span)
            self._starts.append(length)
            self._sources.append(span)
            parts.append(part)
            length += len(part)
        self.marked = "".join(parts)
        """The text, with a mark for each printed value."""

    def pieces(self) -> Iterator[Stretch]:
        return pieces(self.marked)

    def line(self, position: int) -> int | None:
        """The template's line for a position of the marked text."""
        index = bisect_right(self._starts, position) - 1
        if index < 0:
            return None
        return self._sources[index].line_at(position - self._starts[index])

    def formula(self, piece: Stretch, write: Callable[[str], str]) -> str:
        """A formula, converted by `write`; a FormulaError gets its line."""
        latex = MARK.sub(lambda match: _in_math(self._span(match)), piece.text)
        try:
            return write(latex)
        except FormulaError as error:
            first = self.line(piece.start)
            error.lineno = None if first is None else first + error.rows
            raise

    def piece(self, piece: Stretch) -> str:
        """A piece that is not a formula, as the page has it."""
        if "\ue000" not in piece.text:
            return piece.text
        if piece.kind == "code":
            return self._code(piece.text)
        if piece.kind == "raw":
            return MARK.sub(lambda match: _text(self._span(match)), piece.text)
        if piece.kind == "script":
            return self._numbers(piece.text, "in a script or a style sheet")
        if piece.kind == "tag":
            return self._tag(piece.text)
        return self._prose(piece.text)

    def _span(self, match: re.Match[str]) -> Span:
        return self._spans[int(match[1])]

    def _refused(self, span: Span, where: str) -> PlaceError:
        error = PlaceError(
            f"the prose prints {_quoted(span.text)} {where}, where it would not stay text: "
            "print it in the prose itself"
        )
        error.lineno = span.line  # type: ignore[attr-defined]
        return error

    def _numbers(self, text: str, where: str) -> str:
        """Text in which only numbers may be printed."""

        def written(match: re.Match[str]) -> str:
            span = self._span(match)
            if not NUMBER.fullmatch(span.text):
                raise self._refused(span, where)
            return span.text

        return MARK.sub(written, text)

    def _code(self, text: str) -> str:
        """A code span becomes HTML; a code block accepts only values that cannot end it."""
        span = CODE_SPAN.fullmatch(text)
        if span and not text.startswith("```"):
            parts = re.split("(\ue000\\d+\ue001)", re.sub(r"\s+", " ", span[2]).strip())
            return f"<code>{''.join(self._plain(part) for part in parts)}</code>"

        def block(match: re.Match[str]) -> str:
            value = self._span(match)
            if not HARMLESS.fullmatch(value.text):
                raise self._refused(value, "in a block of code")
            return value.text

        return MARK.sub(block, text)

    def _plain(self, part: str) -> str:
        mark = MARK.fullmatch(part)
        return _text(self._span(mark)) if mark else markdown_inert(part)

    def _tag(self, text: str) -> str:
        """A tag: values may stand in quoted attributes, as text or, in addresses, percent-
        encoded.
        """
        named = NAME.match(text)
        tag = named[1].lower() if named else ""
        written: list[str] = []
        end = 0
        for attribute in ATTRIBUTE.finditer(text):
            if "\ue000" not in attribute[2]:
                continue
            name = attribute[1].lower()
            inside = attribute[2]
            before = text[end : attribute.start(2)]
            written.append(self._numbers(before, f"in the tag <{tag or '…'}>, outside of quotes"))
            end = attribute.end()
            if tag in LIVE_TAGS or name in LIVE or name.startswith("on"):
                written.append(self._numbers(inside, f"in the attribute {name} of <{tag}>"))
            elif name in URLS:
                quotes = inside[0]
                written.append(quotes + self._address(inside[1:-1]) + quotes)
            else:
                write = _twice if name in SHOWN_AS_HTML else _text
                written.append(MARK.sub(lambda m, w=write: w(self._span(m)), inside))
        rest = self._numbers(text[end:], f"in the tag <{tag or '…'}>, outside of quotes")
        return "".join(written) + rest

    def _address(self, text: str) -> str:
        """An address in which values can only be a part of it."""
        for match in MARK.finditer(text):
            span = self._span(match)
            runs = SCHEME.match(text) and not WEB.match(text)
            if runs and not NUMBER.fullmatch(span.text):
                raise self._refused(span, "in an address that may run")
        encoded = MARK.sub(lambda match: quote(self._span(match).text, safe="/"), text)
        first = MARK.match(text)
        return quote(encoded, safe="%") if first and encoded.startswith("//") else encoded

    def _prose(self, text: str) -> str:
        """Markdown: values as text, with special cases for addresses, attribute lists and
        inclusions.
        """
        for line in text.split("\n"):
            if "\ue000" not in line:
                continue
            if SNIPPET in line:
                self._numbers(line, "in the name of a file to include")
            # Markdown may take the braces for a list of attributes.
            braces = line[line.find("{") : line.rfind("}") + 1] if "{" in line else ""
            if "=" in braces:
                self._numbers(braces, "between braces with an =")
        text = DESTINATION.sub(
            lambda found: found[0] if "\ue000" not in found[1] else self._link(found[0], found[1]),
            text,
        )
        text = DEFINITION.sub(
            lambda found: found[0].replace(found[1], self._address(found[1])), text
        )
        return MARK.sub(lambda match: _in_prose(self._span(match)), text)

    def _link(self, whole: str, inside: str) -> str:
        """`](address "title")`: the address encoded, the title as text."""
        parts = re.split(r"""("[^"\n]*"|'[^'\n]*')""", inside)
        written = [
            MARK.sub(lambda match: _text(self._span(match)), part)
            if part[:1] in ('"', "'")
            else self._address(part)
            for part in parts
        ]
        return whole.replace(inside, "".join(written), 1)


def _in_prose(span: Span) -> str:
    return MISSING if span.kind == "missing" else _text(span)


def _text(span: Span) -> str:
    """A value as HTML text that Markdown leaves alone, on one line."""
    text = "".join(c if c.isprintable() else " " for c in PRIVATE.sub("", span.text))
    if PLAIN.fullmatch(text):
        return text
    return re.sub("^ ", "&#32;", markdown_inert(text))


def _twice(span: Span) -> str:
    return _text(span._replace(text=escape(span.text)))


def _in_math(span: Span) -> str:
    """In a formula, a number stays a number; anything else becomes text."""
    if re.fullmatch(r"-?[\d.]+", span.text):
        return span.text
    number = re.fullmatch(r"(-?[\d.]+)e([-+]?)0*(\d+)", span.text)
    if number:
        sign = "-" if number[2] == "-" else ""
        return rf"{number[1]} \times 10^{{{sign}{number[3]}}}"
    if span.text in ("∞", "-∞"):
        return span.text.replace("∞", r"\infty ")
    return r"\text{" + re.sub(r"[\\{}$%&#_^~<>`]", " ", span.text) + "}"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
