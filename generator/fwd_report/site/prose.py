"""Prose: sandboxed Jinja over the results, then math as MathML; the values it prints are inert."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any

from jinja2 import Undefined, UndefinedError, pass_context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from fwd_report.site.mathml import FormulaError, inert, to_mathml
from fwd_report.site.views import NOT_RUN, NotRun
from fwd_report.spec.markdown import pieces
from fwd_report.spec.templates import sandbox

VALUE = re.compile("\ue000(\\d+)\ue001")
"""Where the template printed a value: kept apart until it is known whether code surrounds it."""
PAGE_LINK = re.compile(r'href="(?![a-z][a-z0-9+.-]*:|/)([^":#?]+)\.md(#[^"]*)?"')
"""A link to a Markdown file of the site: its path without the suffix, and its anchor."""
MISSING = f'<mark class="fwd-missing">{NOT_RUN}</mark>'


@dataclass
class Values:
    """The values one template printed, by the number that stands for each in its output."""

    printed: list[Any] = field(default_factory=list)

    def keep(self, value: Any) -> Markup:
        self.printed.append(value)
        return Markup(f"\ue000{len(self.printed) - 1}\ue001")

    def restore(self, text: str, write: Any) -> str:
        return VALUE.sub(lambda match: write(self.printed[int(match[1])]), text)


@cache
def environment() -> SandboxedEnvironment:
    """The sandbox of prose, with what it prints kept apart by `finalize`."""

    @pass_context
    def finalize(context: Any, value: Any) -> Any:
        if isinstance(value, Markup):
            return value
        if isinstance(value, Undefined):
            str(value)
        _check_printable(value)
        return context["_values"].keep(value)

    made = sandbox(autoescape=True, finalize=finalize)
    made.intercepted_binops = frozenset({"%"})
    made.call_binop = _percent  # type: ignore[method-assign, assignment]
    for name in ("int", "float", "format", "filesizeformat"):
        made.filters[name] = _unless_missing(made.filters[name])
    return made


def _check_printable(value: Any) -> None:
    """Raise UndefinedError for what a page cannot show: nothing at all, or a whole run."""
    if value is None:
        raise UndefinedError(
            "the prose prints a value that the spec does not set (it is left to the technique): "
            "set the field, or write the number"
        )
    if isinstance(value, list | tuple):
        for item in value:
            _check_printable(item)
    elif not isinstance(value, str | int | float | NotRun):
        raise UndefinedError(
            "the prose prints a whole run or table: name one value of it, such as "
            "`runs.ID.params.NAME` or `runs.ID.metrics.NAME`, or `runs.ID.figure` for a link"
        )


def _percent(context: Any, operator: str, left: Any, right: Any) -> Any:
    """`left % right`; missing where either is, or a value to be formatted is."""
    values = (left, *right) if isinstance(right, tuple) else (left, right)
    missing = next((item for item in values if isinstance(item, NotRun)), None)
    return left % right if missing is None else missing


def _unless_missing(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that leaves a missing value missing, instead of making a number of it."""

    @wraps(filter_)
    def filtered(value: Any, *args: Any, **kwargs: Any) -> Any:
        missing = next((item for item in (value, *args) if isinstance(item, NotRun)), None)
        return filter_(value, *args, **kwargs) if missing is None else missing

    return filtered


def render(source: str, context: Mapping[str, Any]) -> str:
    """Prose as Markdown with MathML; raises jinja2.TemplateError, FormulaError.

    Strings the template prints are escaped for HTML and Markdown; in a code span they stand as
    they are; in math, numbers stand and strings become text.
    """
    values = Values()
    text = environment().from_string(_without_marks(source)).render(**context, _values=values)
    written = []
    for piece in pieces(text):
        if piece.kind == "code":
            written.append(values.restore(piece.text, _in_code))
        elif piece.kind == "text":
            prose = piece.text.replace("\\$", "&#36;")
            written.append(values.restore(prose, _in_prose))
        else:
            latex = values.restore(piece.text, _in_math)
            written.append(equation(latex, piece.kind == "display"))
    return "".join(written)


def render_inline(source: str, context: Mapping[str, Any], up: str = "../") -> str:
    """A caption as HTML: the author's own HTML is escaped, Markdown's inline marks work.

    MkDocs leaves HTML as it is, so links to other Markdown files become addresses here. up: from
    the page's address to its file's folder.
    """
    from markdown import markdown

    values = Values()
    text = environment().from_string(_without_marks(source)).render(**context, _values=values)
    written = []
    for piece in pieces(text.strip()):
        if piece.kind in ("inline", "display"):
            latex = values.restore(piece.text, _in_math)
            written.append(equation(latex, display=False))
        elif piece.text.startswith("`"):
            written.append(values.restore(piece.text, _in_code))
        else:
            prose = piece.text.replace("\\$", "&#36;").replace("<", "&lt;")
            written.append(values.restore(prose, _in_prose))
    html = markdown("".join(written), extensions=["smarty"])
    html = PAGE_LINK.sub(lambda link: f'href="{up}{_address(link[1])}{link[2] or ""}"', html)
    return html.replace("</p>\n<p>", "<br>").removeprefix("<p>").removesuffix("</p>")


def _address(page: str) -> str:
    """The address of a page by its path without `.md`; an index page's is its folder's."""
    folder, _, name = page.rpartition("/")
    place = folder if name == "index" else page
    return f"{place}/" if place else ""


def equation(latex: str, display: bool) -> str:
    """A formula as HTML that may stand anywhere in Markdown."""
    kind = "fwd-equation" if display else "fwd-math"
    return f'<span class="{kind}">{to_mathml(latex, display)}</span>'


def formula_line(error: FormulaError, source: str) -> int | None:
    """The line of the prose on which a formula stands, counted from 1."""
    start = source.find(error.latex)
    return source.count("\n", 0, start) + 1 if start >= 0 else None


def format_value(value: Any) -> str:
    """A value as prose shows it: floats to four significant digits, lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if value == 0 or 1e-4 <= abs(value) < 1e4 else str(value)
    if isinstance(value, list | tuple):
        return ", ".join(format_value(item) for item in value)
    return str(value)


def _in_prose(value: Any) -> str:
    if isinstance(value, NotRun):
        return MISSING
    text = format_value(value)
    return text if re.fullmatch(r"(?:[^\W_]|[ .,])*", text) else inert(text).replace("\n", " ")


def _in_code(value: Any) -> str:
    return format_value(value).replace("`", "ˋ").replace("\n", " ")


def _in_math(value: Any) -> str:
    text = format_value(value)
    if re.fullmatch(r"-?[\d.]+", text):
        return text
    return r"\text{" + re.sub(r"[\\{}$%&#_^~<>]", " ", text) + "}"


def _without_marks(source: str) -> str:
    return source.replace("\ue000", "").replace("\ue001", "")
