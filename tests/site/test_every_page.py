"""What holds of every page: complete, private, fit for a phone, and readable in both schemes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.helpers.contrast import too_faint
from tests.helpers.watched import PAGES, PHONE, Watched


@pytest.fixture(scope="module", params=PAGES)
def opened(tabs: Any, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """Each page, opened once for all tests, which only look at it."""
    tab: Watched = tabs(True)
    tab.faults.clear()
    tab.open(request.param)
    yield tab
    tab.rest()


def test_it_is_complete_and_asks_nobody_else(opened: Watched) -> None:
    pictures = opened.page.evaluate(
        "() => [...document.querySelectorAll('article img')].map((i) => "
        "[i.getAttribute('src'), i.naturalWidth, i.getAttribute('alt'), !!i.closest('.fwd-thumb')])"
    )
    assert [src for src, width, _, _ in pictures if not width] == []
    assert [src for src, _, alt, decorative in pictures if not (alt or decorative)] == []
    assert opened.faults == []


def test_a_phone_never_scrolls_sideways(opened: Watched) -> None:
    opened.emulate(viewport=PHONE)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_all_text_stands_out_in_both_schemes(opened: Watched, scheme: str) -> None:
    """The light one and the dark one, to which a reader switches in the page's head."""
    opened.emulate()
    body = opened.page.locator("body")
    if body.get_attribute("data-md-color-scheme") != scheme:
        opened.page.locator("[data-md-component=palette] label:not([hidden])").click()
        opened.page.wait_for_timeout(400)  # colours fade
    assert body.get_attribute("data-md-color-scheme") == scheme
    assert too_faint(opened.page) == []
