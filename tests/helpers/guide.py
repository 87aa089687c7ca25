"""The code blocks of README.md and docs/guide/, as a reader copies them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide"
PAGES = {path.name: path for path in (ROOT / "README.md", *sorted(GUIDE.glob("*.md")))}


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, its number among those of its language there, from 0, its text."""

    page: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.page}[{self.number}]"


def blocks(language: str) -> list[Block]:
    """Every block of all pages in that language."""
    return [block for page in PAGES for block in blocks_of(page, language)]


def blocks_of(page: str, language: str) -> list[Block]:
    """The blocks of a page in that language."""
    text = PAGES[page].read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
    return [Block(page, number, code) for number, code in enumerate(found)]
