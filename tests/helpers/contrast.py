"""The contrast of every text of a page in a browser, as the Web Content Guidelines compute it."""

from __future__ import annotations

from playwright.sync_api import Page

ENOUGH = 4.5
"""The least contrast of text of usual size: WCAG 2.2, success criterion 1.4.3."""
CONTRASTS = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const read = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const colours = new Map();
  const parse = (text) => {
    if (!colours.has(text)) colours.set(text, read(text));
    return colours.get(text);
  };
  const over = ([r, g, b, a], below) =>
    [r, g, b].map((v, i) => v * a + below[i] * (1 - a));
  const channel = (v) => v <= 10.31 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const chain = (element) => element ? [...chain(element.parentElement), element] : [];
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent.trim();
    if (!text || element.closest("script, style, .md-top, .md-search, svg, [hidden]")) continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    if (!element.checkVisibility({ visibilityProperty: true }) || !range.getClientRects().length)
      continue;
    let [ground, opacity] = [[255, 255, 255], 1];
    for (const e of chain(element)) {
      const style = getComputedStyle(e);
      ground = over(parse(style.backgroundColor), ground);
      opacity *= Number(style.opacity);
    }
    if (opacity === 0) continue;
    const [r, g, b, a] = parse(getComputedStyle(element).color);
    const [x, y] = [luminance(over([r, g, b, a * opacity], ground)), luminance(ground)];
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    found.push([ratio, element.className + ": " + text]);
  }
  return found;
}
"""


def too_faint(page: Page) -> list[tuple[float, str]]:
    """The contrasts below `ENOUGH`, each with its element's class and its text.

    What is folded away is opened first. A page on which hardly any text is seen is an error.
    """
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    found: list[tuple[float, str]] = page.evaluate(CONTRASTS)
    assert len(found) > 20, found
    return [(round(ratio, 2), text[:60]) for ratio, text in found if ratio < ENOUGH]
