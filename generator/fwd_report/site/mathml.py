"""LaTeX to MathML when a page is made: equations need no script and no network.

The converter is Temml, KaTeX's sibling for MathML, and runs here, not in the reader's browser.
"""

from __future__ import annotations

import hashlib
import json
import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from fwd_report.site.converted import remembered
from fwd_report.site.converter import SOURCES, ConversionError, converter

ALIASES = {
    **{
        rf"\{name}": rf"\mathbb{{{name[0].upper()}}}"
        for name in ("R", "N", "Z", "Complex", "Reals")
    },
    r"\reals": r"\mathbb{R}",
    r"\natnums": r"\mathbb{N}",
    r"\cnums": r"\mathbb{C}",
    r"\larr": r"\leftarrow",
    r"\rarr": r"\rightarrow",
    r"\harr": r"\leftrightarrow",
    r"\uarr": r"\uparrow",
    r"\darr": r"\downarrow",
    r"\lrarr": r"\leftrightarrow",
    r"\lArr": r"\Leftarrow",
    r"\rArr": r"\Rightarrow",
    r"\hArr": r"\Leftrightarrow",
    r"\Larr": r"\Leftarrow",
    r"\Rarr": r"\Rightarrow",
    r"\Harr": r"\Leftrightarrow",
    r"\isin": r"\in",
    r"\exist": r"\exists",
    r"\empty": r"\emptyset",
    r"\infin": r"\infty",
    r"\plusmn": r"\pm",
    r"\sdot": r"\cdot",
    r"\bull": r"\bullet",
    r"\sub": r"\subset",
    r"\sube": r"\subseteq",
    r"\supe": r"\supseteq",
    r"\real": r"\Re",
    r"\image": r"\Im",
    r"\weierp": r"\wp",
    r"\alef": r"\aleph",
    r"\Dagger": r"\ddagger",
    r"\thetasym": r"\vartheta",
}
"""Short names that KaTeX has and Temml has not."""
COMMANDS = Path(__file__).parent / "temml" / "commands.txt"
"""Names to suggest for unknown ones: KaTeX's, most of which Temml has."""
CANDIDATES = 5
LONGEST = 20_000
"""Characters of one formula."""
SCRIPTED = ("msub", "msup", "msubsup", "munder", "munderover")
TIGHT = ("/", "…", ".", "!")
"""Operators that TeX sets without space around them."""
NUMBERED = re.compile(r"\\(begin|end)\{(align|alignat|gather|equation|multline|eqnarray)\}")
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.S)
ROW = re.compile(r"\\\\(?![a-zA-Z])|\\newline(?![a-zA-Z])|\\cr(?![a-zA-Z])")
UNKNOWN = re.compile(r"(?:Unsupported function name|Undefined control sequence): (\S+)")
BOLD = str.maketrans("∇∂0123456789", "𝛁𝛛𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
"""What has a bold form that the converter leaves to style sheets."""
SIGN = r"\\(?:partial|infty|ell|hbar|Re|Im|wp|aleph)(?![a-zA-Z])"
BOLD_SIGN = re.compile(rf"\\(?:boldsymbol|bm)\s*(?:\{{\s*({SIGN})\s*\}}|({SIGN}))")
"""Symbols that the converter makes bold only by another command."""
GROUPED = re.compile(r"(?<=\d),(?=\d)(?!\d{3}(?!\d))")
"""A comma between two numbers that is not a thousands separator."""


class FormulaError(ValueError):
    """A formula that cannot be shown. latex: as written; lineno: its line, once known."""

    lineno: int | None = None
    rows: int = 0
    """How many lines below the formula's first one the error is."""

    def __init__(self, latex: str, reason: str) -> None:
        super().__init__(f"the formula `{latex.strip()[:200]}` {reason}")
        self.latex = latex


class UnknownCommandError(FormulaError):
    """A formula with an unknown command: no printed value can make it right."""

    def __init__(self, latex: str, command: str, meant: str | None) -> None:
        hint = f"; did you mean {meant}?" if meant else ""
        super().__init__(latex, f"uses the unknown command {command}{hint}")


def to_mathml(latex: str, display: bool, written: str | None = None) -> str:
    """A formula as a `<math>` element, in the part of MathML that browsers render.

    written: what the author wrote, for `alttext`; None: the formula. ASCII characters that could
    mean something to Markdown are written as character references. Raises FormulaError if the
    formula is not understood.
    """
    root = converted(latex, display)
    _embolden(root)
    for element in root.iter():
        _adapt(element)
    for element in list(root.iter()):
        _space(element)
    root.attrib.pop("style", None)
    root.attrib.pop("class", None)
    root.set("display", "block" if display else "inline")
    alternative = markdown_inert(" ".join(_printable(written or latex).split()))
    return _serialise(root).replace("<math ", f'<math alttext="{alternative}" ', 1)


def converted(latex: str, display: bool) -> ElementTree.Element:
    """A formula as Temml's MathML. Raises FormulaError if it is not understood."""
    if len(latex) > LONGEST:
        raise FormulaError(latex, f"is longer than {LONGEST:,} characters")
    if not latex.strip():
        raise FormulaError(latex, "is empty")
    try:
        said = _said(_prepared(latex, display), display)
    except ConversionError as error:
        raise FormulaError(latex, f"takes too much to convert: {error}") from error
    state, _, made = said.partition(" ")
    if state == "failed":
        reason = re.sub("[\u0332]", "", made).split(" at position")[0].split(" at end of")[0]
        if unknown := _unknown_in(made):
            raise UnknownCommandError(latex, unknown, _meant(unknown))
        raise FormulaError(latex, f"is not understood: {reason.strip()}")
    try:
        root = ElementTree.fromstring(re.sub(r"&(?!#?\w+;)", "&amp;", made))
    except ElementTree.ParseError as error:
        raise FormulaError(latex, f"is not understood: {error}") from error
    for element in root.iter():
        if not re.fullmatch(r"m[a-z]+|span|semantics|annotation", element.tag):
            raise FormulaError(latex, f"makes a <{element.tag}>, which prose does not")
    return root


def _unknown_in(made: str) -> str | None:
    """The command that the converter does not know, from its answer to a formula."""
    unknown = UNKNOWN.search(made)
    return unknown[1].replace("\u0332", "") if unknown else None


def _meant(command: str) -> str | None:
    """The known command whose spelling is closest to an unknown one."""
    names = COMMANDS.read_text(encoding="utf-8").splitlines()
    for close in get_close_matches(command, names, n=CANDIDATES, cutoff=0.75):
        try:
            if _unknown_in(_said(close, display=True)) is None:
                return close
        except ConversionError:
            return None
    return None


def _said(latex: str, display: bool) -> str:
    """The converter's answer to a formula; for a remembered one it need not even be started."""
    kept = remembered()
    made_from = json.dumps([_converter_digest(), latex, display])
    digest = hashlib.sha256(made_from.encode()).hexdigest()
    known = kept.get(digest) if kept is not None else None
    if known is not None:
        return known.decode()
    said = converter(json.dumps(ALIASES)).convert(latex, display)
    if kept is not None:
        kept.put(digest, said.encode())
    return said


@cache
def _converter_digest() -> str:
    digest = hashlib.sha256(json.dumps(ALIASES).encode())
    for file in SOURCES:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _printable(text: str) -> str:
    """The text without characters that may not stand in a page at all."""
    return "".join(c if c.isprintable() else " " for c in text)


def _prepared(latex: str, display: bool) -> str:
    """The formula with rows for line breaks, and without numbers that nobody asked for."""
    latex = NUMBERED.sub(r"\\\1{\2*}", _printable(latex))
    latex = BOLD_SIGN.sub(lambda found: rf"\pmb{{{found[1] or found[2]}}}", latex)
    latex = GROUPED.sub(r",\\kern0em ", latex).strip()
    outside = ENVIRONMENT.sub("", latex)
    if display and ROW.search(outside) and not _nested(outside):
        kind = "aligned" if re.search(r"(?<!\\)&", outside) else "gathered"
        latex = rf"\begin{{{kind}}}{latex}\end{{{kind}}}"
    return latex


def _nested(latex: str) -> bool:
    """Whether every line break is within braces, like those of a stack."""
    depth = 0
    for token in re.finditer(r"\\\\|\\[{}]|[{}]", latex):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if token[0] == r"\\" and depth == 0:
            return False
    return True


def _embolden(element: ElementTree.Element, bold: bool = False) -> None:
    """Write bold letters, digits and symbols as characters of their own, where Unicode has them.

    Firefox makes none bold by style, and Chromium makes bold characters bolder by it.
    """
    style = element.get("style", "")
    bold = bold or "font-weight:bold" in style
    if bold and element.tag == "mstyle" and all(child.tag == "mn" for child in element):
        element.attrib.pop("style", None)  # the slanted digits of another font
    if bold and element.tag in ("mi", "mn", "mo") and element.text:
        element.text = element.text.translate(BOLD)
        if all("\U0001d400" <= character <= "\U0001d7ff" for character in element.text):
            element.set("style", f"{style.replace('font-weight:bold;', '')}font-weight:normal")
    for child in element:
        _embolden(child, bold)


def _adapt(element: ElementTree.Element) -> None:
    """Write inline what Temml leaves to its style sheet."""
    classes = element.get("class", "").split()
    if element.tag == "mtd":
        sides = [name.removeprefix("tml-") for name in classes if name in ("tml-left", "tml-right")]
        if sides:
            style = element.get("style", "")
            element.set("style", f"text-align: {sides[0]}" + (f"; {style}" if style else ""))
    element.attrib.pop("class", None)
    halves = ("width:50%" in cell.get("style", "") for cell in element.iter("mtd"))
    if element.tag == "mtable" and any(halves):
        element.set("style", "width: 100%")
    if element.tag == "msup" and set(element[1].text or "") <= {"′"} and element[1].text:
        # Fonts draw a prime raised already.
        element.tag = "mrow"
        _tighten(element[1])
    if element.tag == "mover" and len(element) == 2 and element[1].get("stretchy") == "false":
        element.set("accent", "true")


def _space(element: ElementTree.Element) -> None:
    """Give signs, dots and scripts TeX's spacing where browsers differ."""
    if element.tag in SCRIPTED:
        for script in element[1:]:
            for inner in script.iter("mo"):
                _tighten(inner)
    for index in range(len(element)):
        child = element[index]
        before = element[index - 1] if index else None
        if child.tag == "mo" and child.text in TIGHT:
            _tighten(child)
        elif child.tag == "mo" and child.text in ("−", "+") and _opens(before):
            child.set("form", "prefix")
            _tighten(child)


def _tighten(operator: ElementTree.Element) -> None:
    operator.set("lspace", "0")
    operator.set("rspace", "0")


def _opens(before: ElementTree.Element | None) -> bool:
    """Whether a plus or minus after `before` is a sign and not an operation."""
    return before is None or (before.tag == "mo" and (before.text or "") in "([{,;=<>≤≥≈←→∼∈")


def _serialise(root: ElementTree.Element) -> str:
    markup = ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)
    parts = re.split(r"(<[^>]*>|&#?\w+;)", markup)
    return "".join(part if part[:1] in "<&" else markdown_inert(part) for part in parts if part)


def markdown_inert(text: str) -> str:
    """Text as HTML that Markdown leaves alone: ASCII punctuation as character references."""
    return re.sub(r"[!-/:-@\[-`{-~]", lambda match: f"&#{ord(match[0])};", text)
