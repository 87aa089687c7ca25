"""What each kind of edit to code must and must not make stale."""

from __future__ import annotations

import os

import pytest
from tests.plan.conftest import MINE, SOURCES, Sources

from fwd_report.plan.code import Code
from fwd_report.plan.keys import differences
from fwd_report.store.memory import Memory

HELPERS = "techniques/helpers.py"
STEPS = "diffusion/steps.py"
LOOPS = "diffusion/loops.py"

NOTHING: tuple[str, ...] = ()
EDITS = {
    # what makes no result
    "comment": (MINE, "# each step", "# every step", NOTHING),
    "docstring of a module": (MINE, '"""A technique."""', '"""The technique."""', NOTHING),
    "docstring of a method": (MINE, '"""Run it."""', '"""Run."""', NOTHING),
    "no docstring": (MINE, '        """Run it."""\n', "", NOTHING),
    "description of a field": (MINE, '"""What low is."""', '"""How low."""', NOTHING),
    "layout": (MINE, "total += step * self.low", "total += (\n    step * self.low\n    )", NOTHING),
    "text of an error": (MINE, "is not allowed, of", "is forbidden, in", NOTHING),
    "value in the text of an error": (MINE, "{total} is not", "This is not", NOTHING),
    "text of an assertion": (HELPERS, '"a name"', '"a name is needed"', NOTHING),
    "hint": (MINE, "restore the folder", "copy the folder again", NOTHING),
    "caption code": (MINE, "[caption_of(entry) for", "[str(entry) for", NOTHING),
    "words for alt texts": (MINE, "return caption_of(self)", "return 'mine'", NOTHING),
    "helper of captions": (HELPERS, 'f"{entry}"', 'f"<{entry}>"', NOTHING),
    "annotation of a parameter": (HELPERS, "name: str", "name: object", NOTHING),
    "annotation of what is returned": (HELPERS, ") -> str:", "):", NOTHING),
    "annotation of a local": (MINE, "total: float = 0.0", "total = 0.0", NOTHING),
    "import for type checkers": (MINE, "import typed", "import steps", NOTHING),
    "module for type checkers": ("diffusion/typed.py", "Z = 1", "Z = 2", NOTHING),
    "import that nothing uses": (MINE, "caption_of, seldom,", "caption_of,", NOTHING),
    "constant that nothing uses": (MINE, "UNUSED = 4", "UNUSED = 5", NOTHING),
    "function that nothing calls": (HELPERS, "seldom(): return 1", "seldom(): return 2", NOTHING),
    "new function": (STEPS, "BETA = 1", "BETA = 1\ndef new(): return 1", NOTHING),
    "function marked outside_keys": (MINE, "https://example.org", "https://x.org", NOTHING),
    "module marked OUTSIDE_KEYS": ("diffusion/names.py", "example.org", "x.org", NOTHING),
    "page": ("site/page.py", "html = 1", "html = 2", NOTHING),
    "order of functions": (
        HELPERS,
        SOURCES[HELPERS],
        "\n\n".join(reversed(SOURCES[HELPERS].split("\n\n\n"))),
        NOTHING,
    ),
    # what may make another result
    "operator": (STEPS, "x - BETA", "x + BETA", (f"code {STEPS}: DDPM.step changed",)),
    "constant": (STEPS, "BETA = 1", "BETA = 2", (f"code {STEPS}: BETA changed",)),
    "constant of a class": (STEPS, "T = 1000", "T = 10", (f"code {STEPS}: DDPM changed",)),
    "default of a field": (MINE, "= 1.0", "= 2.0", (f"code {MINE}: Mine changed",)),
    "annotation of a field": (MINE, '"kept"]', '"other"]', (f"code {MINE}: Mine changed",)),
    "order of statements": (
        MINE,
        "return denoise(run, total), stem_of",
        "return stem_of('kept'), denoise(run, total) or stem_of",
        (f"code {MINE}: Mine.program changed",),
    ),
    "call in the text of an error": (
        MINE, "{run.name()}", "{run.clear()}", (f"code {MINE}: Mine.program changed",)
    ),
    "class of an error": (
        MINE, "raise ValueError", "raise KeyError", (f"code {MINE}: Mine.program changed",)
    ),
    "string that is no text": (
        MINE, 'stem_of("kept")', 'stem_of("other")', (f"code {MINE}: Mine.program changed",)
    ),
    "renamed local": (
        MINE,
        "for step in range(LIMIT):  # each step\n            total += step",
        "for k in range(LIMIT):\n            total += k",
        (f"code {MINE}: Mine.program changed",),
    ),
    "renamed function": (
        LOOPS, "steps.step(", "steps.DDPM().step(", (f"code {LOOPS}: denoise changed",)
    ),
    "function that is now called": (
        LOOPS,
        "return steps.step(total)",
        "return steps.step(total) + seldom()",
        (
            f"code {LOOPS}: denoise changed",
            f"code {HELPERS}: seldom is new",
            f"code {MINE}: imports changed",
        ),
    ),
    "statement that runs on import": (
        STEPS, "BETA = 1", "BETA = 1\nprint(BETA)", (f"code {STEPS}: top level is new",)
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_makes_stale_what_it_may_change_and_is_named(kind: str, sources: Sources) -> None:
    file, old, new, expected = EDITS[kind]
    before = sources.closure()
    sources.edit(file, old, new)
    after = sources.closure()
    assert (before.digest == after.digest) == (not expected)
    assert set(differences({"code": before.parts}, {"code": after.parts})) == set(expected)


def test_a_function_moved_to_another_module_is_another_function(sources: Sources) -> None:
    before = sources.closure()
    sources.edit("techniques/helpers.py", "def stem_of(name: str) -> str:", "def _old(name):")
    sources.write("techniques/words.py", "def stem_of(name):\n    return name.strip()\n")
    sources.edit(MINE, ", stem_of\n", "\nfrom fwd_report.techniques.words import stem_of\n")
    after = sources.closure()
    assert "code techniques/words.py is new" in differences(
        {"code": before.parts}, {"code": after.parts}
    )


@pytest.mark.parametrize(
    "statement",
    [
        "from ..diffusion import late",
        "from ..diffusion.late import LATE",
        "from .late import LATE",
        "from . import late",
        "import fwd_report.diffusion.late as other",
        "from fwd_report.diffusion.late import *",
        "try:\n    from fwd_report.diffusion import late\nexcept ImportError:\n    late = None",
        "if TYPE_CHECKING:\n    late = None\nelse:\n    from fwd_report.diffusion import late",
        "if not TYPE_CHECKING:\n    from fwd_report.diffusion import late",
        "import importlib\nlate = importlib.import_module('fwd_report.diffusion.late')",
        "import importlib as i\nname = 'fwd_report.diffusion.late'\nlate = i.import_module(name)",
        "late = __import__('fwd_report.diffusion.late')",
        "import importlib\nlate = importlib.import_module('..diffusion.late', __package__)",
        "def lazily():\n    from ..diffusion import late\nrun = lazily()",
    ],
)
def test_every_way_of_importing_is_followed(statement: str, sources: Sources) -> None:
    for folder in ("diffusion", "techniques"):
        sources.write(f"{folder}/late.py", "LATE = print(1)\n")
    sources.edit(MINE, "HINT =", f"{statement}\nHINT =")
    before = sources.closure()
    assert any(name.endswith(".late") for name in before.modules)
    for folder in ("diffusion", "techniques"):
        sources.write(f"{folder}/late.py", "LATE = print(2)\n")
    assert sources.closure().digest != before.digest


def test_a_package_that_is_run_on_the_way_counts(sources: Sources) -> None:
    before = sources.closure()
    sources.write("diffusion/__init__.py", "import math\nmath.tau = 6\n")
    after = sources.closure()
    assert differences({"code": before.parts}, {"code": after.parts}) == [
        "code diffusion/__init__.py is new"
    ]


@pytest.mark.parametrize(
    "reflection",
    [
        "globals()[self.name]()",
        "eval(self.name)",
        "__import__('sys').modules[self.name].seldom()",
        "vars(helpers)[self.name]()",
        "helpers.__dict__[self.name]()",
        "getattr(helpers, self.name)()",
        "getattr(helpers, 'seldom')()",
    ],
)
def test_code_that_names_nothing_may_use_everything(reflection: str, sources: Sources) -> None:
    sources.edit(MINE, "        return denoise(", f"        {reflection}\n        return denoise(")
    before = sources.closure()
    sources.edit("techniques/helpers.py", "seldom(): return 1", "seldom(): return 2")
    assert sources.closure().digest != before.digest


def test_a_method_that_only_shows_counts_where_a_run_calls_it(sources: Sources) -> None:
    sources.edit(MINE, "return denoise(", "self.describe()\n        return denoise(")
    before = sources.closure()
    sources.edit("techniques/helpers.py", 'f"{entry}"', 'f"<{entry}>"')
    assert sources.closure().digest != before.digest


def test_flipped_bits_in_what_was_remembered_change_no_key(sources: Sources) -> None:
    before = sources.closure()
    (value,) = sources.root.glob("own/memory/??/*")
    whole = value.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        value.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert sources.closure() == before
    for text in ("", "{}", "null", f"{whole.decode()[:64]}\n" + "[" * 20_000):
        value.write_text(text)
        assert sources.closure() == before


def test_a_closure_that_is_remembered_is_not_worked_out_again(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sources.closure()
    monkeypatch.setattr("fwd_report.plan.reach.reached", None)
    assert sources.closure() == before


def test_an_edit_that_keeps_size_and_time_is_seen(sources: Sources) -> None:
    before = sources.closure()
    path = sources.root / "fwd_report" / "diffusion" / "steps.py"
    stat = path.stat()
    sources.edit("diffusion/steps.py", "BETA = 1", "BETA = 2")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert sources.closure().digest != before.digest


def test_modules_of_subpackages_count_and_an_editors_lock_files_do_not(sources: Sources) -> None:
    sources.write("diffusion/more/__init__.py", "")
    sources.write("diffusion/more/deep.py", "DEEP = print(1)\n")
    sources.edit(MINE, "HINT =", "from ..diffusion.more import deep\nHINT =")
    lock = sources.root / "fwd_report" / "techniques" / ".#mine.py"
    lock.symlink_to("someone@somewhere.1234")
    before = sources.closure()
    assert "diffusion/more/deep.py" in before.parts
    sources.write("diffusion/more/deep.py", "DEEP = print(2)\n")
    assert sources.closure().digest != before.digest


def test_a_technique_whose_code_does_not_count_is_no_technique(sources: Sources) -> None:
    with pytest.raises(LookupError, match="page"):
        Code(Memory(sources.root / "own" / "memory"), sources.root).closure("fwd_report.site.page")


def test_where_nothing_can_be_remembered_keys_are_the_same(sources: Sources) -> None:
    before = sources.closure()
    (value,) = sources.root.glob("own/memory/??/*")
    value.unlink()
    (value / "a folder").mkdir(parents=True)
    assert sources.closure() == before
