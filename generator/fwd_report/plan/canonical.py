"""Serialises a definition's syntax tree to text that is the same for equal programs, under every
Python.

It leaves out what changes no result: comments, layout, docstrings, texts of errors, texts marked
`shown`, functions marked `outside_keys`, what only type checkers see, and annotations that nothing
reads. `ast.unparse` and `ast.dump` differ between versions of Python, so the serialisation is this
module's own.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from fwd_report.plan.syntax_nodes import (
    calls_for_more,
    does_something,
    is_outside,
    is_plain,
    last_name,
    meaningful,
    resolved,
)

SHOWN = "shown"
"""The mark for texts in fwd_report/outside.py."""
FIRST_PARTY = "fwd_report."
DIGITS = 16
"""Hex digits of a definition's digest: 64 bits suffice to detect a change."""
_NO_MEANING = {"ctx", "type_ignores", "type_comment", "kind", "simple"}
_NAMELESS = {"globals", "eval", "exec", "vars", "import_module", "__import__"}
"""Functions by which code reaches definitions without naming them."""
_IMPORTERS = ("import_module", "__import__")
_BY_NAME = {"getattr": 1, "hasattr": 1, "attrgetter": 0, "methodcaller": 0}
"""Functions that take a name as a string, and the position of that argument."""


