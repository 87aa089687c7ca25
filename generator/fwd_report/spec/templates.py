"""The names that a template of prose uses, found by parsing it once; remembered by the text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from fwd_report.errors import first_line
from fwd_report.spec.suggest import did_you_mean
from fwd_report.store.memory import Memory, digest_of

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import SandboxedEnvironment

    from fwd_report.spec.markdown import Stretch

NAMES = ("runs", "report", "experiment")
"""The variables of prose: the section's experiments, all sections, the experiment that it belongs
to."""
MARKS = ("{{", "{%", "{#")
RAW = "to show braces as they are, write them as code, or between {% raw %} and {% endraw %}"
CLOSED = {"{{": "}}", "{%": "%}", "{#": "#}"}
"""The closing mark of each opening one."""
HIDDEN = str.maketrans("{}", "\ue002\ue003")
SHOWN = str.maketrans("\ue002\ue003", "{}")
PRIVATE = re.compile("[\ue000-\ue007]")
"""Characters that stand for braces in code, and around the numbers of printed values, the author's
words in labels, and references to equations."""
RAW_TAG = re.compile(r"\{%[-+]?\s*(?:end)?raw\s*[-+]?%\}")
TAGS = ("call", "filter", "for", "if", "macro", "raw", "set", "with")
"""What may begin a `{% … %}` in prose, and is closed by a tag of its own, but for most `set`s."""
FILTERS_NOT_OFFERED = ("pprint", "random", "striptags", "urlize", "xmlattr")
"""Filters that produce HTML, vary between builds, or print what is not a value."""


class Templates:
    """Parses templates of prose; a text that was parsed before is not parsed again."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def parse(self, text: str) -> dict[str, Any]:
        """{"error": [line, message, hint, word]}, or the names that the template uses; lines count
        from 1.

        The word is the one that is wrong in that line; "" if it is none in particular.

        "unknown": [line, name] of names that prose does not have. "chains": [line, [name, …]] of
        lookups that begin with `runs` or `report`, such as ["runs", "skull", "params"].
        """
        if not any(mark in text for mark in MARKS):
            return {"unknown": [], "chains": []}
        name = digest_of("prose", text, self._memory.code)
        return self._memory.recall(name, lambda: parsed_template(text))


def literal(text: str) -> str:
    """The template with the braces of code, and of `{#id}`, hidden from the template engine.

    No character moves, so that lines and columns stay correct. `restored` reverses it.
    """
    text = PRIVATE.sub("", text)
    if not any(mark in text for mark in MARKS):
        return text
    from fwd_report.spec.markdown import ATTRIBUTES, pieces

    found = []
    for piece in pieces(text, templates=True):
        if piece.kind == "code":
            # Some write {% raw %} around code too, where it is not needed.
            found.append(RAW_TAG.sub("", piece.text).translate(HIDDEN))
        else:
            found.append(text[piece.start : piece.start + len(piece.text) + 2 * dollars(piece)])
    return ATTRIBUTES.sub(lambda match: match[0].translate(HIDDEN), "".join(found))


def dollars(piece: Stretch) -> int:
    """How many dollars stand on each side of a piece."""
    return {"inline": 1, "display": 2}.get(piece.kind, 0)


def restored(text: str) -> str:
    """What `literal` hid, restored."""
    return text.translate(SHOWN)


def sandbox(kind: type[SandboxedEnvironment] | None = None, **options: Any) -> SandboxedEnvironment:
    """The environment in which all prose is parsed and rendered.

    No attribute that begins with _, no call that changes anything, no undefined name, no other
    file, and nothing evaluated at compile time. kind: a class of environment.
    """
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = (kind or ImmutableSandboxedEnvironment)(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, optimized=False, **options
    )
    for name in FILTERS_NOT_OFFERED:
        del made.filters[name]
    del made.globals["lipsum"]
    return made


@cache
def _environment() -> SandboxedEnvironment:
    return sandbox()


