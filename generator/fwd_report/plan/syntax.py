"""A module's source, reduced to what can change a result: its definitions, each with a digest.

plan/canonical.py determines what a digest is made of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from fwd_report.plan.canonical import Definition, Serialiser, digest_of_text
from fwd_report.plan.syntax_nodes import is_outside, is_plain, last_name, meaningful

TOP_LEVEL, IMPORTS = "top level", "imports"
"""Names, beside those of functions, classes and constants, for a module's other statements and for
its used imports. No Python name contains a space, and none counts as both."""
OUTSIDE_MODULE = "OUTSIDE_KEYS"
"""The mark for whole modules in fwd_report/outside.py."""
EMPTY = digest_of_text("")
"""The digest of the top level of a module that only imports."""


@dataclass
class Module:
    """The content of a module. imports: by the name that each binds. outside: marked
    OUTSIDE_KEYS.
    """

    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: dict[str, Definition] = field(default_factory=dict)
    outside: bool = False


def read_module(
    source: str | bytes | ast.Module,
    name: str,
    is_package: bool = False,
    shows: Iterable[str] = (),
) -> Module:
    """The definitions of the module called `name`, such as `fwd_report.diffusion.ddpm`.

    shows: names of methods that only show, wherever they are overridden. Methods are named
    `Class.method`. Raises SyntaxError.
    """
    return _Reader(name if is_package else name.rpartition(".")[0], frozenset(shows)).read(
        source if isinstance(source, ast.Module) else ast.parse(source)
    )


class _Reader:
    def __init__(self, package: str, shows: frozenset[str]) -> None:
        self._package = package
        self._shows = shows
        self._writers: dict[str, Serialiser] = {}
        self._optional: dict[str, bool] = {}
        self._module = Module()

    def read(self, tree: ast.Module) -> Module:
        rest = self._into(TOP_LEVEL, optional=False)
        statements = list(meaningful(tree.body))
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

    def _into(self, name: str, optional: bool) -> Serialiser:
        """The serialiser for the definition of that name; a second definition is appended to the
        first.
        """
        writer = self._writers.setdefault(name, Serialiser(self._package))
        optional = optional and not name.startswith("__")
        self._optional[name] = optional and self._optional.get(name, True)
        return writer

    def _import(self, statement: ast.Import | ast.ImportFrom, rest: Serialiser) -> None:
        """Importing a module runs it; the names it binds count only if they are used."""
        for alias in statement.names:
            writer = Serialiser(self._package)
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
        if not is_outside(node):
            plain = is_plain(node)
            self._into(name, optional=plain).write(node)
            if not plain:
                self._into(TOP_LEVEL, optional=False).text(name)

    def _class(self, node: ast.ClassDef) -> None:
        """The class without its methods, under its own name, then each method."""
        if is_outside(node):
            return
        plain = not (node.bases or node.keywords) and all(
            last_name(decorator) == "dataclass" for decorator in node.decorator_list
        )
        writer = self._into(node.name, optional=plain)
        if not plain:
            self._into(TOP_LEVEL, optional=False).text(node.name)
        with_methods: list[ast.stmt] = []
        for item in meaningful(node.body):
            if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                with_methods.append(item)
            elif not is_outside(item):
                shows = item.name in self._shows
                self._into(f"{node.name}.{item.name}", optional=shows).write(item)
                if item.decorator_list and not shows:
                    with_methods.append(ast.Expr(ast.Name(item.name, ast.Load())))
        writer.class_of(node, with_methods)


def _bound(statement: ast.stmt) -> list[str]:
    """The names that a top-level statement binds, if it is a definition of any kind."""
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
