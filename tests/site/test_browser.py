"""The pages in a real browser: complete, private, readable, and usable by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.site.fabricate import HOSTILE

PAGES = (
    "",
    *(f"report/{name}/" for name in ("setup", "forward", "denoise", "illusions", "training")),
)
CONTRASTS = """
() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const channel = (v) => v <= 10.31 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const backdrop = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.9) return colour;
    }
    return [255, 255, 255];
  };
  const selectors = "article p, article li, h1, h2, figcaption, .fwd-label, .fwd-note, " +
    ".fwd-facts dt, .fwd-facts dd, .fwd-grid th, .fwd-failure, .fwd-missing, " +
    ".fwd-legend li, .md-nav__link, " +
    ".fwd-provenance summary, .fwd-cards small, .fwd-button, .md-footer__title";
  return [...document.querySelectorAll(selectors)]
    .filter((e) => e.offsetParent && e.textContent.trim() && !e.closest(".md-top"))
    .map((e) => {
      const [a, b] = [luminance(parse(getComputedStyle(e).color)), luminance(backdrop(e))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return [ratio, e.className + ": " + e.textContent.slice(0, 40)];
    });
}
"""


class Watched:
    """A page, with what went wrong while it was read."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.faults: list[str] = []
        page.on("console", lambda m: m.type in ("error", "warning") and self.faults.append(m.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("requestfailed", lambda request: self.faults.append(f"failed {request.url}"))
        page.on("request", lambda request: self._foreign(request.url))
        page.on("response", lambda r: r.status >= 400 and self.faults.append(f"{r.status} {r.url}"))

    def _foreign(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"a request left the site: {url}")

    def open(self, path: str) -> Page:
        """The page, with its lazy pictures loaded."""
        self.page.goto(self.address + path)
        self.page.evaluate(
            "() => { for (const i of document.images) i.loading = 'eager'; "
            "return Promise.all([...document.images].map((i) => i.decode().catch(() => 0))); }"
        )
        self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture
def read(page: Page, address: str) -> Watched:
    return Watched(page, address)


@pytest.fixture
def open_with(browser: Browser, address: str) -> Iterator[Any]:
    """Opens a page in a context of one's own options."""
    contexts: list[BrowserContext] = []

    def opened(path: str, **options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        return Watched(contexts[-1].new_page(), address).open(path)

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_complete_and_asks_nobody_else(read: Watched, path: str) -> None:
    page = read.open(path)
    pictures = page.evaluate(
        "() => [...document.querySelectorAll('article img')].map((i) => "
        "[i.getAttribute('src'), i.naturalWidth, i.getAttribute('alt'), !!i.closest('.fwd-thumb')])"
    )
    assert [src for src, width, _, _ in pictures if not width] == []
    assert [src for src, _, alt, decorative in pictures if not (alt or decorative)] == []
    assert read.faults == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_never_scrolls_sideways(open_with: Any, path: str) -> None:
    page = open_with(path, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_figure_that_goes_on_to_the_right_fades_there_until_its_end(open_with: Any) -> None:
    faded = """() => [...document.querySelectorAll(".fwd-scroll")].map((e) => [
      e.scrollWidth > e.clientWidth,
      getComputedStyle(e).getPropertyValue("--fwd-fade") !== "0px",
    ])"""
    page = open_with("report/training/", viewport={"width": 390, "height": 844})
    before = page.evaluate(faded)
    assert any(scrolls for scrolls, _ in before)
    assert all(scrolls == fades for scrolls, fades in before)
    page.evaluate(
        "for (const e of document.querySelectorAll('.fwd-scroll')) e.scrollTo(e.scrollWidth, 0)"
    )
    page.wait_for_function(f"() => ({faded})().every(([, fades]) => !fades)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_text_stands_out_in_both_schemes(open_with: Any, path: str, scheme: str) -> None:
    page = open_with(path, color_scheme=scheme, viewport={"width": 1280, "height": 900})
    expected = {"light": "default", "dark": "slate"}[scheme]
    assert page.locator("body").get_attribute("data-md-color-scheme") == expected
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    contrasts = page.evaluate(CONTRASTS)
    assert contrasts
    assert [(round(ratio, 2), text) for ratio, text in contrasts if ratio < 4.5] == []


def test_prompts_are_text_whatever_they_contain(read: Watched) -> None:
    page = read.open("report/setup/")
    assert page.locator("article").inner_text().count(HOSTILE) >= 3
    assert page.locator("article p code", has_text="<script>").count() == 1
    assert page.locator("article script").count() == 0
    assert page.locator(f'img[alt*="{HOSTILE[:8]}"]').count() >= 3


def test_equations_are_mathml_in_the_site_s_own_font(read: Watched) -> None:
    page = read.open("report/forward/")
    assert page.locator("math").count() == 6
    assert page.locator(".fwd-equation mtable mtr").count() == 2
    assert page.evaluate("document.fonts.check('16px \"STIX Two Math\"', '\\u{1d4a9}')")
    loaded = page.evaluate(
        "[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)"
    )
    assert any("STIX Two Math" in family for family in loaded)
    root = page.locator("msqrt").first
    assert root.bounding_box()["height"] > root.locator("*").first.bounding_box()["height"] > 0


def test_the_navigation_has_the_parts_and_the_guide_in_its_own_order(read: Watched) -> None:
    page = read.open("")
    links = page.eval_on_selector_all(
        ".md-nav--primary > .md-nav__list a.md-nav__link",
        "all => all.map((a) => a.textContent.trim())",
    )
    sections = ["Sampling from prompts", "The forward process", "Iterative denoising", "Illusions"]
    assert [name for name in links if name in sections] == sections
    assert links.index("Training") < links.index("First") < links.index("Second")
    expect(page.locator(".fwd-cards a")).to_have_count(5)
    page.locator(".fwd-cards a", has_text="Illusions").click()
    expect(page.locator("h1")).to_contain_text("Illusions")


def test_without_scripts_everything_can_be_read(open_with: Any) -> None:
    page = open_with("report/illusions/", java_script_enabled=False)
    for name, count in (("flip", 4), ("distance", 2), ("slider", 2)):
        pictures = page.locator(f".fwd-{name} img")
        assert pictures.count() == count
        assert all(picture.is_visible() for picture in pictures.all())
    assert (
        page.locator(".fwd-flip .fwd-label").all_inner_texts() == ["an old man", "a campfire"] * 2
    )
    boxes = [picture.bounding_box() for picture in page.locator(".fwd-slider img").all()]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    page.goto(page.url.replace("illusions", "denoise"))
    assert page.locator(".fwd-strip .fwd-label").all_inner_texts()[0] == "t = 990"
    assert page.locator(".fwd-film img").is_visible()


@pytest.mark.parametrize(("motion", "suffix"), [("reduce", ".png"), ("no-preference", ".gif")])
def test_films_move_only_for_those_who_allow_it(open_with: Any, motion: str, suffix: str) -> None:
    page = open_with("report/training/", reduced_motion=motion)
    shown = page.eval_on_selector_all("picture img", "all => all.map((i) => i.currentSrc)")
    assert len(shown) == 2
    assert all(source.endswith(suffix) for source in shown)


def test_an_anagram_turns_by_mouse_and_by_keyboard(read: Watched) -> None:
    page = read.open("report/illusions/")
    flip = page.locator(".fwd-flip").first
    button, label = flip.get_by_role("button"), flip.locator(".fwd-label").first
    picture = flip.locator("img").first
    button.click()
    expect(label).to_have_text("a campfire")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(picture).to_have_css("transform", "matrix(-1, 0, 0, -1, 0, 0)")
    button.press("Enter")
    expect(label).to_have_text("an old man")
    expect(picture).to_have_css("transform", "none")


def test_a_hybrid_goes_away(read: Watched) -> None:
    page = read.open("report/illusions/")
    slider = page.get_by_role("slider", name="Distance")
    picture = page.locator(".fwd-distance img").first
    near = picture.bounding_box()["width"]
    slider.press("End")
    assert picture.bounding_box()["width"] == pytest.approx(near / 10, rel=0.01)
    slider.press("Home")
    assert picture.bounding_box()["width"] == near


def test_two_pictures_are_compared_under_a_slider(read: Watched) -> None:
    page = read.open("report/illusions/")
    slider = page.get_by_role("slider", name="Compare: stage I with stage II")
    before, after = page.locator(".fwd-slider .fwd-reading").all()
    assert before.bounding_box() == after.bounding_box()
    expect(before).to_have_css("clip-path", "inset(0px 50% 0px 0px)")
    slider.press("ArrowRight")
    expect(before).to_have_css("clip-path", "inset(0px 49% 0px 0px)")
    slider.press("Home")
    expect(before).to_have_css("clip-path", "inset(0px 100% 0px 0px)")


def test_a_trajectory_is_stepped_through_and_played_again(read: Watched) -> None:
    page = read.open("report/denoise/")
    slider = page.get_by_role("slider", name="Step through")
    frame, play = page.locator(".fwd-frame"), page.get_by_role("button", name="Play")
    expect(frame).to_be_hidden()
    slider.press("Home")
    expect(page.locator(".fwd-film output")).to_have_text("t = 990")
    expect(frame).to_be_visible()
    slider.press("ArrowRight")
    expect(page.locator(".fwd-film output")).to_have_text("t = 960")
    assert frame.bounding_box() == page.locator(".fwd-film picture").bounding_box()
    play.click()
    expect(frame).to_be_hidden()
    assert read.faults == []


def test_a_picture_opens_large_with_its_label_as_text(read: Watched) -> None:
    page = read.open("report/setup/")
    page.locator("a.glightbox").first.click()
    large = page.locator(".gslide.current img")
    expect(large).to_be_visible()
    page.wait_for_timeout(600)
    assert large.bounding_box()["width"] > 400
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    assert read.faults == []


def test_provenance_says_what_made_the_figure_and_how_to_make_it_again(read: Watched) -> None:
    page = read.open("report/setup/")
    page.get_by_text("How this figure was made").click()
    facts = page.locator(".fwd-provenance").inner_text()
    for fact in ("180–184", "emoji-if", "float32", "torch 2.13", "0123456789, with local changes"):
        assert fact in facts
    assert "fwd-report build --only setup --force" in facts
    assert "technique: sample" in facts


def test_a_failure_is_shown_with_its_cause(read: Watched) -> None:
    page = read.open("report/illusions/")
    box = page.locator("#fig-lost .fwd-failure")
    expect(box).to_contain_text("illusions.lost[0]: out of memory <here>")
    expect(page.locator(".fwd-missing")).to_have_text("not run yet")


def test_animations_can_be_held(read: Watched) -> None:
    page = read.open("report/training/")

    def showing(kind: str) -> None:
        every = "image => image.currentSrc.endsWith(kind)"
        clips = "[...document.querySelectorAll('.fwd-clips img')]"
        page.wait_for_function(f"kind => {clips}.length == 2 && {clips}.every({every})", arg=kind)

    page.locator(".fwd-clips").scroll_into_view_if_needed()
    showing(".gif")
    page.get_by_role("button", name="Pause").click()
    showing(".png")
    page.get_by_role("button", name="Play").click()
    showing(".gif")
    assert read.faults == []
