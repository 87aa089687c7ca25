"""A module's source reduced to what can change a result: its definitions, a digest of each.

A digest is made of the syntax tree without comments, layout, docstrings, texts of errors, words
marked `shown`, functions marked `outside_keys`, what only type checkers see, and annotations that
nothing reads. It is the same under every supported Python, so this module has a serialisation of
its own (`ast.unparse` and `ast.dump` differ between versions) and imports the standard library
alone.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

TOP_LEVEL, IMPORTS = "top level", "imports"
"""What is named so beside a module's functions, classes and constants: its other statements, and
those of its imports that are used. No Python name has a space in it, or is counted as both."""
OUTSIDE_MODULE, OUTSIDE, SHOWN = "OUTSIDE_KEYS", "outside_keys", "shown"
"""The marks of fwd_report/outside.py."""
FIRST_PARTY = "fwd_report."
DIGITS = 16
"""Hex digits of a definition's digest: 64 bits tell a change from none."""
_NO_MEANING = {"ctx", "type_ignores", "type_comment", "kind", "simple"}
_PLAIN_DECORATORS = {
    "classmethod",
    "staticmethod",
    "property",
    "cached_property",
    "cache",
    "contextmanager",
    "inference_mode",
    "no_grad",
    "field_validator",
    "model_validator",
}
"""Decorators that read no annotations and keep no list of what they decorate."""
_NAMELESS = {"globals", "eval", "exec", "vars", "import_module", "__import__"}
"""Functions by which code reaches definitions that it does not name."""
_BY_NAME = {"getattr": 1, "hasattr": 1, "attrgetter": 0, "methodcaller": 0}
"""Functions that are told a name as a string, and the place of that among their arguments."""


def digest_of_text(text: str) -> str:
    """The first DIGITS hex digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


EMPTY = digest_of_text("")
"""Of the top level of a module that only imports."""


@dataclass(frozen=True)
class Definition:
    """One function, class, method, constant or import of a module.

    mentions: the identifiers in it, and the strings it looks attributes up by. imports: absolute
    names it may import, wherever in it. optional: whether it counts only where counted code
    mentions it. nameless: whether it may use definitions without naming them.
    """

    digest: str
    mentions: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    optional: bool = False
    nameless: bool = False


@dataclass
class Module:
    """What a module holds. imports: by the name that each binds. outside: marked OUTSIDE_KEYS."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: dict[str, Definition] = field(default_factory=dict)
    outside: bool = False


def read_module(
    source: str | bytes, name: str, is_package: bool = False, shows: Iterable[str] = ()
) -> Module:
    """The definitions of the module called `name`, such as `fwd_report.diffusion.ddpm`.

    shows: names of methods that only show, wherever they are overridden. Methods are named
    `Class.method`. Raises SyntaxError.
    """
    return _Reader(name if is_package else name.rpartition(".")[0], frozenset(shows)).read(
        ast.parse(source)
    )


