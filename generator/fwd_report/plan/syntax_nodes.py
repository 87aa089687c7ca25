"""Properties of syntax nodes that matter to a digest: whether one does something, is marked, is
named.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

OUTSIDE = "outside_keys"
"""The mark for functions and classes in fwd_report/outside.py."""
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
"""Decorators that read no annotations and keep no reference to what they decorate."""
DECORATORS = frozenset({OUTSIDE, "dataclass", *_PLAIN_DECORATORS})
"""All decorators that matter to a digest."""
TYPES_ONLY = "TYPE_CHECKING"
"""The condition of code that only type checkers see."""


def calls_for_more(node: ast.AST) -> bool:
    """Whether it calls something other than an error or a string's method."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant):
        return False
    return not last_name(node.func)[:1].isupper()


def does_something(node: ast.AST) -> bool:
    return any(
        isinstance(inner, (ast.Call, ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom))
        for inner in ast.walk(node)
    )


def meaningful(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that do something: no bare constants, and nothing for type checkers only."""
    for statement in body:
        if isinstance(statement, ast.Pass):
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.If) and last_name(statement.test) == TYPES_ONLY:
            yield from meaningful(statement.orelse)
        elif (
            isinstance(statement, ast.If)
            and isinstance(statement.test, ast.UnaryOp)
            and isinstance(statement.test.op, ast.Not)
            and last_name(statement.test.operand) == TYPES_ONLY
        ):
            yield from meaningful(statement.body)
        else:
            yield statement


def last_name(node: ast.AST | None) -> str:
    """The last name of `a.b.name`, or of a call of it; "" for anything else."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_outside(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(last_name(decorator) == OUTSIDE for decorator in node.decorator_list)


def is_plain(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether no decorator registers the function or reads its annotations."""
    return all(last_name(decorator) in _PLAIN_DECORATORS for decorator in node.decorator_list)


def resolved(name: str, package: str) -> str:
    """The absolute name of a module that is named relative to `package` by leading dots."""
    bare = name.lstrip(".")
    above = len(name) - len(bare) - 1
    if above < 0:
        return bare
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - above], *([bare] if bare else [])])
