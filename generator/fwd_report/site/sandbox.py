"""The sandbox that renders prose: values stay distinct from what the author wrote.

Jinja's own escaping would turn a value into text before filters and other templates' logic have
seen it. Nothing is escaped here: a printed value keeps its kind (see tainted_text.py), through set
blocks, macros and filters, until the page knows where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache, wraps
from typing import Any

from jinja2 import Template, Undefined, UndefinedError, nodes
from jinja2.compiler import CodeGenerator
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from fwd_report.site.bounds import (
    BUDGET,
    Budget,
    TooMuch,
    bounded,
    check_call,
    check_format,
    check_power,
    check_product,
    counted_steps,
    size,
)
from fwd_report.site.not_run import NOT_RUN, NotRun
from fwd_report.site.tainted_text import Span, TaintedText, concatenated, keeping
from fwd_report.spec.templates import literal, sandbox

MISSING_STAYS = ("abs", "filesizeformat", "float", "format", "int", "round")
"""Filters that keep a missing value missing, instead of making a number of it."""
HTML_ESCAPES = ("e", "escape", "forceescape", "string")
"""Filters without effect: printed values are escaped for where they stand."""


class Data(str):
    """Template data with its line; otherwise, because of __slots__, a plain string."""

    line: int


class Generator(CodeGenerator):
    """Compiles templates so that data and printed values stay distinct, and sizes are bounded."""

    def _make_finalize(self) -> Any:
        return self._FinalizeInfo(None, None)

    def _output_child_to_const(self, node: nodes.Expr, frame: Any, finalize: Any) -> Any:
        data = Data(node.as_const(frame.eval_ctx))
        data.line = node.lineno
        return data

    def _output_const_repr(self, group: Iterable[Any]) -> str:
        parts = list(group)
        return f"environment.author({''.join(parts)!r}, {parts[0].line})"

    def _output_child_pre(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        self.write("environment.printed(")

    def _output_child_post(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        self.write(f", {node.lineno})")

    def visit_Const(self, node: nodes.Const, frame: Any) -> None:
        if isinstance(node.value, float) and node.value in (float("inf"), float("-inf")):
            self.fail("the number is too large", node.lineno)
        super().visit_Const(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Any) -> None:
        self.write("environment.together((")
        for item in node.nodes:
            self.visit(item, frame)
            self.write(", ")
        self.write(f"), {node.lineno})")

    def visit_List(self, node: nodes.List, frame: Any) -> None:
        self._bounded(super().visit_List, node, frame)

    def visit_Dict(self, node: nodes.Dict, frame: Any) -> None:
        self._bounded(super().visit_Dict, node, frame)

    def visit_Tuple(self, node: nodes.Tuple, frame: Any) -> None:
        if node.ctx == "load":
            self._bounded(super().visit_Tuple, node, frame)
        else:
            super().visit_Tuple(node, frame)

    def _bounded(self, visit: Callable[..., None], node: nodes.Node, frame: Any) -> None:
        self.write("environment.bounded(")
        visit(node, frame)
        self.write(")")


class Environment(ImmutableSandboxedEnvironment):
    """Jinja with values that stay values, and limits on everything a template may do."""

    code_generator_class = Generator
    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))
    author = staticmethod(TaintedText.author)
    bounded = staticmethod(bounded)

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        for loop in source.find_all(nodes.For):
            loop.iter = nodes.Filter(
                loop.iter, "_counted", [], [], None, None, lineno=loop.lineno, environment=self
            )
        return super()._generate(source, *args, **kwargs)

    @staticmethod
    def printed(value: Any, line: int | None = None) -> TaintedText:
        """What a value prints. Raises UndefinedError for what a page cannot show."""
        text = _text(value, line)
        BUDGET.get().printed(text)
        return text

    @staticmethod
    def concat(parts: Iterable[Any]) -> TaintedText:
        """What a template, macro or block has written; what was not printed is a value."""
        made = concatenated(
            part if isinstance(part, TaintedText) else _text(part) for part in parts
        )
        size(made)
        return made

    @staticmethod
    def together(values: Iterable[Any], line: int | None = None) -> TaintedText:
        """`a ~ b`: values as they would be printed."""
        together: TaintedText = bounded(concatenated(_text(value, line) for value in values))
        return together

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        given = (left, *right) if operator == "%" and isinstance(right, tuple) else (left, right)
        missing = next((value for value in given if isinstance(value, NotRun)), None)
        if missing is not None:
            return missing
        if operator == "*":
            check_product(left, right)
        elif operator == "**":
            check_power(left, right)
        elif operator == "%":
            check_format(left, right)
        return bounded(super().call_binop(context, operator, left, right))

    def call(self, context: Any, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        owner = getattr(called, "__self__", None)
        if isinstance(owner, str | list | tuple | dict):
            name = getattr(called, "__name__", "")
            check_call(name, (owner, *args), kwargs)
            if name in ("format", "format_map"):
                check_format(owner, (*args, *kwargs.values()))
        else:
            BUDGET.get().step()
        return bounded(super().call(context, called, *args, **kwargs))


class CheckedNamespace(Namespace):
    """`namespace()`; printed without its content, which may contain itself."""

    def __repr__(self) -> str:
        return "namespace"


@cache
def environment() -> Environment:
    made = sandbox(Environment)
    assert isinstance(made, Environment)
    for name, filter_ in made.filters.items():
        made.filters[name] = _bounded_filter(name, filter_)
    for name in HTML_ESCAPES:
        made.filters[name] = _text
    made.filters["safe"] = lambda value: TaintedText.author(_text(value))
    made.filters["join"] = _bounded_filter("join", _join)
    made.filters["_counted"] = counted_steps
    made.globals["namespace"] = CheckedNamespace
    return made


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    """A notebook shows the figures of a section one by one, and each time reads all its texts."""
    return environment().from_string(source)


def rendered_text(source: str, context: dict[str, Any]) -> TaintedText:
    """The output of a template.

    Raises jinja2.TemplateError for mistakes and exceeded limits, and whatever its expressions
    raise, such as TypeError and ZeroDivisionError.
    """
    token = BUDGET.set(Budget())
    try:
        made = _compiled(literal(source)).render(**context)
    finally:
        BUDGET.reset(token)
    return made if isinstance(made, TaintedText) else TaintedText.author(made)


def format_value(value: Any) -> str:
    """A value as prose shows it: floats to four significant digits, lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value != value:
            return "undefined"
        if value in (float("inf"), float("-inf")):
            return "∞" if value > 0 else "-∞"
        return f"{value:.4g}" if value == 0 or 1e-4 <= abs(value) < 1e4 else str(value)
    if isinstance(value, list | tuple):
        return ", ".join(format_value(item) for item in value)
    return str(value)