def parsed_template(text: str) -> dict[str, Any]:
    """As `Templates.parse`, for a text that contains template marks."""
    from jinja2 import TemplateSyntaxError

    try:
        tree = _environment().parse(literal(text))
        _check_supported(tree)
        undeclared = _undeclared(tree)
    except TemplateSyntaxError as error:
        message = restored(error.message or "syntax error")
        word, hint = _misnamed(message) or ("", _way_out(text, error.lineno))
        return {"error": [error.lineno, message, hint, word]}
    except Exception as error:
        return {"error": [1, first_line(error), RAW, ""]}
    unknown = undeclared - {*NAMES, *_environment().globals}
    return {"unknown": list(_first_uses(tree, unknown)), "chains": list(_chains(tree))}


def _misnamed(message: str) -> tuple[str, str | None] | None:
    """The word that an error of the template engine is about, with a hint; None if it is about the
    braces.
    """
    unknown = re.search(r"(No filter named|No test named|unknown tag) '(\w+)'", message)
    word = unknown[2] if unknown else ""
    if open_block := re.search(r"block that needs to be closed is '(\w+)'", message):
        return word, f"`{{% {open_block[1]} … %}}` is closed by `{{% end{open_block[1]} %}}`"
    if unknown is None:
        return None
    if unknown[1] == "unknown tag":
        began = word.removeprefix("end")
        if word != began and began in TAGS:
            return word, f"there is no `{{% {began} … %}}` before it that is still open"
        return word, did_you_mean(word, TAGS)
    known = _environment().filters if "filter" in unknown[1] else _environment().tests
    return word, did_you_mean(word, known)


def _way_out(text: str, line: int) -> str:
    """How to fix the syntax at a line: close what is open there, if anything is."""
    parts = re.split(r"(\{\{|\{%|\{#)", literal(text))
    at = 1
    for before, mark, inside in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
        at += before.count("\n")
        if CLOSED[mark] not in inside and at + inside.count("\n") >= line:
            return f"`{mark}` is closed by `{CLOSED[mark]}`; {RAW}"
    return RAW


def _undeclared(tree: nodes.Template) -> set[str]:
    """As jinja2.meta.find_undeclared_variables, which would evaluate constants."""
    from jinja2 import nodes
    from jinja2.meta import TrackingCodeGenerator

    class Finder(TrackingCodeGenerator):
        def _output_child_to_const(self, *_: Any) -> str:
            raise nodes.Impossible

    finder = Finder(_environment())
    finder.optimizer = None
    finder.visit(tree)
    return finder.undeclared_identifiers


def _check_supported(tree: nodes.Template) -> None:
    """Raise TemplateSyntaxError for tags that prose does not support: other files, other
    escaping.
    """
    from jinja2 import TemplateSyntaxError, nodes

    tags = {
        nodes.Include: "include",
        nodes.Import: "import",
        nodes.FromImport: "from",
        nodes.Extends: "extends",
        nodes.Block: "block",
        nodes.EvalContextModifier: "autoescape",
    }
    for node in tree.find_all(tuple(tags)):
        name = next(tag for kind, tag in tags.items() if isinstance(node, kind))
        raise TemplateSyntaxError(f"prose has no {{% {name} %}}", node.lineno)
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, float) and not math.isfinite(constant.value):
            raise TemplateSyntaxError("the number is too large", constant.lineno)


def _first_uses(tree: nodes.Template, names: set[str]) -> Iterator[list[Any]]:
    from jinja2 import nodes

    waiting = set(names)
    for node in tree.find_all(nodes.Name):
        if node.name in waiting:
            waiting.discard(node.name)
            yield [node.lineno, node.name]


def _chains(tree: nodes.Template) -> Iterator[list[Any]]:
    """Lookups from `runs` and `report`, unless the template assigns those names."""
    from jinja2 import nodes

    assigned = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    for lookup in tree.find_all((nodes.Getattr, nodes.Getitem)):
        chain = _chain(lookup)
        if chain is not None and chain[0] in {"runs", "report"} - assigned:
            yield [lookup.lineno, chain]


def _chain(node: nodes.Node) -> list[str] | None:
    """`runs.skull[0].params` → ["runs", "skull", "params"]; None if a name is computed."""
    from jinja2 import nodes

    names: list[str] = []
    while not isinstance(node, nodes.Name):
        if isinstance(node, nodes.Getattr):
            names.insert(0, node.attr)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            if isinstance(node.arg.value, str):
                names.insert(0, node.arg.value)
        else:
            return None
        node = node.node
    return [node.name, *names]
