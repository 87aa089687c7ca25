"""LaTeX to MathML when a page is made: equations need no script and no network."""

from __future__ import annotations

import re
from xml.etree import ElementTree

SCRIPT = {
    **{chr(ord("A") + i): chr(0x1D49C + i) for i in range(26)},
    **dict(zip("BEFHILMR", "ℬℰℱℋℐℒℳℛ", strict=True)),
}
"""Unicode's script capitals; browsers ignore `mathvariant` but draw these."""
ACCENTS = {"¯": "¯", "~": "˜", "^": "ˆ", "˙": "˙", "¨": "¨", "→": "→"}
SCRIPTED = ("msub", "msup", "msubsup", "munder", "munderover")
TIGHT = ("/", "…", ".", "!")
"""Operators that TeX sets without space around them."""
THIN = "0.1667em"
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


class FormulaError(ValueError):
    """A formula that cannot be shown. latex: what was written; lineno: its line, once known."""

    lineno: int | None = None

    def __init__(self, latex: str, reason: str) -> None:
        super().__init__(f"the formula `{latex.strip()}` {reason}")
        self.latex = latex


def to_mathml(latex: str, display: bool) -> str:
    """One `<math>` element for a formula, in the part of MathML that browsers draw.

    Every ASCII character of its text that could mean something to Markdown is written as a
    character reference. Raises FormulaError if the formula is not understood.
    """
    from latex2mathml.converter import convert

    braces = re.sub(r"\\\\|\\[{}]", "", latex)
    if braces.count("{") != braces.count("}"):
        raise FormulaError(latex, "has braces that do not match")
    try:
        text = convert(_prepared(latex), display="block" if display else "inline")
        root = ElementTree.fromstring(re.sub(r"&(?!#?\w+;)", "&amp;", text))
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise FormulaError(latex, f"is not understood: {reason}") from error
    unknown = re.search(r"\\[A-Za-z]+", " ".join(root.itertext()))
    if unknown:
        raise FormulaError(latex, f"uses the unknown command {unknown[0]}")
    for element in root.iter():
        _adapt(element)
    for element in list(root.iter()):
        _space(element)
    spoken = inert(" ".join(_printable(latex).split()))
    return _serialise(root).replace("<math ", f'<math alttext="{spoken}" ', 1)


def _printable(text: str) -> str:
    """The text without characters that may not stand in a page at all."""
    return "".join(c if c.isprintable() else " " for c in text)


def _prepared(latex: str) -> str:
    """Spellings the converter does not know, written as ones it does."""
    latex = _printable(latex)
    latex = re.sub(r"\\(begin|end)\{(?:aligned|gathered|split)\}", r"\\\1{align*}", latex)
    latex = re.sub(r"\\\\\s*\[[^\]]*\]", r"\\\\", latex)
    latex = re.sub(r"\\arg(min|max)?(?![A-Za-z])", _arg, latex)
    latex = latex.replace(r"\lVert", r"\Vert").replace(r"\rVert", r"\Vert")
    return latex.replace(r"\lvert", r"\vert").replace(r"\rvert", r"\vert").strip()


def _arg(match: re.Match[str]) -> str:
    return r"\operatorname{arg}" + (rf"\{match[1]}" if match[1] else "")


def _adapt(element: ElementTree.Element) -> None:
    """Replace what MathML Core dropped: script letters, column alignment; mark accents, primes."""
    element.tag = element.tag.removeprefix(NAMESPACE)
    text = (element.text or "").strip()
    if element.get("mathvariant") == "script" and text in SCRIPT:
        element.text = SCRIPT[text]
        del element.attrib["mathvariant"]
    if element.tag == "mo" and (text in ("∅", "⌀") or (len(text) > 1 and text.isalpha())):
        element.tag = "mi"
    elif element.tag == "mi" and text in ("~", "‖", "|"):
        element.tag = "mo"
        element.text = text.replace("~", "∼")
        if text != "~":
            element.set("stretchy", "false")
    if element.tag == "mover" and len(element) == 2 and (element[1].text or "") in ACCENTS:
        element.set("accent", "true")
        element[1].text = ACCENTS[element[1].text or ""]
        if len("".join(element[0].itertext())) == 1:
            element[1].set("stretchy", "false")
    if element.tag == "msup" and set(element[1].text or "") <= {"′"} and element[1].text:
        element.tag = "mrow"
        element[1].tag = f"{NAMESPACE}mo"
        _tighten(element[1])
    alignment = element.attrib.pop("columnalign", None)
    if alignment and element.tag == "mtd":
        element.set("style", f"text-align: {alignment}")


def _space(element: ElementTree.Element) -> None:
    """TeX's spaces where browsers have others: signs, dots, scripts, names of functions."""
    if element.tag in SCRIPTED:
        for script in element[1:]:
            for inner in script.iter("mo"):
                _tighten(inner)
    for index in reversed(range(len(element))):
        child = element[index]
        before = element[index - 1] if index else None
        after = element[index + 1] if index + 1 < len(element) else None
        if child.tag == "mo" and child.text in TIGHT:
            _tighten(child)
        elif child.tag == "mo" and child.text in ("−", "+") and _opens(before):
            child.set("form", "prefix")
            _tighten(child)
        elif _is_function(child) and element.tag in ("math", "mrow", "mtd"):
            if after is not None and after.tag != "mo" and not _is_fenced(after):
                element.insert(index + 1, ElementTree.Element("mspace", width=THIN))
            if before is not None and before.tag not in ("mo", "mspace"):
                element.insert(index, ElementTree.Element("mspace", width=THIN))


def _tighten(operator: ElementTree.Element) -> None:
    operator.set("lspace", "0")
    operator.set("rspace", "0")


def _opens(before: ElementTree.Element | None) -> bool:
    """Whether a sign after `before` is a sign, not an operation."""
    return before is None or (before.tag == "mo" and (before.text or "") in "([{,;=<>≤≥≈←→∼∈")


def _is_function(element: ElementTree.Element) -> bool:
    """Whether this is the name of a function, such as log, perhaps with scripts."""
    name = element[0] if element.tag in SCRIPTED and len(element) else element
    return name.tag == "mi" and len(name.text or "") > 1 and (name.text or "").isalpha()


def _is_fenced(element: ElementTree.Element) -> bool:
    return element.tag == "mrow" and len(element) > 0 and element[0].get("fence") == "true"


def _serialise(root: ElementTree.Element) -> str:
    markup = ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)
    parts = re.split(r"(<[^>]*>|&#?\w+;)", markup)
    return "".join(part if part[:1] in "<&" else inert(part) for part in parts if part)


def inert(text: str) -> str:
    """Text as HTML that Markdown leaves alone: ASCII punctuation as character references."""
    return re.sub(r"[!-/:-@\[-`{-~]", lambda match: f"&#{ord(match[0])};", text)