class _Reader:
    def __init__(self, package: str, shows: frozenset[str]) -> None:
        self._package = package
        self._shows = shows
        self._writers: dict[str, _Writer] = {}
        self._optional: dict[str, bool] = {}
        self._module = Module()

    def read(self, tree: ast.Module) -> Module:
        rest = self._into(TOP_LEVEL, optional=False)
        statements = list(_meaningful(tree.body))
        bound = [name for statement in statements for name in _bound(statement)]
        constants: list[str] = []
        for statement in statements:
            names = _bound(statement)
            if OUTSIDE_MODULE in names:
                return Module(outside=True)
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                continue
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                self._import(statement, rest)
            elif isinstance(statement, ast.ClassDef):
                self._class(statement)
            elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._function(statement, statement.name)
            elif len(names) == 1 and bound.count(names[0]) == 1:
                called = any(isinstance(node, ast.Call) for node in ast.walk(statement))
                self._into(names[0], optional=not called).write(statement)
                if called:
                    rest.text(names[0])
                constants.append(names[0])
            else:
                rest.text(" ".join(constants))
                rest.write(statement)
        self._module.definitions = {
            name: writer.definition(self._optional[name])
            for name, writer in self._writers.items()
            if writer.written
        }
        return self._module

    def _into(self, name: str, optional: bool) -> _Writer:
        """Where the definition of that name is written; a second one goes on behind the first."""
        writer = self._writers.setdefault(name, _Writer(self._package))
        optional = optional and not name.startswith("__")
        self._optional[name] = optional and self._optional.get(name, True)
        return writer

    def _import(self, statement: ast.Import | ast.ImportFrom, rest: _Writer) -> None:
        """Importing a module runs it; the names it binds count only where they are used."""
        for alias in statement.names:
            writer = _Writer(self._package)
            if isinstance(statement, ast.ImportFrom):
                one: ast.stmt = ast.ImportFrom(statement.module, [alias], statement.level)
                name = alias.asname or alias.name
            else:
                one = ast.Import([alias])
                name = alias.asname or alias.name.partition(".")[0]
            writer.write(one)
            rest.imports |= writer.imports
            known = self._module.imports.get(name)
            if alias.name == "*" or known is not None:
                rest.write(one)
            else:
                self._module.imports[name] = writer.definition(optional=True)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> None:
        if not _is_outside(node):
            plain = _is_plain(node)
            self._into(name, optional=plain).write(node)
            if not plain:
                self._into(TOP_LEVEL, optional=False).text(name)

    def _class(self, node: ast.ClassDef) -> None:
        """The class without its methods under its own name, then each method."""
        if _is_outside(node):
            return
        plain = not (node.bases or node.keywords) and all(
            _name(decorator) == "dataclass" for decorator in node.decorator_list
        )
        writer = self._into(node.name, optional=plain)
        if not plain:
            self._into(TOP_LEVEL, optional=False).text(node.name)
        with_methods: list[ast.stmt] = []
        for item in _meaningful(node.body):
            if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                with_methods.append(item)
            elif not _is_outside(item):
                shows = item.name in self._shows
                self._into(f"{node.name}.{item.name}", optional=shows).write(item)
                if item.decorator_list and not shows:
                    with_methods.append(ast.Expr(ast.Name(item.name, ast.Load())))
        writer.class_of(node, with_methods)


