"""Pages as they are read: by eye, on paper, on a phone, by keyboard, from far away, by search."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from tests.helpers.contrast import too_faint
from tests.helpers.watched import DESK, PAGES, PHONE, Watched

ASSETS = Path(__file__).parents[2] / "site_templates" / "assets"


def test_paper_from_the_dark_scheme_is_black_on_white(open_with: Any) -> None:
    page = open_with("report/denoise/", color_scheme="dark", viewport=DESK)
    assert page.locator("body").get_attribute("data-md-color-scheme") == "slate"
    page.emulate_media(media="print")
    assert too_faint(page) == []
    assert not page.locator(".fwd-provenance .fwd-facts").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(23, 22, 20)"


def test_a_printed_heading_stays_with_its_figure(read: Watched) -> None:
    page = read.open("report/denoise/")
    page.emulate_media(media="print")
    rule = "(e) => [getComputedStyle(e).breakAfter, getComputedStyle(e).breakInside]"
    assert page.locator("#edits").evaluate(rule)[0] == "avoid"
    assert page.locator("#fig-edits").evaluate(rule)[1] == "avoid"


def test_search_knows_prose_and_not_what_made_the_figures(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text())
    found = " ".join(document["text"] for document in index["docs"])
    assert "The forward process adds noise" in found
    assert "From noise; PSNR" in found
    for hidden in (
        "technique:",
        "How this figure was made",
        "Network steps",
        "--force",
        "torch 2.13",
    ):
        assert hidden not in found, hidden


def test_a_small_grid_fits_a_phone_with_its_original(open_with: Any) -> None:
    page = open_with("report/denoise/", viewport=PHONE)
    grid = page.locator("#fig-edits .fwd-scroll")
    assert grid.evaluate("(e) => [e.scrollWidth - e.clientWidth, e.clientWidth <= 390]") == [
        0,
        True,
    ]
    original = page.locator("#fig-edits tbody tr:first-child td:last-child img").bounding_box()
    assert original["x"] + original["width"] <= 390
    assert original["width"] >= 56


@pytest.fixture(scope="module")
def hurried(browser: Browser) -> Iterator[Page]:
    """A tab that keeps nothing, has fonts late, and counts what has moved by then."""
    page = browser.new_context().new_page()

    def late(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/*.woff2", late)  # with a route, Playwright turns the browser's cache off
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const e of list.getEntries()) "
        "if (!e.hadRecentInput) window.shift += e.value; }).observe({ type: 'layout-shift', "
        "buffered: true });"
    )
    yield page
    page.context.close()


@pytest.mark.parametrize("path", [*PAGES, "guide/zebra/"])
def test_nothing_moves_when_fonts_and_scripts_arrive(
    hurried: Page, address: str, path: str
) -> None:
    fonts: list[str] = []
    hurried.on("requestfinished", lambda request: fonts.append(request.url))
    hurried.set_viewport_size(PHONE if "guide" in path else DESK)
    hurried.goto(address + path)
    hurried.wait_for_load_state("networkidle")
    hurried.wait_for_timeout(300)
    assert any(url.endswith(".woff2") for url in fonts), "they arrive anew for each page"
    assert hurried.evaluate("window.shift") < (0.02 if "guide" in path else 0.05)
    hurried.goto("about:blank")


def test_a_link_to_a_figure_stays_one(read: Watched) -> None:
    page = read.open("report/denoise/")
    page.locator("#fig-edits .fwd-number").click()
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(1500)
    assert page.url.endswith("/report/denoise/#fig-edits")


def test_every_picture_opens_large_with_a_caption(read: Watched) -> None:
    for path in PAGES[1:]:
        page = read.open(path)
        titles = page.eval_on_selector_all(
            "a.glightbox", "all => all.map((a) => a.getAttribute('data-title'))"
        )
        assert all(titles), (path, titles)
    page = read.open("report/denoise/")
    opener = page.locator("#fig-edits a.glightbox").nth(3)
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".gslide.current .gslide-title")).to_have_text(
        re.compile("a bell tower, original · 23.1.dB")
    )
    page.wait_for_timeout(600)
    assert page.locator(".gslide.current img").bounding_box()["width"] > 400
    page.keyboard.press("Escape")
    expect(page.locator(".glightbox-container")).to_have_count(0)
    assert opener.evaluate("(e) => e === document.activeElement")
    assert read.faults == []


def test_two_films_stand_apart_and_say_whose_they_are(read: Watched) -> None:
    page = read.open("report/denoise/")
    assert page.locator("#fig-steps .fwd-name").all_inner_texts() == ["from half", "from noise"]
    boxes = [box.bounding_box() for box in page.locator("#fig-steps .fwd-named").all()]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]


def test_the_handle_goes_along_while_a_film_plays(read: Watched) -> None:
    page = read.open("report/denoise/")
    film = page.locator(".fwd-film").first
    film.scroll_into_view_if_needed()
    slider, label = film.get_by_role("slider"), film.locator("output")
    expect(film.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_function(
        "() => (({ value }) => value > 0 && value < 33)(document.querySelector('.fwd-film input'))"
    )
    slider.press("Home")
    expect(label).to_have_text("t = 990")
    slider.press("ArrowRight")
    page.wait_for_timeout(400)
    expect(label).to_have_text("t = 960")
    frame, picture = film.locator(".fwd-frame"), film.locator("picture")
    assert frame.bounding_box() == picture.bounding_box()
    film.get_by_role("button", name="Play").click()
    page.wait_for_function("() => Number(document.querySelector('.fwd-film input').value) > 2")
    assert read.faults == []


def test_a_film_stands_still_for_those_who_want_it(open_with: Any) -> None:
    page = open_with("report/denoise/", reduced_motion="reduce")
    film = page.locator(".fwd-film").first
    film.scroll_into_view_if_needed()
    expect(film.get_by_role("button", name="Play")).to_be_visible()
    page.wait_for_timeout(300)
    assert film.get_by_role("slider").input_value() == "33"


def edges(picture: np.ndarray) -> float:
    return float(np.abs(np.diff(picture, axis=0)).mean() + np.abs(np.diff(picture, axis=1)).mean())


@pytest.mark.parametrize("factor", [2, 6.4, 10])
def test_a_hybrid_goes_away_as_an_eye_sees_it(read: Watched, site: Path, factor: float) -> None:
    page = read.open("report/illusions/")
    slider = page.get_by_role("slider", name="Distance")
    near = page.locator(".fwd-distance img").first
    assert page.locator(".fwd-away-range span").all_inner_texts() == ["near", "far"]
    slider.fill(str(factor))
    expect(page.locator(".fwd-factor")).to_have_text(f"{factor:.1f}× as far")
    canvas = page.locator("canvas.fwd-shrunk")
    box, whole = canvas.bounding_box(), near.bounding_box()
    assert box["width"] == pytest.approx(whole["width"] / factor, abs=0.51)
    for side, at in (("width", "x"), ("height", "y")):
        assert box[at] + box[side] / 2 == pytest.approx(whole[at] + whole[side] / 2, abs=1)
    expect(near).to_have_css("opacity", "0")

    data = canvas.evaluate("(c) => c.toDataURL().split(',')[1]")
    shrunk = np.asarray(_decoded(data), dtype=float)
    source = near.get_attribute("src").rsplit("/", 1)[1]
    with Image.open(site / "report" / "figures" / source) as opened:
        picture = opened.convert("RGB")
    side = shrunk.shape[0]
    proper = np.asarray(picture.resize((side, side), Image.Resampling.BOX), dtype=float)
    smooth = np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS), dtype=float)
    assert np.abs(shrunk - proper).mean() < 0.02 * 255
    assert np.abs(shrunk - smooth).mean() < 0.02 * 255
    assert edges(shrunk) < 1.02 * edges(smooth)
    slider.press("Home")
    expect(canvas).to_be_hidden()
    expect(near).to_have_css("opacity", "1")
    assert read.faults == []


def _decoded(data: str) -> Image.Image:
    import base64

    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def test_every_class_a_script_sets_has_a_rule() -> None:
    scripts = "".join(path.read_text() for path in ASSETS.glob("*.js"))
    styles = "".join(path.read_text() for path in ASSETS.glob("*.css"))
    set_here = re.findall(r"className = \"([^\"]+)\"|className: \"([^\"]+)\"", scripts)
    set_here += re.findall(r"classList\.(?:add|toggle)\(\"([^\"]+)\"()", scripts)
    classes = {name for pair in set_here for text in pair for name in text.split()}
    assert {"fwd-shrunk", "fwd-away", "fwd-turned", "fwd-live", "fwd-button"} <= classes
    assert [name for name in classes if not re.search(rf"\.{name}\b", styles)] == []
