"""The code that makes a result, as part of its key.

A technique's closure is its own module and every first-party module it imports, transitively,
inside the folders that count (`COUNTED`). Each counts by its normalised source:
without comments, docstrings and layout, without the methods that only show, count or check
(`figure`, `describe`, `alt`, `calls`, `objection`) and without imports that only type checkers
see. A module that only fetches bytes, which are checked against a digest, does not count. So
restyling, rewording a comment, redrawing a figure or naming another mirror reruns nothing.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import fwd_report
from fwd_report.store.files import read_json, write_json

PACKAGE = fwd_report.__name__
COUNTED_FOLDERS = ("techniques", "diffusion", "models", "training", "recording")
COUNTED = tuple(f"{PACKAGE}.{name}" for name in COUNTED_FOLDERS)
NOT_COUNTED = {
    f"{PACKAGE}.{name}"
    for name in (
        "training.download",
        "models.hub",
        "models.digest",
        "models.names",
        "models.opening",
    )
}
FORMAT = f"3:{sys.version_info.major}.{sys.version_info.minor}"
"""What a remembered digest was made by: the normaliser below, and the Python that unparsed."""
NOT_RUN = {"figure", "describe", "alt", "calls", "objection"}


class CodeDigests:
    """Digests of modules' closures; what it parses is remembered by size and time stamp."""

    def __init__(self, cache_file: Path, source_root: Path | None = None) -> None:
        self._source_root = source_root or Path(fwd_report.__file__).parents[1]
        self._cache_file = cache_file
        self._cache: dict[str, Any] = read_json(cache_file)
        self._changed = False
        self._modules: dict[str, tuple[str, tuple[str, ...]]] = {}

    def closure(self, roots: Iterable[str]) -> Mapping[str, str]:
        """Module name → digest of its normalised source, for `roots` and all they import."""
        digests: dict[str, str] = {}
        waiting = list(roots)
        while waiting:
            module = waiting.pop()
            if module not in digests:
                digests[module], imports = self._module(module)
                waiting += imports
        return dict(sorted(digests.items()))

    def save(self) -> None:
        """Keep what was parsed for the next command."""
        if self._changed:
            write_json(self._cache_file, self._cache)
            self._changed = False

    def _module(self, name: str) -> tuple[str, tuple[str, ...]]:
        if name not in self._modules:
            path = self._path(name)
            stat = path.stat()
            stamp = f"{FORMAT}:{stat.st_mtime_ns}:{stat.st_size}"
            known = self._cache.get(str(path))
            if not (isinstance(known, dict) and known.get("stamp") == stamp):
                tree = normalised(path.read_text(encoding="utf-8"))
                digest = hashlib.sha256(ast.unparse(tree).encode()).hexdigest()
                known = {"stamp": stamp, "digest": digest, "imports": self._imports(tree)}
                self._cache[str(path)] = known
                self._changed = True
            self._modules[name] = (known["digest"], tuple(known["imports"]))
        return self._modules[name]

    def _path(self, module: str) -> Path:
        path = self._source_root.joinpath(*module.split("."))
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

    def _imports(self, tree: ast.Module) -> list[str]:
        """The counted modules a normalised module imports, wherever in it the import stands."""
        named = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                submodules = {f"{node.module}.{alias.name}" for alias in node.names}
                found = {name for name in submodules if self._is_module(name)}
                named |= found or {node.module}
        return sorted(
            name
            for name in named - NOT_COUNTED
            if name.startswith(COUNTED) and self._is_module(name)
        )

    def _is_module(self, name: str) -> bool:
        return name.startswith(PACKAGE) and self._path(name).is_file()


def normalised(source: str) -> ast.Module:
    """The syntax tree of `source` without what cannot change a result."""
    return ast.fix_missing_locations(_Normaliser().visit(ast.parse(source)))


class _Normaliser(ast.NodeTransformer):
    def visit_Module(self, node: ast.Module) -> ast.AST:
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._without_docstring(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        return None if node.name in NOT_RUN else self._without_docstring(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)

    def _without_docstring(self, node: Any) -> Any:
        """Drop bare strings: docstrings, and the descriptions that follow fields."""
        self.generic_visit(node)
        node.body = [
            item
            for item in node.body
            if not (
                isinstance(item, ast.Expr)
                and isinstance(item.value, ast.Constant)
                and isinstance(item.value.value, str)
            )
        ] or [ast.Pass()]
        return node
