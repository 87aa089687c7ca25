"""Every link of a built site, followed as a browser would from where the site is served."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

HOST = "http://site.test"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src", "data-sprite") and value is not None:
                self.links.append(value)
            elif name == "srcset" and value:
                self.links += [part.split()[0] for part in value.split(",")]


def dead_links(tree: Path, prefix: str = "/", below: str = "") -> list[str]:
    """Links that lead nowhere when `tree` is served under `prefix`, "/repo/" say.

    below: only the pages of that folder of the tree. A 404 page is shown at any address, so its
    links are followed from one that is deep.
    """
    parsed = {}
    for page in sorted((tree / below).rglob("*.html")):
        parsed[page] = _Links()
        parsed[page].feed(page.read_text("utf-8"))
    found = []
    for page, content in parsed.items():
        name = page.relative_to(tree).as_posix()
        address = f"{HOST}{prefix}{name.removesuffix('index.html')}"
        if page.name == "404.html":
            address = f"{HOST}{prefix}{below}no/such/page/"
        found += [
            f"{name}: {link}"
            for link in content.links
            if not _leads(urljoin(address, link), tree, prefix, parsed)
        ]
    return found


def _leads(address: str, tree: Path, prefix: str, parsed: dict[Path, _Links]) -> bool:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not address.startswith(HOST):
        return True
    if not parts.path.startswith(prefix):
        return False
    path = tree / unquote(parts.path.removeprefix(prefix))
    target = path / "index.html" if path.is_dir() else path
    if not target.is_file():
        return False
    return not parts.fragment or _has(target, unquote(parts.fragment), parsed)


def _has(page: Path, fragment: str, parsed: dict[Path, _Links]) -> bool:
    return page not in parsed or fragment.startswith("__") or fragment in parsed[page].anchors


def addresses(sitemap: str) -> Iterator[str]:
    """The addresses that a sitemap lists."""
    for part in sitemap.split("<loc>")[1:]:
        yield part.split("</loc>")[0]
