"""Splits Markdown just far enough to tell code, markup, math and prose apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "code", "inline", "display", "environment", "tag", "raw", "script"]

FENCE = re.compile(r"(?P<prefix>[ \t>]*)(?P<fence>`{3,}|~{3,})[^\n]*(?:\n|$)")
TAG = re.compile(r"""</?[A-Za-z\ue000](?:[^"'<>]++|"[^"]{0,2000}+"|'[^']{0,2000}+'){0,200}+>""")
NAME = re.compile(r"<([A-Za-z][A-Za-z0-9-]*)")
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.S)
ENVIRONMENT = re.compile(
    r"\\begin\{((?:align(?:at)?|gather|equation|multline|eqnarray)\*?)\}.{1,5000}?\\end\{\1\}",
    re.S,
)
"""Environments that are displayed without dollars."""
INLINE = re.compile(r"\$(?=[^\s$])((?:\\.|[^$\\\n]|\n(?!\s*\n))+?)(?<=\S)\$(?!\d)")
CONTAINER = re.compile(r"\s*(?:[-*+]|\d+[.)])\s|!!!|\?\?\?|===|\[\^|:\s")
BLANK = re.compile(r"\n[ \t]*\n")
SPECIAL = re.compile(r"[\\`<$\n{]")
"""Characters that may begin something other than text, newlines included."""
RAW_BEGIN = re.compile(r"\{%[-+]?\s*raw\s*-?%\}")
RAW_END = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
ATTRIBUTES = re.compile(r"\{#[^\s#{}][^\n{}#]*\}")
"""An attribute list with an id, `{#id .class}`, which a template would read as a comment."""
VERBATIM = ("pre", "code", "math", "svg", "textarea", "title")
"""Elements in which only tags are recognised, and neither Markdown nor math."""
SCRIPTS = ("script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext")
"""Elements whose text a browser does not read as HTML."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of Markdown; for math, `text` is the formula without its dollars.

    code: fenced and indented blocks, code spans. tag: one HTML tag. raw: a comment, or text in
    `<pre>`, `<code>`, `<svg>` and the like. script: the content of `<script>`, `<style>` and the
    like.
    """

    kind: Kind
    text: str
    start: int


def pieces(source: str, templates: bool = False) -> Iterator[Stretch]:
    """The source in pieces, in order: joined, with the dollars added again, they are the source.

    Math is `$…$` (pandoc's rule: no space inside the dollars, no digit after) and `$$…$$`.
    templates: the source is a template, whose own tags are text whatever they contain. Takes time
    linear in the source's length.
    """
    return _Scanner(source, templates).pieces()


class _Scanner:
    """Scans a source once from left to right; the end of something unterminated is not searched
    again.
    """

    def __init__(self, source: str, templates: bool) -> None:
        self._source = source
        self._templates = templates
        self._code_lines = _indented_code(source)
        self._verbatim_until = self._script_until = 0
        self._paragraph_end = -1
        self._absent: set[str] = set()

    def pieces(self) -> Iterator[Stretch]:
        source = self._source
        position = start = 0
        while position < len(source):
            if position < self._script_until:
                yield Stretch("script", source[position : self._script_until], position)
                position = start = self._script_until
                continue
            line_start = position == 0 or source[position - 1] == "\n"
            if not line_start and source[position] not in "\\`<$\n{":
                special = SPECIAL.search(source, position)
                position = special.start() if special else len(source)
                continue
            skipped = self._template(position) if self._templates else position
            if skipped > position:
                position = skipped
                continue
            verbatim = position < self._verbatim_until
            found = self._markup(position) if verbatim else self._special(position, line_start)
            if found is None:
                escaped = source.startswith("\\", position) and not source.startswith(
                    "\\<", position
                )
                position += 2 if escaped and not verbatim else 1
                continue
            kind, text, end = found
            if start < position:
                yield Stretch(self._plain(start), source[start:position], start)
            yield Stretch(kind, text, position)
            position = start = end
        if start < len(source):
            yield Stretch(self._plain(start), source[start:], start)

    def _plain(self, position: int) -> Kind:
        return "raw" if position < self._verbatim_until else "text"

    def _find(self, what: str, position: int) -> int:
        """Where `what` occurs next, -1 if nowhere; a failed search is not repeated."""
        if what in self._absent:
            return -1
        found = self._source.find(what, position)
        if found < 0:
            self._absent.add(what)
        return found

    def _template(self, position: int) -> int:
        """The end of the template tag that begins at `position`; `position` if none does."""
        source = self._source
        for opening, closing in (("{{", "}}"), ("{%", "%}"), ("{#", "#}")):
            if not source.startswith(opening, position):
                continue
            if opening == "{#" and ATTRIBUTES.match(source, position):
                return position
            raw = RAW_BEGIN.match(source, position)
            if raw and "endraw" not in self._absent:
                if end := RAW_END.search(source, raw.end()):
                    return end.end()
                self._absent.add("endraw")
            end_mark = self._find(closing, position + 2)
            return end_mark + 2 if end_mark >= 0 else position
        return position

    def _special(self, position: int, line_start: bool) -> tuple[Kind, str, int] | None:
        """The code, markup or math that begins at `position`, and where it ends."""
        source = self._source
        if line_start:
            end = self._block_code(position)
            if end is not None:
                return "code", source[position:end], end
        character = source[position]
        if character == "`":
            return self._code_span(position)
        if character == "<":
            return self._markup(position)
        if line_start and source.startswith("\\begin{", position):
            found = (
                ENVIRONMENT.match(source, position) if self._find("\\end{", position) >= 0 else None
            )
            if found:
                return "environment", found[0], found.end()
        if character == "$":
            closed = source.startswith("$$", position) and self._find("$$", position + 2) >= 0
            if closed and (display := DISPLAY.match(source, position)):
                return "display", display[1], display.end()
            if inline := INLINE.match(source, position):
                return "inline", inline[1], inline.end()
        return None

    def _block_code(self, position: int) -> int | None:
        opening = FENCE.match(self._source, position)
        if opening:
            fence = opening["fence"]
            if fence not in self._absent:
                closing = re.compile(rf"^[ \t>]*{re.escape(fence)}[ \t]*(?:\n|\Z)", re.M)
                if end := closing.search(self._source, opening.end()):
                    return end.end()
                self._absent.add(fence)
        if position not in self._code_lines:
            return None
        end_line = self._source.find("\n", position)
        return len(self._source) if end_line < 0 else end_line + 1

    def _code_span(self, position: int) -> tuple[Kind, str, int]:
        """A code span, which ends within its paragraph; or its backticks, if it does not."""
        source = self._source
        run = re.compile("`+").match(source, position)
        assert run is not None
        if self._paragraph_end < run.end():
            blank = BLANK.search(source, run.end())
            self._paragraph_end = blank.start() if blank else len(source)
        for closing in re.compile("`+").finditer(source, run.end(), self._paragraph_end):
            if closing[0] == run[0]:
                return "code", source[position : closing.end()], closing.end()
        return "text", run[0], run.end()

    def _markup(self, position: int) -> tuple[Kind, str, int] | None:
        """The comment, script or tag that begins at `position`; an unterminated tag is text."""
        source = self._source
        if not source.startswith("<", position):
            return None
        if source.startswith("<!--", position):
            end = self._find("-->", position + 4)
            return None if end < 0 else ("raw", source[position : end + 3], end + 3)
        if not re.compile(r"</?[A-Za-z\ue000]|<[!?]").match(source, position):
            return None
        tag = TAG.match(source, position)
        end = tag.end() if tag else self._find(">", position) + 1
        if end == 0:
            return None
        name = NAME.match(source, position)
        element = name[1].lower() if name else ""
        if element in SCRIPTS or (element in VERBATIM and element not in self._absent):
            closing = re.compile(rf"</{element}\s*>", re.I).search(source, end)
            if element in SCRIPTS:
                self._script_until = closing.start() if closing else len(source)
            elif closing is None:
                self._absent.add(element)
            else:
                self._verbatim_until = max(self._verbatim_until, closing.start())
        return "tag", source[position:end], end


def _indented_code(source: str) -> set[int]:
    """Where lines of indented code begin that do not continue a list or paragraph."""
    found: set[int] = set()
    position = 0
    # Of the last line that is not indented: whether it begins a list, and a blank line follows.
    container = False
    separate: bool | None = True
    for line in source.split("\n"):
        if not line.strip():
            separate = True if separate is None else separate
        elif line.startswith(("    ", "\t")):
            separate = bool(separate)
            if separate and not container:
                found.add(position)
        else:
            container = CONTAINER.match(line) is not None
            separate = None
        position += len(line) + 1
    return found
