"""A small package of counted sources, written to a folder and edited."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fwd_report.plan.code import Closure, Code
from fwd_report.store.memory import Memory

MINE = "techniques/mine.py"
SOURCES = {
    "techniques/__init__.py": "",
    "diffusion/__init__.py": "",
    "site/page.py": "html = 1\n",
    "techniques/base.py": """\
class Technique:
    kind = "program"
""",
    MINE: '''\
"""A technique."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fwd_report.outside import outside_keys, shown
from fwd_report.techniques.base import Technique
from fwd_report.techniques.helpers import caption_of, seldom, stem_of

if TYPE_CHECKING:
    from fwd_report.diffusion import typed

HINT = shown("restore the folder")
LIMIT = 3
UNUSED = 4


class Mine(Technique):
    """Does what it does."""

    low: Annotated[float, "kept"] = 1.0
    """What low is."""

    def program(self, run):
        """Run it."""
        from fwd_report.diffusion.loops import denoise

        total: float = 0.0
        for step in range(LIMIT):  # each step
            total += step * self.low
        if total < 0:
            raise ValueError(f"{total} is not allowed, of {run.name()}: choose more", HINT)
        return denoise(run, total), stem_of("kept")

    def describe(self):
        return caption_of(self)

    @classmethod
    def figure(cls, entries):
        return [caption_of(entry) for entry in entries]


def checked(steps: int) -> str | None:
    return None if steps else "take more"


@outside_keys
def fetch(name: str) -> str:
    return f"https://example.org/{name}"
''',
    "techniques/helpers.py": """\
def caption_of(entry):
    return f"{entry}"


def stem_of(name: str) -> str:
    assert name, "a name"
    return name.strip()


def seldom(): return 1
""",
    "diffusion/loops.py": """\
from fwd_report.diffusion import steps
from fwd_report.site import page


def denoise(run, total):
    return steps.step(total)
""",
    "diffusion/steps.py": """\
import fwd_report.diffusion.loops

BETA = 1


class DDPM:
    T = 1000

    def step(self, x):
        return x - BETA


def step(x):
    return DDPM().step(x)
""",
    "diffusion/typed.py": "Z = 1\n",
    "diffusion/names.py": 'OUTSIDE_KEYS = "names"\nMIRROR = "https://example.org"\n',
}


@dataclass(frozen=True)
class Sources:
    """The package's root folder."""

    root: Path

    def write(self, name: str, text: str) -> None:
        path = self.root / "fwd_report" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / "fwd_report" / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def closure(self, technique: str = "mine") -> Closure:
        code = Code(Memory(self.root / "own" / "memory"), self.root)
        return code.closure(f"fwd_report.techniques.{technique}")


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    made = Sources(tmp_path)
    for name, text in SOURCES.items():
        made.write(name, text)
    return made
