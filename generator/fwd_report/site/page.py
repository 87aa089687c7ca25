"""One section as one page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from fwd_report.errors import Problem, UnavailableError, UserError
from fwd_report.figures.gallery import Gallery
from fwd_report.site.candidates import strips
from fwd_report.site.equations import Equations
from fwd_report.site.mathml import inert
from fwd_report.site.page_templates import rendered
from fwd_report.site.prose import render, render_inline
from fwd_report.site.provenance import facts, keys
from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.site.show import Block, blocks, missing_files
from fwd_report.site.template_values import Names, experiment_views, figure_numbers
from fwd_report.site.titles import (
    heading,
    heading_id,
    label_html,
    plain_label,
    title_html,
    toc_label,
)
from fwd_report.site.written import Page
from fwd_report.spec.prose_check import prose_problem
from fwd_report.store.store import DamagedEntryError
from fwd_report.techniques.registry import parts_of


def templates(folder: Any) -> Environment:
    """The project's page templates: HTML-escaping, strict about names."""
    made = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for filter_ in (heading, heading_id, label_html, plain_label, title_html, toc_label):
        made.filters[filter_.__name__] = filter_
    made.filters["inert"] = lambda text: Markup(inert(str(text)))
    made.filters["twice"] = lambda text: escape(str(escape(text)))
    return made


def section_page(
    report: ReportResult,
    section: SectionResult,
    everything: Names,
    gallery: Gallery,
    environment: Environment,
) -> Page:
    """The page as written. Raises UserError with every prose that does not render."""
    spec = section.spec
    content, equations = section_content(report, section, everything, gallery)
    text = rendered(
        environment,
        "section.md",
        report.project.root,
        section=spec,
        **content,
        report=report.project.report,
        profile=report.project.profile,
        file=spec.file.relative_to(report.project.root).as_posix(),
    )
    return Page(spec.name, spec.title, text, (), equations.labels, equations.elsewhere)


def section_content(
    report: ReportResult,
    section: SectionResult,
    everything: Names,
    gallery: Gallery,
    drawn: Mapping[str, ExperimentResult] | None = None,
) -> tuple[dict[str, Any], Equations]:
    """A page's `intro` and `outro`, and its `experiments` as the templates take them.

    The equations are those of the page; references to others are placeholders in the texts.

    drawn: what figures are drawn of, by the experiment's id; None: of all that pages show. Raises
    UserError with every prose that does not render.
    """
    if drawn is None:
        drawn = {result.spec.id: result for result in section.experiments if result.spec.show}
    runs = experiment_views(section)
    numbers = figure_numbers(section)
    writer = _Writer(report, section, {"runs": runs, "report": everything})
    intro = writer.prose(section.spec.intro, "intro")
    experiments: list[dict[str, Any]] = []
    for result in section.experiments:
        name = result.spec.id
        context = {"experiment": runs[name]}
        of_page = result.spec.show
        caption = writer.inline(result.spec.caption, context, name, "caption", of_page=of_page)
        discussion = writer.prose(
            result.spec.discussion, name, "discussion", context=context, of_page=of_page
        )
        if name in drawn:
            experiments.append(
                {
                    "id": name,
                    "title": result.spec.title,
                    "number": numbers.get(name, ""),
                    "caption": caption,
                    "discussion": discussion,
                    **_figure(drawn[name], gallery),
                    **_origin(report, section, drawn[name]),
                }
            )
    outro = writer.prose(section.spec.outro, "outro")
    if writer.problems:
        raise UserError(writer.problems)
    linked = writer.equations.linked
    for experiment in experiments:
        for field in ("caption", "discussion"):
            experiment[field] = Markup(linked(experiment[field]))
    content = {
        "intro": Markup(linked(intro)),
        "experiments": experiments,
        "outro": Markup(linked(outro)),
    }
    return content, writer.equations


def _origin(
    report: ReportResult, section: SectionResult, result: ExperimentResult
) -> dict[str, Any]:
    """How a figure was made: facts, keys, the YAML, and the commands that make it again."""
    used = report.project.profile
    profile = "" if used == report.project.report.profiles[0] else f" --profile {used}"
    return {
        "facts": facts(result.entries),
        "keys": keys(result.entries),
        "source": Markup(highlighted(result.spec.source)),
        "command": f"fwd-report build --only {section.spec.name} --force{profile}",
        "script": result.script,
        "script_command": result.script and f"fwd-report script {result.script.run}{profile}",
    }


def highlighted(source: str) -> str:
    """YAML as HTML with Pygments' classes, which the theme colours."""
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.data import YamlLexer

    return highlight(source, YamlLexer(), HtmlFormatter(cssclass="highlight", wrapcode=True))


def _figure(result: ExperimentResult, gallery: Gallery) -> dict[str, Any]:
    """The figure's blocks, what they were chosen among, and why some of it is missing."""
    absence = result.absence
    shown: list[Block] = []
    others: list[Block] = []
    if result.entries:
        try:
            parts = parts_of(result.spec.technique, result.entries)
            absent = missing_files(parts)
            if absent:
                absence = absence or f"{absent[0].name} of the results is not there"
            else:
                shown = blocks(parts, gallery, result.spec.metrics)
                others = blocks(strips(result.entries), gallery)
        except (LookupError, OSError, ValueError):
            if absence is None:
                raise
    elif absence is None:
        absence = "there are no results to show"
    return {
        "blocks": shown,
        "absence": absence,
        "best_of": result.spec.best_of,
        "candidates": others,
    }


class _Writer:
    """Renders a section's prose, and collects what is wrong with it instead of stopping."""

    def __init__(
        self, report: ReportResult, section: SectionResult, context: Mapping[str, Any]
    ) -> None:
        self._report = report
        self._name = section.spec.name
        self._context = context
        self.problems: list[Problem] = []
        self.equations = Equations()

    def prose(
        self,
        source: str,
        *path: str,
        context: Mapping[str, Any] | None = None,
        of_page: bool = True,
    ) -> str:
        return self._written(render, source, context or {}, path, of_page)

    def inline(
        self, source: str, context: Mapping[str, Any], *path: str, of_page: bool = True
    ) -> str:
        return self._written(render_inline, source, context, path, of_page)

    def _written(
        self,
        write: Any,
        source: str,
        context: Mapping[str, Any],
        path: tuple[str, ...],
        of_page: bool,
    ) -> str:
        # What no page shows has no number, and is judged all the same.
        equations = self.equations if of_page else Equations()
        equations.place = path
        try:
            return str(write(source, {**self._context, **context}, equations))
        except (DamagedEntryError, UnavailableError):
            raise
        except Exception as error:
            # Whatever an expression raises is a mistake of the prose, at its line.
            self.problems.append(prose_problem(self._report.project, self._name, path, error))
            return ""