def _text(value: Any, line: int | None = None) -> TaintedText:
    """A value as a Text, which records that it is one."""
    if isinstance(value, TaintedText):
        return value
    if isinstance(value, NotRun):
        return TaintedText((Span(NOT_RUN, "missing", line),))
    if isinstance(value, Undefined):
        str(value)
    if isinstance(value, list | tuple):
        size(value)
    _check_printable(value)
    text = format_value(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UndefinedError(f"the prose prints half a character: {error.reason}") from None
    return TaintedText.value(text, line)


def _check_printable(value: Any) -> None:
    """Raise UndefinedError for what a page cannot show: undefined values, None, a whole run."""
    if value is None:
        raise UndefinedError(
            "the prose prints a value that the spec does not set (it is left to the technique): "
            "set the field, or write the number"
        )
    if isinstance(value, complex):
        raise UndefinedError("the prose prints a number that is not real")
    if isinstance(value, list | tuple):
        for item in value:
            _check_printable(item)
    elif not isinstance(value, str | int | float | NotRun):
        raise UndefinedError(
            "the prose prints a whole run or table: name one value of it, such as "
            "`runs.ID.params.NAME` or `runs.ID.metrics.NAME`, or `runs.ID.figure` for a link"
        )


def _join(values: Iterable[Any], separator: Any = "", attribute: Any = None) -> TaintedText:
    """Values as they would be printed, joined by a separator."""
    if attribute is not None:
        values = (environment().getattr(value, str(attribute)) for value in values)
    parts: list[TaintedText] = []
    length = 0
    for value in values:
        parts += [_text(separator)] if parts and separator != "" else []
        parts.append(_text(value))
        length += len(parts[-1]) + len(_text(separator))
        BUDGET.get().step()
        if length > 1_000_000:
            raise TooMuch("`join` makes too long a text")
    return concatenated(parts)


def _bounded_filter(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that counts as a step, has bounded results, and keeps missing values missing."""

    @wraps(filter_)
    def filtered(*args: Any, **kwargs: Any) -> Any:
        own = args[1:] if getattr(filter_, "jinja_pass_arg", None) is not None else args
        missing = next((item for item in own if isinstance(item, NotRun)), None)
        if missing is not None and name in MISSING_STAYS:
            return missing
        check_call(name, own, kwargs)
        if name == "format":
            check_format(own[0], own[1:])
        if own is args:
            return bounded(keeping(filter_)(*args, **kwargs))
        kept = keeping(lambda value, *rest, **named: filter_(args[0], value, *rest, **named))
        return bounded(kept(*own, **kwargs))

    return filtered
