"""Links and pictures in the author's texts and pages that lead nowhere, each at its own line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fwd_report.site.authored import (
    CONTENT,
    FRONT_MATTER,
    AuthoredText,
    hand_written_pages,
    texts_of,
)
from fwd_report.site.findings import Finding
from fwd_report.site.markdown_bounds import page_objection
from fwd_report.site.nav import RUBRIC_PAGE
from fwd_report.site.page_folders import OWNED
from fwd_report.site.reader import IDS, Read, Reader, ReadError
from fwd_report.site.results import ReportResult
from fwd_report.site.titles import heading_id
from fwd_report.spec.project import Project, SectionSpec

HTML = re.compile(r"\b(?:src|href|data-sprite)=\"([^\"]*)\"")
IMAGE_WITHOUT_ALT = re.compile(r"<img(?![^>]*\balt=)[^>]*>")
REFERENCE = re.compile(r"(?<![\w\])])\[([^\[\]\n]+)\]\[([^\[\]\n]*)\]")
FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]")
KNOWN_SCHEMES = ("http", "https", "mailto", "data", "tel")
PLACE_OF_FILE = (1, 1)
PROSE = ("intro", "discussion", "outro")
"""The fields that are Markdown of the page."""


@dataclass
class _Site:
    """What links may lead to: the pages of the project and the files of docs/."""

    project: Project
    docs: Path
    reader: Reader
    ids: dict[Path, frozenset[str]] = field(default_factory=dict)

    def pages(self) -> dict[Path, SectionSpec | None]:
        """The pages that a build writes, whether or not they exist yet."""
        found: dict[Path, SectionSpec | None] = {
            self.docs / OWNED / f"{section.name}.md": section for section in self.project.sections
        }
        if self.project.rubric is not None:
            found[self.docs / OWNED / f"{RUBRIC_PAGE}.md"] = None
        return found

    def target(self, path: str, page: Path) -> Path | None:
        """The file that a link's path means on a page: a file beside it, or a page's address."""
        name = unquote(path)
        address = page.parent if page.stem == "index" else page.parent / page.stem
        for candidate in (self.file(page.parent / name), self.page_at(address / name)):
            if candidate is not None:
                return candidate
        return None

    def file(self, path: Path) -> Path | None:
        """A file of docs/, or a page that a build writes there."""
        path = path.resolve()
        inside = path.is_relative_to(self.docs)
        return path if inside and (path.is_file() or path in self.pages()) else None

    def page_at(self, address: Path) -> Path | None:
        """The page or file at an address of the site, which for `a/b.md` is `a/b/`."""
        address = address.resolve()
        for path in (address, address / "index.md", address.with_name(f"{address.name}.md")):
            if path.suffix == ".md" and path == address:
                continue
            if (found := self.file(path)) is not None:
                return found
        return None

    def anchors(self, page: Path) -> frozenset[str]:
        """The anchors of a page, from its Markdown and its template."""
        if page not in self.ids:
            found: set[str] = set()
            section = self.pages().get(page)
            if section is not None:
                found |= self.reader.page(_prose(section)).ids | _figures(section)
            if page.is_file():
                written = page.read_text(encoding="utf-8-sig", errors="replace")
                if page.is_relative_to(self.docs / OWNED):
                    found |= set(IDS.findall(written))
                else:
                    found |= self.reader.page(FRONT_MATTER.sub("", written)).ids
            self.ids[page] = frozenset(found)
        return self.ids[page]

    def objection(self, url: str, page: Path, html: bool = False) -> str | None:
        """Why a link is dead; None: it leads somewhere. Other sites are not checked."""
        if CONTENT in url:
            return None
        parts = urlsplit(url)
        if "\\" in url or (parts.scheme and parts.scheme not in KNOWN_SCHEMES):
            return f"dead link {url!r}"
        if parts.scheme or parts.netloc:
            return None
        if html and parts.path.endswith(".md"):
            return f"dead link {url!r}: MkDocs makes addresses of Markdown's links, not of HTML's"
        if html and parts.path:
            address = page.parent if page.stem == "index" else page.parent / page.stem
            target = self.page_at(address / unquote(parts.path))
        else:
            target = self.target(parts.path, page) if parts.path else page
        if target is None or url.startswith("/"):
            return f"dead link {url!r}"
        anchored = parts.fragment and target.suffix == ".md"
        if anchored and unquote(parts.fragment) not in self.anchors(target):
            return f"dead link {url!r}: its page has no such place"
        return None


def dead_links(report: ReportResult, root: Path) -> Iterator[Finding]:
    """Links, pictures, references and footnotes without a target, in specs and in docs/.

    Specs are read as they are, whether or not their pages are built.
    """
    project = report.project
    docs = (root / "docs").resolve()
    try:
        site = _Site(project, docs, Reader(root, project.trusted))
    except ReadError as error:
        yield Finding("config", f"the Markdown extensions cannot be loaded: {error}", "mkdocs.yml")
        return
    for section in project.sections:
        yield from _of_section(site, section)
    for page, text, first in hand_written_pages(docs):
        if page_objection(text) is None:
            yield from _of_page(site, page, text, first)


def _of_section(site: _Site, section: SectionSpec) -> Iterator[Finding]:
    page = site.docs / OWNED / f"{section.name}.md"
    texts = list(texts_of(section))
    prose = [text for text in texts if text.field in PROSE]
    captions = [text for text in texts if text.field == "caption" and text.source.strip()]
    file = section.file.relative_to(site.project.root).as_posix()
    lines = section.file.read_text(encoding="utf-8-sig").splitlines()

    def at(text: AuthoredText, start: int, message: str) -> Finding:
        place = site.project.positions.get((section.name, *text.path), PLACE_OF_FILE)
        kind = "alt" if "alternative" in message else "dead-link"
        return Finding(kind, f"{message} in {text.what}", file, text.line(lines, place, start))

    whole = "\n\n".join(text.markdown for text in prose)
    try:
        read = site.reader.page(whole)
    except ReadError as error:
        yield Finding("dead-link", str(error), file)
        return
    for message, excerpt, number in _faults(site, page, read, whole):
        yield at(*_place(prose, excerpt, number), message)
    for text in captions:
        read = site.reader.caption(text.markdown)
        for message, excerpt, number in _faults(site, page, read, ""):
            yield at(*_place([text], excerpt, number), message)


def _of_page(site: _Site, page: Path, text: AuthoredText, first: int) -> Iterator[Finding]:
    """A hand-written page. first: the line of its file on which its text begins."""
    name = page.relative_to(site.docs.parent).as_posix()
    try:
        read = site.reader.page(text.source)
    except ReadError as error:
        if OWNED not in str(error):
            yield Finding("dead-link", str(error), name)
        return
    for message, excerpt, number in _faults(site, page, read, text.markdown):
        _, start = _place([text], excerpt, number)
        kind = "alt" if "alternative" in message else "dead-link"
        yield Finding(kind, message, name, text.line((), (first, 1), start))


def _faults(site: _Site, page: Path, read: Read, html: str) -> Iterator[tuple[str, str, int]]:
    """(message, excerpt of the source, number of the occurrence) of each fault in a text.

    html: the source in which to look for tags.
    """
    seen: dict[str, int] = {}

    def occurrence(excerpt: str) -> tuple[str, int]:
        seen[excerpt] = seen.get(excerpt, -1) + 1
        return excerpt, seen[excerpt]

    for link in read.links:
        if CONTENT in link.url:
            continue
        if not link.url:
            what = "picture" if link.tag == "img" else "link"
            yield f"the {what} {link.words!r} names no target", *occurrence(f"[{link.words}]()")
            continue
        excerpt = occurrence(link.url)
        if (objection := site.objection(link.url, page)) is not None:
            yield objection, *excerpt
        if link.alt == "":
            yield f"the picture {link.url!r} has no alternative text", *excerpt
    for words, label in REFERENCE.findall(read.text):
        name = label or words
        yield f"the link [{words}][{label}] has no line [{name}]: …", *occurrence(f"[{words}]")
    for label in FOOTNOTE.findall(read.text):
        yield f"the footnote [^{label}] has no text", *occurrence(f"[^{label}]")
    for url in HTML.findall(html):
        if CONTENT not in url and (not url or (why := site.objection(url, page, html=True))):
            message = why if url else "a picture or link of HTML names no target"
            yield message or "", *occurrence(f'="{url}"')
    for image in IMAGE_WITHOUT_ALT.findall(html):
        yield "a picture without alternative text", *occurrence(image)


def _place(texts: list[AuthoredText], excerpt: str, number: int) -> tuple[AuthoredText, int]:
    """The text that holds the n-th occurrence of an excerpt, and where; else the start of the first
    text.
    """
    left = number
    for text in texts:
        for found in re.finditer(re.escape(excerpt), text.source):
            if left == 0:
                return text, found.start()
            left -= 1
    if number:
        return _place(texts, excerpt, 0)
    return texts[0], 0


def _prose(section: SectionSpec) -> str:
    """A section's prose as its page has it, without figures."""
    return "\n\n".join(text.markdown for text in texts_of(section) if text.field in PROSE)


def _figures(section: SectionSpec) -> set[str]:
    """The anchors that the page's template makes."""
    found = {heading_id(section.title)}
    for experiment in section.experiments:
        if experiment.show:
            found |= {f"fig-{experiment.id}", experiment.id}
    return found