class _Writer:
    """Writes nodes as text that is the same for equal programs, under every Python."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._pieces: list[str] = []
        self._in_class = False
        self._in_text = False
        self.mentions: set[str] = set()
        self.imports: set[str] = set()
        self.nameless = False

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
        """A class with another body than its own."""
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
        self._in_text = was and isinstance(node, _TEXTS) and not _calls_for_more(node)
        special = getattr(self, f"_{type(node).__name__}", None)
        if special is not None:
            special(node)
        else:
            self._plain(node)
        self._in_text = was

    def _as_text(self, node: ast.AST) -> None:
        """Write a text's making: all but its words."""
        was, self._in_text = self._in_text, True
        self.write(node)
        self._in_text = was

    def _plain(self, node: ast.AST, **instead: object) -> None:
        """A node's class and fields, by name; what is empty is as if the field were unknown."""
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
        for statement in _meaningful(body):
            self.write(statement)
        self._pieces.append("]")

    def _ClassDef(self, node: ast.ClassDef) -> None:
        self.class_of(node, node.body)

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if _is_outside(node):
            return
        was, self._in_class = self._in_class, False
        if _is_plain(node):
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
            self._plain(node, returns=None)
        else:
            self._plain(node)
        self._in_class = was

    _AsyncFunctionDef = _FunctionDef

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        """Annotations mean something in a class, where pydantic and dataclasses read them."""
        if self._in_class:
            self._plain(node)
        elif node.value is None:
            self._plain(node, annotation=None)
        else:
            self.write(ast.Assign([node.target], node.value))

    def _Name(self, node: ast.Name) -> None:
        self.mentions.add(node.id)
        self._plain(node)

    def _Attribute(self, node: ast.Attribute) -> None:
        self.mentions.add(node.attr)
        if node.attr == "__dict__" or (node.attr == "modules" and _name(node.value) == "sys"):
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
        """Neighbouring texts as one, empty ones as none: versions split them differently."""
        if self._in_text:
            self._pieces.append("(text)")
            for part in node.values:
                if isinstance(part, ast.FormattedValue) and _does_something(part):
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
        base = _resolved("." * node.level + (node.module or ""), self._package)
        self.imports.add(base)
        self.imports.update(f"{base}.{alias.name}" for alias in node.names if alias.name != "*")
        self._aliases(node)

    def _aliases(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.mentions.update(alias.name.split("."))
        self._plain(node)

    def _Call(self, node: ast.Call) -> None:
        function = _name(node.func)
        if function in _NAMELESS:
            argument = node.args[0] if node.args else None
            if not isinstance(argument, ast.Constant):
                method = isinstance(node.func, ast.Attribute) and function == "eval"
                self.nameless |= not (method or _name(argument) == "self")
            elif function.startswith(("import", "__import")):
                self.imports.add(_resolved(str(argument.value), self._package))
        elif function in _BY_NAME:
            names = node.args[_BY_NAME[function] :][:1]
            for argument in names:
                if isinstance(argument, ast.Constant):
                    self.mentions.update(str(argument.value).split("."))
                else:
                    self.nameless |= _name(node.args[0]) not in ("self", "cls")
        if function == SHOWN and len(node.args) == 1:
            self.mentions.add(SHOWN)
            self._as_text(node.args[0])
        else:
            self._plain(node)

    def _Raise(self, node: ast.Raise) -> None:
        """What is raised counts, and not the words it is raised with."""
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
"""Nodes that put texts together; strings in any other have a meaning."""


def _calls_for_more(node: ast.AST) -> bool:
    """Whether it calls what may do more with strings than an error or a string's method does."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant):
        return False
    return not _name(node.func)[:1].isupper()


def _does_something(node: ast.AST) -> bool:
    return any(
        isinstance(inner, (ast.Call, ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom))
        for inner in ast.walk(node)
    )


def _meaningful(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that do something: no bare constants, nothing for type checkers alone."""
    for statement in body:
        if isinstance(statement, ast.Pass):
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.If) and _name(statement.test) == "TYPE_CHECKING":
            yield from _meaningful(statement.orelse)
        elif (
            isinstance(statement, ast.If)
            and isinstance(statement.test, ast.UnaryOp)
            and isinstance(statement.test.op, ast.Not)
            and _name(statement.test.operand) == "TYPE_CHECKING"
        ):
            yield from _meaningful(statement.body)
        else:
            yield statement


def _bound(statement: ast.stmt) -> list[str]:
    """The names a top-level statement binds, where it is a definition of any kind."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, ast.AnnAssign):
        return [statement.target.id] if isinstance(statement.target, ast.Name) else []
    if isinstance(statement, ast.Assign):
        return [
            node.id
            for target in statement.targets
            for node in ast.walk(target)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
    return []


def _name(node: ast.AST | None) -> str:
    """The last name of `a.b.name` or of its call; "" of anything else."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_outside(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(_name(decorator) == OUTSIDE for decorator in node.decorator_list)


def _is_plain(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether no decorator registers the function or reads its annotations."""
    return all(_name(decorator) in _PLAIN_DECORATORS for decorator in node.decorator_list)


def _resolved(name: str, package: str) -> str:
    """The absolute name of a module that is named relative to `package` by leading dots."""
    bare = name.lstrip(".")
    above = len(name) - len(bare) - 1
    if above < 0:
        return bare
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - above], *([bare] if bare else [])])
