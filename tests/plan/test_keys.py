"""Keys depend on everything that makes a result and on nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fwd_report.plan.keys import canonical_json, differences, digest_of_json, key_of

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(), values))
def test_the_order_of_names_does_not_matter(parts: dict[str, object]) -> None:
    assert key_of(parts) == key_of(dict(reversed(parts.items())))


@settings(max_examples=40)
@given(st.dictionaries(st.text(), values), st.dictionaries(st.text(), values))
def test_parts_differ_exactly_where_differences_says_so(
    old: dict[str, object], new: dict[str, object]
) -> None:
    assert bool(differences(old, new)) == (canonical_json(old) != canonical_json(new))


def test_nan_has_no_key() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": float("nan")})


def test_differences_name_the_place() -> None:
    old = {
        "params": {"guidance": 7.0, "prompt": "a"},
        "code": {"m.py": {"f": "0", "g": "0"}, "old.py": {"f": "0"}},
        "model": {"stage_1": "0" * 64},
    }
    new = {
        "params": {"guidance": 5.0, "prompt": "a"},
        "code": {"m.py": {"f": "1", "h": "0"}, "new.py": {"f": "0"}},
        "model": {"stage_1": "1" * 64},
    }
    assert differences(old, new) == [
        "code m.py: f changed",
        "code m.py: g is gone",
        "code m.py: h is new",
        "code new.py is new",
        "code old.py is gone",
        "model.stage_1 changed",
        "params.guidance: 7.0 → 5.0",
    ]


@settings(max_examples=40)
@given(st.dictionaries(st.text(), values))
def test_a_digest_of_the_code_that_is_known_changes_no_key(parts: dict[str, object]) -> None:
    parts = {**parts, "code": {"m.py": {"f": "0"}}}
    assert key_of(parts) == key_of(parts, code=digest_of_json(parts["code"]))
