"""Marks in the code of plug-ins: a name is a mark only if it is imported from where marks are
defined.

A plug-in's own function may be called `shown` or `cache`. It is not a mark then, and counts.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from fwd_report.plan.canonical import SHOWN
from fwd_report.plan.syntax_nodes import DECORATORS, TYPES_ONLY, last_name

_HOMES = frozenset(
    {"fwd_report", "typing", "typing_extensions", "functools", "contextlib", "dataclasses",
     "pydantic", "torch"}
)  # fmt: skip
"""The packages from which marks are imported."""
_BUILT_IN = frozenset({"classmethod", "staticmethod", "property"})


def without_false_marks(tree: ast.Module) -> ast.Module:
    """The same code, in which names that only look like marks are moved to where none is read."""
    hidden: ast.Module = _Hidden(tree).visit(copy.deepcopy(tree))
    return hidden


class _Hidden(ast.NodeTransformer):
    def __init__(self, tree: ast.Module) -> None:
        imported = dict(_imported(tree))
        bound = set(_bound(tree))
        self._true = {name for name, home in imported.items() if home} - bound
        self._true |= _BUILT_IN - bound - imported.keys()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._decorators(node)
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self._decorators(node)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._decorators(node)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
        if last_name(test) == TYPES_ONLY and not self._is_true(test):
            node.test = _hidden(node.test)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if last_name(node.func) == SHOWN and not self._is_true(node.func):
            node.func = _hidden(node.func)
        return self.generic_visit(node)

    def _decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        node.decorator_list = [
            _hidden(each) if last_name(each) in DECORATORS and not self._is_true(each) else each
            for each in node.decorator_list
        ]

    def _is_true(self, node: ast.expr) -> bool:
        while isinstance(node, (ast.Attribute, ast.Call)):
            node = node.func if isinstance(node, ast.Call) else node.value
        return isinstance(node, ast.Name) and node.id in self._true


def _hidden(node: ast.expr) -> ast.expr:
    return ast.Starred(node, ast.Load())


def _imported(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """The names that imports bind, and whether each comes from a package with marks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            home = not node.level and (node.module or "").partition(".")[0] in _HOMES
            for alias in node.names:
                yield alias.asname or alias.name, home and alias.asname in (None, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield alias.asname or top, top in _HOMES


def _bound(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
