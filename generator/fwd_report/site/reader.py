"""Reads Markdown as MkDocs does: by Python-Markdown with the extensions of mkdocs.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

from fwd_report.errors import first_line
from fwd_report.packaged import starter_folder
from fwd_report.site.config import (
    CONFIGS,
    CONTAINED,
    SNIPPETS,
    contained,
    own_config,
    read_config,
)

BUILT_IN = ("toc", "tables", "fenced_code")
"""The extensions that MkDocs adds itself."""
IDS = re.compile(r"\b(?:id|name)=\"([^\"]+)\"")
CODE = re.compile(r"<(code|pre|script|style|svg|math)\b.*?</\1\s*>", re.S)
TAG = re.compile(r"<[^>]*>")
OWN = ("headerlink", "footnote")
"""Classes of the links that extensions create."""


@dataclass(frozen=True)
class Link:
    """A link or a picture in a text. url: as written. alt: a picture's alternative text."""

    tag: str
    url: str
    words: str
    alt: str | None = None


@dataclass(frozen=True)
class Read:
    """links: in order. ids: the anchors. text: what a reader sees, without code."""

    links: tuple[Link, ...]
    ids: frozenset[str]
    text: str


class _Collector(Treeprocessor):
    """Collects the links of a document at the point where MkDocs resolves them: after everything
    else.
    """

    links: list[Link]

    def run(self, root: Element) -> None:
        for element in root.iter():
            if element.tag == "a" and "href" in element.attrib:
                if not (element.get("class") or "").startswith(OWN):
                    words = "".join(element.itertext())
                    self.links.append(Link("a", element.get("href") or "", words))
            elif element.tag == "img" and "src" in element.attrib:
                alt = element.get("alt") or ""
                self.links.append(Link("img", element.get("src") or "", alt, alt))


class ReadError(Exception):
    """An extension cannot be loaded, or refuses a text, such as one with a missing snippet."""


class Reader:
    """Reads the Markdown of one project. Raises ReadError."""

    def __init__(self, root: Path, trusted: bool = True) -> None:
        try:
            names, options = _extensions(root, trusted)
            self._page = Markdown(extensions=names, extension_configs=options)
        except Exception as error:
            # Extensions are other people's code, and mkdocs.yml may name anything.
            raise ReadError(first_line(error)) from error
        self._caption = Markdown(extensions=["smarty"])
        self._collectors: dict[int, _Collector] = {}
        for reader in (self._page, self._caption):
            collector = _Collector(reader)
            reader.treeprocessors.register(collector, "fwd-links", -1)
            self._collectors[id(reader)] = collector

    def page(self, text: str) -> Read:
        """A page, or the prose of one."""
        return self._read(self._page, text)

    def caption(self, text: str) -> Read:
        """A caption, which the site renders separately; its HTML is shown as text."""
        return self._read(self._caption, text.replace("<", "&lt;"))

    def _read(self, reader: Markdown, text: str) -> Read:
        reader.reset()
        collector = self._collectors[id(reader)]
        collector.links = []
        try:
            html = reader.convert(text)
        except Exception as error:
            raise ReadError(first_line(error)) from error
        seen = TAG.sub("", CODE.sub(" ", html))
        return Read(tuple(collector.links), frozenset(IDS.findall(html)), seen)


def _extensions(root: Path, trusted: bool) -> tuple[list[str], dict[str, Mapping[str, Any]]]:
    """Names and options of the project's extensions; the starter's if it has no mkdocs.yml.

    Those of an untrusted project are the starter's: extensions are code.
    """
    own = own_config(root) if trusted else None
    settings = read_config(own or starter_folder() / CONFIGS[0])
    names = list(BUILT_IN)
    options: dict[str, Mapping[str, Any]] = {}
    extensions = settings.get("markdown_extensions") or ()
    for entry in extensions if trusted else contained(extensions):
        for name, values in (entry if isinstance(entry, dict) else {entry: None}).items():
            names.append(name)
            options[name] = values or {}
    for name in {SNIPPETS, CONTAINED} & options.keys():
        paths = options[name].get("base_path", ".")
        paths = [paths] if isinstance(paths, str) else paths
        options[name] = {**options[name], "base_path": [str(root / path) for path in paths]}
    return list(dict.fromkeys(names)), options
