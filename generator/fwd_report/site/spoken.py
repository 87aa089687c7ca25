"""Formulas as plain text, for places without markup: alt texts, the navigation, titles."""

from __future__ import annotations

import unicodedata
from xml.etree.ElementTree import Element

from fwd_report.site.mathml import converted

ACCENTS = {
    "^": "\u0302",
    "ˆ": "\u0302",
    "~": "\u0303",
    "˜": "\u0303",
    "¯": "\u0304",
    "‾": "\u0304",
    "˙": "\u0307",
    ".": "\u0307",
    "¨": "\u0308",
    "→": "\u20d7",
    "ˉ": "\u0304",
}
"""Accents as combining characters, which follow their letter."""
INVISIBLE = "\u2061\u2062\u2063\u2064"
UNSPACED = "/!′.…:|‖()[]{}⟨⟩⌊⌋⌈⌉'*"
"""Operators without space around them."""


def spoken(latex: str) -> str:
    r"""A formula as one line of text: `x_t = \sqrt{\bar\alpha_t} x_0` is "x_t = √(ᾱ_t) x_0".

    It is read from the MathML, so a formula that pages cannot show raises FormulaError here too.
    """
    return " ".join(_text(converted(latex, display=False)).split())


def _text(element: Element) -> str:
    parts = list(element)
    if element.tag in ("mi", "mn", "mtext", "mo"):
        return _token(element)
    if element.tag in ("msub", "munder"):
        return _script(parts, "_")
    if element.tag == "msup":
        return _script(parts, "" if _text(parts[1]) in ("′", "″", "‴") else "^")
    if element.tag in ("msubsup", "munderover"):
        return f"{_script(parts[:2], '_')}^{_grouped(_text(parts[2]))} "
    if element.tag == "mover":
        return _accented(parts)
    if element.tag == "mfrac":
        return f"{_grouped(_text(parts[0]))}/{_grouped(_text(parts[1]))}"
    if element.tag in ("msqrt", "mroot"):
        inside = parts[:1] if element.tag == "mroot" else parts
        index = _text(parts[1]).strip() if element.tag == "mroot" else ""
        root = {"": "√", "3": "∛", "4": "∜"}.get(index) or f"{index}√"
        return f"{root}{_grouped(''.join(map(_text, inside)))} "
    if element.tag == "mspace":
        return " "
    if element.tag == "mtr":
        return " ".join(map(_text, parts))
    if element.tag == "mtable":
        return "; ".join(map(_text, parts))
    if element.tag in ("annotation", "mphantom"):
        return ""
    return "".join(map(_text, parts))


def _token(element: Element) -> str:
    """A letter, number or sign; styled letters become plain ones."""
    text = "".join(c for c in element.text or "" if c not in INVISIBLE)
    text = "".join(unicodedata.normalize("NFKC", c) if _is_styled(c) else c for c in text)
    if element.tag != "mo" or not text or text in UNSPACED:
        return text
    if text in (",", ";"):
        return f"{text} "
    return text if element.get("form") == "prefix" else f" {text} "


def _is_styled(character: str) -> bool:
    return "\U0001d400" <= character <= "\U0001d7ff" or "\u2100" <= character <= "\u214f"


def _script(parts: list[Element], mark: str) -> str:
    base, script = (_text(part) for part in parts)
    return f"{base.rstrip()}{mark}{_grouped(script)}"


def _accented(parts: list[Element]) -> str:
    base, over = _text(parts[0]).strip(), _text(parts[1]).strip()
    if accent := ACCENTS.get(over):
        return unicodedata.normalize("NFC", "".join(c + accent for c in base))
    return f"{base}^{_grouped(over)}"


def _grouped(text: str) -> str:
    """A part of a formula in brackets, unless it is a single name or number."""
    text = " ".join(text.split())
    single = all(c.isalnum() or c in ".′″" or unicodedata.combining(c) for c in text)
    return text if single else f"({text})"