def digest_of_text(text: str) -> str:
    """The first DIGITS hex digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


@dataclass(frozen=True)
class Definition:
    """A function, class, method, constant or import of a module.

    mentions: its identifiers, and the strings by which it looks attributes up. imports: absolute
    names that it may import, anywhere in it. optional: whether it counts only if counted code
    mentions it. nameless: whether it may use definitions without naming them.
    """

    digest: str
    mentions: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    optional: bool = False
    nameless: bool = False


class Serialiser:
    """Serialises nodes to text that is the same for equal programs, under every Python."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._pieces: list[str] = []
        self._in_class = False
        self._in_text = False
        self.mentions: set[str] = set()
        self.imports: set[str] = set()
        self.nameless = False
        self._called: ast.expr | None = None
        """The function of the call being written: any other mention of it is a use as a value."""

    @property
    def written(self) -> bool:
        return bool(self._pieces or self.imports)

    def definition(self, optional: bool) -> Definition:
        digest = digest_of_text("".join(self._pieces))
        mentions, imports = tuple(sorted(self.mentions)), tuple(sorted(self.imports))
        return Definition(digest, mentions, imports, optional, self.nameless)

    def text(self, text: str) -> None:
        self._pieces.append(ascii(text))

    def class_of(self, node: ast.ClassDef, body: list[ast.stmt]) -> None:
        """A class, with another body in place of its own."""
        self._pieces.append(f"(ClassDef {node.name!a}")
        for part in (node.bases, node.keywords, node.decorator_list):
            self._value(part)
        self._value(getattr(node, "type_params", []))
        was, self._in_class = self._in_class, True
        self._block(body)
        self._in_class = was
        self._pieces.append(")")

    def write(self, node: ast.AST) -> None:
        was = self._in_text
        self._in_text = was and isinstance(node, _TEXTS) and not calls_for_more(node)
        special = getattr(self, f"_{type(node).__name__}", None)
        if special is not None:
            special(node)
        else:
            self._plain(node)
        self._in_text = was

    def _as_text(self, node: ast.AST) -> None:
        """Write the construction of a text, without its words."""
        was, self._in_text = self._in_text, True
        self.write(node)
        self._in_text = was

    def _plain(self, node: ast.AST, **instead: object) -> None:
        """A node's class and fields, by name; an empty field is written as if it did not exist."""
        self._pieces.append(f"({type(node).__name__}")
        for name, value in ast.iter_fields(node):
            value = instead.get(name, value)
            if name in _NO_MEANING or value is None or value == []:
                continue
            self._pieces.append(f" {name}=")
            if name in ("body", "orelse", "finalbody") and isinstance(value, list):
                self._block(value)
            else:
                self._value(value)
        self._pieces.append(")")

    def _value(self, value: object) -> None:
        if isinstance(value, ast.AST):
            self.write(value)
        elif isinstance(value, list):
            self._pieces.append("[")
            for item in value:
                self._value(item)
                self._pieces.append(",")
            self._pieces.append("]")
        else:
            self._pieces.append(ascii(value))

    def _block(self, body: Iterable[ast.stmt]) -> None:
        self._pieces.append("[")
        for statement in meaningful(body):
            self.write(statement)
        self._pieces.append("]")

    def _ClassDef(self, node: ast.ClassDef) -> None:
        self.class_of(node, node.body)

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if is_outside(node):
            return
        was, self._in_class = self._in_class, False
        if is_plain(node):
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
            self._plain(node, returns=None)
        else:
            self._plain(node)
        self._in_class = was

    _AsyncFunctionDef = _FunctionDef

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        """Annotations count in a class, where pydantic and dataclasses read them."""
        if self._in_class:
            self._plain(node)
        elif node.value is None:
            self._plain(node, annotation=None)
        else:
            self.write(ast.Assign([node.target], node.value))

    def _Name(self, node: ast.Name) -> None:
        self.mentions.add(node.id)
        self.nameless |= node.id in _IMPORTERS and node is not self._called
        self._plain(node)

    def _Attribute(self, node: ast.Attribute) -> None:
        self.mentions.add(node.attr)
        self.nameless |= node.attr in _IMPORTERS and node is not self._called
        if node.attr == "__dict__" or (node.attr == "modules" and last_name(node.value) == "sys"):
            self.nameless = True
        self._plain(node)

    def _Global(self, node: ast.Global) -> None:
        self.mentions.update(node.names)
        self._plain(node)

    def _Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, str):
            if self._in_text:
                self._pieces.append("(text)")
                return
            if value.startswith((FIRST_PARTY, self._package.partition(".")[0] + ".")):
                self.imports.add(value)
        if isinstance(value, int) and not isinstance(value, bool):
            self._pieces.append(f"(int {value:x})")
        else:
            self._pieces.append(f"({type(value).__name__} {value!a})")

    def _JoinedStr(self, node: ast.JoinedStr) -> None:
        """Adjacent texts as one, empty ones as none: versions of Python split them differently."""
        if self._in_text:
            self._pieces.append("(text)")
            for part in node.values:
                if isinstance(part, ast.FormattedValue) and does_something(part):
                    self.write(part)
            return
        self._pieces.append("(JoinedStr [")
        text = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
            else:
                self._pieces.append(ascii(text) if text else "")
                self.write(part)
                text = ""
        self._pieces.append(ascii(text) if text else "")
        self._pieces.append("])")

    def _Import(self, node: ast.Import) -> None:
        self.imports.update(alias.name for alias in node.names)
        self._aliases(node)

    def _ImportFrom(self, node: ast.ImportFrom) -> None:
        base = resolved("." * node.level + (node.module or ""), self._package)
        self.imports.add(base)
        self.imports.update(f"{base}.{alias.name}" for alias in node.names if alias.name != "*")
        self._aliases(node)

    def _aliases(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.mentions.update(alias.name.split("."))
            self.nameless |= alias.name in _IMPORTERS and alias.asname is not None
        self._plain(node)

    def _Call(self, node: ast.Call) -> None:
        function = last_name(node.func)
        outer, self._called = self._called, node.func
        if function in _NAMELESS:
            argument = next(iter(node.args), None) or next(
                (keyword.value for keyword in node.keywords if keyword.arg == "name"), None
            )
            if not isinstance(argument, ast.Constant):
                method = isinstance(node.func, ast.Attribute) and function == "eval"
                self.nameless |= not (method or last_name(argument) == "self")
            elif function.startswith(("import", "__import")):
                self.imports.add(resolved(str(argument.value), self._package))
        elif function in _BY_NAME:
            names = node.args[_BY_NAME[function] :][:1]
            for argument in names:
                if isinstance(argument, ast.Constant):
                    parts = str(argument.value).split(".")
                    self.mentions.update(parts)
                    self.nameless |= not set(parts).isdisjoint(_IMPORTERS)
                else:
                    self.nameless |= last_name(node.args[0]) not in ("self", "cls")
        if function == SHOWN and len(node.args) == 1:
            self.mentions.add(SHOWN)
            self._as_text(node.args[0])
        else:
            self._plain(node)
        self._called = outer

    def _Raise(self, node: ast.Raise) -> None:
        """What is raised counts, but not its text."""
        self._pieces.append("(Raise ")
        if node.exc is not None:
            self._as_text(node.exc)
        self._value(node.cause)
        self._pieces.append(")")

    def _Assert(self, node: ast.Assert) -> None:
        self._plain(node, msg=None)
        if node.msg is not None:
            self._as_text(node.msg)


_TEXTS = (
    ast.Call,
    ast.Attribute,
    ast.keyword,
    ast.Constant,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.BinOp,
    ast.IfExp,
    ast.List,
    ast.Tuple,
    ast.GeneratorExp,
)
"""Nodes that assemble texts; strings in other nodes have a meaning."""
