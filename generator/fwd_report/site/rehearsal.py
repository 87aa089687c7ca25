"""Finds mistakes in the prose before anything runs, not hours later when pages are made.

The prose is rendered with the results in the store, and placeholders for the others. Only what no
result can make right is a mistake then: a formula that cannot be shown, a name that no run has, a
reference to an equation that does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from fwd_report.errors import Problem, UnavailableError, UserError
from fwd_report.site.converted import remembering
from fwd_report.site.equations import EquationError
from fwd_report.site.inputs import Inputs, shown_results
from fwd_report.site.mathml import FormulaError, UnknownCommandError
from fwd_report.site.not_run import NOT_RUN, UnknownInProseError
from fwd_report.site.prose import inline
from fwd_report.site.results import ReportResult
from fwd_report.site.stamp import holds_pages
from fwd_report.spec.project import REPORT, Project
from fwd_report.spec.prose_check import prose_problem
from fwd_report.store.memory import digest_of, memory_of
from fwd_report.store.store import DamagedEntryError


def prose_problems(report: ReportResult) -> list[Problem]:
    """The mistakes in prose, titles and labels that exist whatever the runs will give.

    Nothing is rendered if the pages are current, or if the same texts passed before. A section
    whose results cannot be read is skipped.
    """
    root = report.project.root
    memory = memory_of(root)
    inputs = Inputs(report.project, shown_results(report), root)
    if holds_pages(inputs, root):
        return []
    name = digest_of("rehearsed", inputs.of_all)
    if memory.get(name) is not None:
        return []
    with report.project.plugins.used(), remembering(memory):
        problems = [*_words(report.project), *_prose(report, inputs)]
    if not problems:
        memory.put(name, json.dumps(True).encode())
    memory.save()
    return problems


def rehearse(report: ReportResult) -> None:
    """Raise UserError with the mistakes that `prose_problems` finds, if any."""
    if problems := prose_problems(report):
        raise UserError(problems)


def _words(project: Project) -> Iterator[Problem]:
    """Mistakes in formulas of titles, labels and the description."""
    from fwd_report.site.titles import wrong_words

    yield from wrong_words(project)
    try:
        inline(project.report.description)
    except (EquationError, FormulaError) as error:
        yield prose_problem(project, REPORT, ("description",), error)


def _prose(report: ReportResult, inputs: Inputs) -> Iterator[Problem]:
    from fwd_report.site.section_texts import section_texts
    from fwd_report.site.template_values import report_views
    from fwd_report.site.written import Page

    everything = report_views(report)
    unrun = {
        section.spec.name
        for section in report.sections
        if any(result.absence is not None for result in section.experiments)
    }
    pages: dict[str, Page] = {}
    whole = True
    for section in report.sections:
        name = section.spec.name
        try:
            texts = section_texts(report, section, everything)
        except (DamagedEntryError, UnavailableError):
            whole = False
            continue
        final = inputs.spoken_of(name).isdisjoint(unrun)
        for place, error in texts.mistakes:
            if final or _certain(error):
                yield prose_problem(report.project, name, place, error)
        whole = whole and not texts.mistakes
        equations = texts.equations
        pages[name] = Page(name, section.spec.title, "", (), equations.labels, equations.elsewhere)
    for page in pages.values() if whole else ():
        for path, wrong in page.wrong(pages):
            yield prose_problem(report.project, page.name, path, wrong)


def _certain(error: Exception) -> bool:
    """Whether the text that raised this cannot be shown, whatever its values will be."""
    if isinstance(error, FormulaError):
        return isinstance(error, UnknownCommandError) or NOT_RUN not in error.latex
    return isinstance(error, (UnknownInProseError, EquationError))
