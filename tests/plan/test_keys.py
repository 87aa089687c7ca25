"""Keys depend on everything that makes a result and on nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fwd_report.plan.code import CodeDigests, normalised
from fwd_report.plan.keys import canonical_json, differences, key_of

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values))
def test_the_order_of_names_does_not_matter(parts: dict[str, object]) -> None:
    assert key_of(parts) == key_of(dict(reversed(parts.items())))


@given(st.dictionaries(st.text(), values), st.dictionaries(st.text(), values))
def test_parts_differ_exactly_where_differences_says_so(
    old: dict[str, object], new: dict[str, object]
) -> None:
    assert bool(differences(old, new)) == (canonical_json(old) != canonical_json(new))


def test_nan_has_no_key() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": float("nan")})


def test_differences_name_the_place() -> None:
    old = {"params": {"guidance": 7.0, "prompt": "a"}, "code": {"m": "0" * 64}, "seed": 1}
    new = {"params": {"guidance": 5.0, "prompt": "a"}, "code": {"m": "1" * 64}, "seed": 1}
    assert differences(old, new) == ["code m changed", "params.guidance: 7.0 → 5.0"]


def source(text: str) -> str:
    return ast.unparse(normalised(text))


def test_comments_docstrings_layout_and_figures_do_not_count() -> None:
    plain = "class A:\n    x = 1\n    def program(self):\n        return 1\n"
    dressed = (
        '"""Module."""\n\nclass A:\n    """Doc."""\n    x = (1)  # why\n    """What x is."""\n'
        '    def program(self):\n        """Doc."""\n        return 1\n'
        "    def figure(self):\n        return 2\n"
    )
    assert source(plain) == source(dressed)


def test_code_counts() -> None:
    assert source("x = 1") != source("x = 2")


def write(root: Path, name: str, text: str) -> None:
    path = root / "fwd_report" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for package in ("", "techniques/", "diffusion/", "site/"):
        write(tmp_path, f"{package}__init__.py", "")
    write(
        tmp_path,
        "techniques/mine.py",
        "import torch\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from fwd_report.diffusion import typed\n"
        "def program():\n    from fwd_report.diffusion.loops import denoise\n    return denoise\n"
        "def figure():\n    from fwd_report.techniques import drawn\n    return drawn\n",
    )
    write(tmp_path, "techniques/drawn.py", "y = 1")
    write(tmp_path, "diffusion/typed.py", "z = 1")
    write(
        tmp_path,
        "diffusion/loops.py",
        "from fwd_report.diffusion import steps\n"
        "from fwd_report.site import page\ndef denoise(): return steps",
    )
    write(tmp_path, "diffusion/steps.py", "import fwd_report.diffusion.loops\nbeta = 1")
    write(tmp_path, "site/page.py", "html = 1")
    return tmp_path


def closure(root: Path) -> dict[str, str]:
    digests = CodeDigests(root / "cache.json", root)
    found = digests.closure(["fwd_report.techniques.mine"])
    digests.save()
    return dict(found)


def test_the_closure_follows_imports_inside_functions_and_cycles(sources: Path) -> None:
    assert list(closure(sources)) == [
        "fwd_report.diffusion.loops",
        "fwd_report.diffusion.steps",
        "fwd_report.techniques.mine",
    ]


def test_a_change_two_imports_away_changes_that_module_alone(sources: Path) -> None:
    before = closure(sources)
    write(sources, "diffusion/steps.py", "import fwd_report.diffusion.loops\nbeta = 2  # more")
    after = closure(sources)
    assert {name for name in before if before[name] != after[name]} == {
        "fwd_report.diffusion.steps"
    }


def test_the_cache_changes_nothing(sources: Path) -> None:
    assert closure(sources) == closure(sources)
