"""A page does not change unnoticed: whole projects, to the Markdown and HTML that come of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import golden_pages


@pytest.mark.parametrize("name", golden_pages.NAMES)
def test_the_pages_are_what_is_expected(tmp_path: Path, name: str) -> None:
    found = golden_pages.pages_of(name, tmp_path)
    expected = golden_pages.expected_of(name)
    if golden_pages.other_versions():
        expected, found = _markdown(expected), _markdown(found)
    differing = golden_pages.difference(expected, found)
    assert not differing, (
        f"{name} has other pages than tests/golden_pages/{name}/expected:\n{differing}\n"
        f"if that was meant: python -m tests.golden_pages {name}"
    )


def _markdown(pages: dict[str, str]) -> dict[str, str]:
    """Without the HTML, which other people's packages make."""
    return {place: text for place, text in pages.items() if not place.startswith("html/")}


def test_a_difference_names_the_page_and_shows_the_tag() -> None:
    expected = {"html/a.html": "<p>one</p><p>two</p>\n", "report/a.md": "# A\n"}
    found = {"html/a.html": "<p>one</p><p>three</p>\n", "report/b.md": "# B\n"}
    lines = golden_pages.difference(expected, found).splitlines()
    for line in ("+++ now html/a.html", "-<p>two</p>", "+<p>three</p>", "-# A", "+# B"):
        assert line in lines
    assert golden_pages.difference(expected, dict(expected)) == ""
