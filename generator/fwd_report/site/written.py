"""A page as written, before it is put in place; a later render may reuse it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from fwd_report.figures.gallery import Gallery
from fwd_report.site.equations import PLACEHOLDER, EquationError, EquationReference, reference_link
from fwd_report.site.mathml import markdown_inert
from fwd_report.site.titles import plain_title
from fwd_report.store.memory import Memory


@dataclass(frozen=True)
class Page:
    """One page. text: its Markdown. pictures: the files of the gallery that it shows.

    equations: (number, anchor) by label. elsewhere: references to equations that are not on the
    page, by the number of their placeholder.
    """

    name: str
    title: str
    text: str
    pictures: Sequence[str] = ()
    equations: Mapping[str, Sequence[str]] = field(default_factory=dict)
    elsewhere: Mapping[str, EquationReference] = field(default_factory=dict)

    def linked(self, pages: Mapping[str, Page]) -> str:
        """The text, with references to equations on `pages` as links."""

        def link(found: re.Match[str]) -> str:
            reference = self.elsewhere.get(found[1])
            owners = owners_of(reference.label, pages) if reference else []
            if reference is None or len(owners) != 1:
                return found[0]
            number, anchor = owners[0].equations[reference.label]
            where = f" of {markdown_inert(plain_title(owners[0].title))}"
            return reference_link(reference, number, f"../{owners[0].name}/#{anchor}", where)

        return PLACEHOLDER.sub(link, self.text)

    def wrong(self, pages: Mapping[str, Page]) -> Iterator[tuple[tuple[str, ...], EquationError]]:
        """Each reference to no equation of `pages`, or to several, with its text."""
        for reference in self.elsewhere.values():
            owners = owners_of(reference.label, pages)
            if len(owners) == 1:
                continue
            if owners:
                names = " and ".join(page.name for page in owners)
                why = f"which the pages {names} have: give one another name"
            else:
                known = ", ".join(self.equations) or "none"
                others = [
                    f"{label} ({page.name})"
                    for page in pages.values()
                    if page.name != self.name
                    for label in page.equations
                ]
                more = f"; other pages': {', '.join(others)}" if others else ""
                why = f"which no \\label names; this page's labels: {known}{more}"
            error = EquationError(f"the prose refers to the equation {reference.label!r}, {why}")
            error.lineno, error.label = reference.line, reference.label
            yield reference.place, error


def owners_of(label: str, pages: Mapping[str, Page]) -> list[Page]:
    """The pages that have an equation of that label."""
    return [page for page in pages.values() if label in page.equations]


def written_before(
    memory: Memory, digest: str, gallery: Gallery, write: Callable[[Gallery], Page]
) -> Page:
    """The page remembered under a digest, if all its pictures are there, else what `write`
    makes.
    """
    known = _parsed(memory.get(digest))
    if known is not None and all(name in gallery.earlier for name in known.pictures):
        gallery.used.update(known.pictures)
        return known
    own = replace(gallery, used=set())
    page = replace(write(own), pictures=sorted(own.used))
    gallery.used.update(own.used)
    content = asdict(page) | {"elsewhere": {n: list(r) for n, r in page.elsewhere.items()}}
    memory.put(digest, json.dumps(content).encode())
    return page


def _parsed(kept: bytes | None) -> Page | None:
    if kept is None:
        return None
    page = Page(**json.loads(kept))
    references = {
        number: EquationReference(label, brackets, line, tuple(place))
        for number, (label, brackets, line, place) in page.elsewhere.items()
    }
    return replace(page, elsewhere=references)
