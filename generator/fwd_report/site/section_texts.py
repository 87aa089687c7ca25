"""The prose of one section, rendered; mistakes are collected and do not stop it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from fwd_report.errors import Problem, UnavailableError
from fwd_report.site.equations import Equations
from fwd_report.site.prose import render, render_inline
from fwd_report.site.results import ReportResult, SectionResult
from fwd_report.site.template_values import Names, experiment_views
from fwd_report.spec.prose_check import prose_problem
from fwd_report.store.store import DamagedEntryError

Place = tuple[str, ...]
"""Which text of a section: ("intro",) or ("skull", "caption")."""


class SectionTexts:
    """A section's texts by their place. mistakes: what rendering them raised.

    equations: those of the page; references to other pages' are placeholders in the texts.
    """

    def __init__(
        self, report: ReportResult, section: SectionResult, context: Mapping[str, Any]
    ) -> None:
        self._report = report
        self._section = section.spec.name
        self._context = context
        self._texts: dict[Place, str] = {}
        self.mistakes: list[tuple[Place, Exception]] = []
        self.equations = Equations()

    def linked(self, *place: str) -> Markup:
        """A text, with references to this page's equations as links."""
        return Markup(self.equations.linked(self._texts[place]))

    def problems(self) -> list[Problem]:
        """The mistakes, each at its line of the section's file."""
        return [
            prose_problem(self._report.project, self._section, place, error)
            for place, error in self.mistakes
        ]

    def write(
        self,
        place: Place,
        source: str,
        write: Callable[..., str],
        context: Mapping[str, Any],
        of_page: bool,
    ) -> None:
        """Render one text. of_page: whether the page shows it, so that its equations count there.

        Raises errors of reading results; any other error is recorded as a mistake of the prose.
        """
        equations = self.equations if of_page else Equations()
        equations.place = place
        self._texts[place] = ""
        try:
            self._texts[place] = str(write(source, {**self._context, **context}, equations))
        except (DamagedEntryError, UnavailableError):
            raise
        except Exception as error:
            self.mistakes.append((place, error))


def section_texts(report: ReportResult, section: SectionResult, everything: Names) -> SectionTexts:
    """All texts of a section, rendered in page order.

    everything: all sections, as prose sees them. Raises DamagedEntryError and UnavailableError if
    results cannot be read.
    """
    runs = experiment_views(section)
    texts = SectionTexts(report, section, {"runs": runs, "report": everything})
    texts.write(("intro",), section.spec.intro, render, {}, of_page=True)
    for result in section.experiments:
        spec = result.spec
        own = {"experiment": runs[spec.id]}
        texts.write((spec.id, "caption"), spec.caption, render_inline, own, of_page=spec.show)
        texts.write((spec.id, "discussion"), spec.discussion, render, own, of_page=spec.show)
    texts.write(("outro",), section.spec.outro, render, {}, of_page=True)
    return texts
