"""The pages in a real browser: complete, private, readable, and usable by keyboard."""

from __future__ import annotations

import io
import re
import string
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from tests.helpers.every_part import HOSTILE
from tests.helpers.watched import PHONE, Watched
from tests.site.conftest import ROOT

from fwd_report.site.prose import equation


def test_a_figure_that_goes_on_to_the_right_fades_there_until_its_end(open_with: Any) -> None:
    faded = """() => [...document.querySelectorAll(".fwd-scroll")].map((e) => [
      e.scrollWidth > e.clientWidth,
      getComputedStyle(e).getPropertyValue("--fwd-fade") !== "0px",
    ])"""
    page = open_with("report/training/", viewport=PHONE)
    before = page.evaluate(faded)
    assert any(scrolls for scrolls, _ in before)
    assert all(scrolls == fades for scrolls, fades in before)
    page.evaluate(
        "for (const e of document.querySelectorAll('.fwd-scroll')) e.scrollTo(e.scrollWidth, 0)"
    )
    page.wait_for_function(f"() => ({faded})().every(([, fades]) => !fades)")


def test_prompts_are_text_whatever_they_contain(read: Watched) -> None:
    page = read.open("report/setup/")
    assert page.locator("article").inner_text().count(HOSTILE) >= 3
    assert page.locator("article p code", has_text="{{ runs.prompts[6]").count() == 1
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


SHOW = """(html) => {
  document.querySelector("#ink")?.remove();
  const box = Object.assign(document.createElement("p"), {id: "ink", innerHTML: html});
  box.style = "font-size: 80px; width: 3em; height: 2em; background: white; color: black";
  document.querySelector("article").prepend(box);
  return document.fonts.ready;
}"""


@pytest.mark.parametrize(
    ("bold", "regular"),
    [(r"\mathbf{m}", r"\mathrm{m}"), (r"{\bf m}", r"\mathrm{m}"), (r"\boldsymbol{x}", "x")],
)
def test_bold_letters_have_more_ink(read: Watched, bold: str, regular: str) -> None:
    page = read.open("report/forward/")

    def ink(latex: str) -> int:
        page.evaluate(SHOW, equation(latex, display=False))
        shot = Image.open(io.BytesIO(page.locator("#ink").screenshot())).convert("L")
        return sum(shot.histogram()[:128])

    assert ink(bold) > 1.2 * ink(regular) > 0


def test_bold_letters_come_from_the_site_s_own_font(read: Watched) -> None:
    page = read.open("report/forward/")
    letters = string.ascii_letters + string.digits
    latex = "".join(rf"\mathbf{{{c}}}\boldsymbol{{{c}}}" for c in letters)
    page.evaluate(SHOW, equation(latex, display=False))
    page.evaluate(
        """() => {
          const box = document.querySelector("#ink");
          box.style.fontFamily = getComputedStyle(box.querySelector("math")).fontFamily;
          box.textContent = box.querySelector("math").textContent;
        }"""
    )
    browser = page.context.new_cdp_session(page)
    browser.send("DOM.enable")
    browser.send("CSS.enable")
    root = browser.send("DOM.getDocument")["root"]["nodeId"]
    wanted = {"nodeId": root, "selector": "#ink"}
    box = browser.send("DOM.querySelector", wanted)["nodeId"]
    fonts = browser.send("CSS.getPlatformFontsForNode", {"nodeId": box})["fonts"]
    assert [(font["familyName"], font["isCustomFont"]) for font in fonts] == [
        ("STIX Two Math", True)
    ]


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
    assert page.locator(".fwd-film img").first.is_visible()


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


def test_provenance_says_what_made_the_figure_and_how_to_make_it_again(read: Watched) -> None:
    page = read.open("report/setup/")
    page.get_by_text("How this figure was made").click()
    facts = page.locator(".fwd-provenance").inner_text()
    for fact in ("180–184", "emoji-if", "float32", "torch 2.13", "0123456789, with local changes"):
        assert fact in facts
    assert re.search(r"fwd-report build --only setup\.[a-z-]+ --force", facts)
    assert "technique: sample" in facts


def test_a_failure_is_shown_with_its_cause(read: Watched) -> None:
    page = read.open("report/illusions/")
    box = page.locator("#fig-lost .fwd-incomplete")
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


@pytest.mark.parametrize("shown", [64, 88, 110, 150])
def test_four_pictures_stand_in_one_row_or_in_two_of_two(browser: Browser, shown: int) -> None:
    style = (ROOT / "site_templates" / "assets" / "figures.css").read_text(encoding="utf-8")
    item = '<li><div style="aspect-ratio:1"></div></li>'
    strip = f'<ul class="fwd-strip fwd-fit fwd-four" style="--fwd-w:{shown}px;--fwd-n:2">'
    html = f'<style>{style}</style><div class="md-typeset">{strip}{item * 4}</ul></div>'
    page = browser.new_page()
    page.set_content(html)
    for width, rows in ((390, [2, 2]), (700, [2, 2]), (1280, [4])):
        page.set_viewport_size({"width": width, "height": 800})
        tops = page.eval_on_selector_all("li", "all => all.map(li => li.offsetTop)")
        assert [tops.count(top) for top in dict.fromkeys(tops)] == rows
    page.close()
