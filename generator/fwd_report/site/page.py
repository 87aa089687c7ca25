"""A section as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from fwd_report.errors import UserError
from fwd_report.figures.gallery import Gallery
from fwd_report.site.asked_prompts import unseen_prompts
from fwd_report.site.candidates import strips
from fwd_report.site.compiled import Compiled
from fwd_report.site.equations import Equations
from fwd_report.site.mathml import markdown_inert
from fwd_report.site.page_templates import rendered
from fwd_report.site.provenance import facts, keys
from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.site.section_texts import section_texts
from fwd_report.site.show import Block, blocks, missing_files
from fwd_report.site.template_values import Names, figure_numbers
from fwd_report.site.titles import (
    heading,
    heading_id,
    label_html,
    plain_label,
    title_html,
    toc_label,
)
from fwd_report.site.written import Page
from fwd_report.techniques.registry import figure_parts

COMPILED = Compiled()


def templates(folder: Any) -> Environment:
    """The project's page templates: HTML-escaping, strict about names."""
    made = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=COMPILED,
    )
    for filter_ in (heading, heading_id, label_html, plain_label, title_html, toc_label):
        made.filters[filter_.__name__] = filter_
    made.filters["inert"] = lambda text: Markup(markdown_inert(str(text)))
    made.filters["twice"] = lambda text: escape(str(escape(text)))
    return made


def section_page(
    report: ReportResult,
    section: SectionResult,
    everything: Names,
    gallery: Gallery,
    environment: Environment,
) -> Page:
    """The finished page. Raises UserError with every prose that cannot be rendered."""
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
    """A page's `intro`, `outro` and `experiments`, as the templates take them.

    The equations are those of the page; references to others are placeholders in the texts.

    drawn: what to draw, by the experiment's id; None: all that the page shows. Raises UserError
    with every prose that cannot be rendered.
    """
    if drawn is None:
        drawn = {result.spec.id: result for result in section.experiments if result.spec.show}
    numbers = figure_numbers(section)
    texts = section_texts(report, section, everything)
    if problems := texts.problems():
        raise UserError(problems)
    experiments = [
        {
            "id": name,
            "title": result.spec.title,
            "number": numbers.get(name, ""),
            "caption": texts.linked(name, "caption"),
            "discussion": texts.linked(name, "discussion"),
            **_figure(drawn[name], gallery, texts.linked(name, "caption").striptags()),
            **_origin(report, section, drawn[name]),
        }
        for result in section.experiments
        if (name := result.spec.id) in drawn
    ]
    content = {
        "intro": texts.linked("intro"),
        "experiments": experiments,
        "outro": texts.linked("outro"),
    }
    return content, texts.equations


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
        "command": f"fwd-report build --only {section.spec.name}.{result.spec.id} --force{profile}",
        "script": result.script,
        "script_command": result.script and f"fwd-report script {result.script.run}{profile}",
    }


def highlighted(source: str) -> str:
    """YAML as HTML with Pygments' classes, which the theme colours."""
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.data import YamlLexer

    return highlight(source, YamlLexer(), HtmlFormatter(cssclass="highlight", wrapcode=True))


def _figure(result: ExperimentResult, gallery: Gallery, caption: str) -> dict[str, Any]:
    """The figure's blocks and candidates, the prompts that they do not show, what is missing."""
    absence = result.absence
    shown: list[Block] = []
    others: list[Block] = []
    prompts: list[tuple[str, str]] = []
    if result.entries:
        try:
            parts = figure_parts(result.spec.technique, result.entries)
            absent = missing_files(parts)
            if absent:
                absence = absence or f"{absent[0].name} of the results is not there"
            else:
                shown = blocks(parts, gallery, result.spec.metrics)
                prompts = unseen_prompts(result.entries, parts, caption)
                others = blocks(strips(result.entries), gallery)
        except (LookupError, OSError, ValueError):
            if absence is None:
                raise
    elif absence is None:
        absence = "there are no results to show"
    return {
        "blocks": shown,
        "absence": absence,
        "prompts": prompts,
        "best_of": result.spec.best_of,
        "candidates": others,
    }
