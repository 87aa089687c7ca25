"""Links and pictures inside the pages that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fwd_report.spec.markdown import pieces

MARKDOWN = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)]*)?\)")
REFERENCE = re.compile(r"^\s*\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)", re.M)
HTML = re.compile(r"\b(?:src|href|srcset|data-sprite)=\"([^\"]+)\"")
FIGURE = re.compile(r"<figure\b.*?</figure>|<[^>]*>", re.S)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.M)
EXPLICIT = re.compile(r"\bid=\"([^\"]+)\"|\{[^}\n]*?#([\w-]+)[^}\n]*\}")
IMAGE_WITHOUT_ALT = re.compile(r"!\[\]\(|<img(?![^>]*\balt=)[^>]*>")


def dead_links(docs: Path, root: Path) -> Iterator[tuple[str, str]]:
    """(file, message) for each link within the site that has no target, generated pages included.

    Links in Markdown are relative to their file; those in HTML to the page's address, which for
    `a/b.md` is `a/b/`. A Windows path or one that leaves docs/ is dead too.
    """
    anchors: dict[Path, set[str]] = {}
    for page in sorted(docs.rglob("*.md")):
        name = page.relative_to(root).as_posix()
        text = "".join(
            piece.text
            for piece in pieces(page.read_text("utf-8"))
            if piece.kind not in ("code", "raw", "script")
        )
        included = page.name.startswith("_")
        prose = FIGURE.sub("", text)
        for target in (*MARKDOWN.findall(prose), *REFERENCE.findall(prose)):
            base = docs if included else page.parent
            if not _leads(target, base, docs, page, anchors):
                yield name, f"dead link {target!r}"
        address = docs if page.stem == "index" or included else page.parent / page.stem
        for target in HTML.findall(text):
            # MkDocs turns links of Markdown into addresses, not those of HTML.
            parts = urlsplit(target)
            unbuilt = parts.path.endswith(".md") and not parts.scheme
            if unbuilt or not _leads(target, address, docs, page, anchors):
                yield name, f"dead link {target!r}"
        if IMAGE_WITHOUT_ALT.search(text):
            yield name, "a picture without alternative text"


def _leads(target: str, base: Path, docs: Path, page: Path, anchors: dict[Path, set[str]]) -> bool:
    """Whether a link from `base` leads somewhere; links to other sites are taken on trust."""
    parts = urlsplit(target)
    if "\\" in target:
        return False
    if parts.scheme or parts.netloc:
        return parts.scheme in ("http", "https", "mailto", "data")
    place = page if not parts.path else _resolved(base / unquote(parts.path), docs)
    if place is None:
        return False
    if not parts.fragment or place.suffix != ".md":
        return True
    if place not in anchors:
        anchors[place] = _anchors(place.read_text("utf-8"))
    return unquote(parts.fragment) in anchors[place]


def _resolved(path: Path, docs: Path) -> Path | None:
    """The file a path or a page's address stands for, if it lies in docs/."""
    path = path.resolve()
    if not path.is_relative_to(docs.resolve()):
        return None
    if path.is_file():
        return path
    for candidate in (path / "index.md", path.with_name(path.name + ".md")):
        if candidate.is_file():
            return candidate
    return None


def _anchors(text: str) -> set[str]:
    """The anchors of a page: explicit ids, and headings as Python-Markdown makes them."""
    from markdown.extensions.toc import slugify

    explicit = {first or second for first, second in EXPLICIT.findall(text)}
    return explicit | {slugify(heading, "-") for heading in HEADING.findall(text)}
