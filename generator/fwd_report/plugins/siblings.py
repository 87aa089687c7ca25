"""Imports between a project's plug-ins, as if each ran from its own folder.

`from bands import split` in `techniques/triple.py` means `techniques/bands.py`, if there is such a
file, just as `from .bands import split` does. Such an import is rewritten as the relative one
before the module is compiled, and before its definitions are counted. So nothing is added to the
path on which other modules are searched, and two projects can each have a `bands`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from fwd_report.plugins.folder import Folder
from fwd_report.plugins.kinds import FOLDER


def parsed_module(folder: Folder, file: str) -> ast.Module:
    """A file's syntax tree, its imports of siblings relative. Raises SyntaxError, ValueError."""
    tree = ast.parse(folder.texts[file], str(folder.path(file)))
    relative: ast.Module = _Relative(folder, file).visit(tree)
    return ast.fix_missing_locations(relative)


def imports_of(folder: Folder, file: str, trees: Mapping[str, ast.Module]) -> Iterator[str]:
    """The modules of the folder that a file may import, other than itself."""
    module = folder.module(file)
    package = module if file.endswith("__init__.py") else module.rpartition(".")[0]
    for node in ast.walk(trees[file]):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
            named = f"{base}.{node.module}" if node.module else base
            yield named
            yield from (f"{named}.{alias.name}" for alias in node.names)


def bound_in(tree: ast.Module) -> set[str]:
    """Every name that a module may bind."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found


def line_of(tree: ast.Module, name: str) -> int | None:
    """The line of a module that first binds a name."""
    for node in tree.body:
        if name in bound_in(ast.Module([node], [])):
            return node.lineno
    return None


class _Relative(ast.NodeTransformer):
    def __init__(self, folder: Folder, file: str) -> None:
        self._folder = folder
        self._file = file
        self._parents = file.split("/")[:-1]

    def visit_Import(self, node: ast.Import) -> ast.AST | list[ast.AST]:
        made: list[ast.AST] = []
        for alias in node.names:
            place = self._place(alias.name)
            if place is None or not place[0] or ("." in alias.name and alias.asname is None):
                made.append(ast.copy_location(ast.Import([alias]), node))
                continue
            module, level = place
            above, _, last = module.rpartition(".")
            one = ast.ImportFrom(above or None, [ast.alias(last, alias.asname)], level)
            made.append(ast.copy_location(one, node))
        return made

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if node.level or node.module is None:
            return node
        place = self._place(node.module, [alias.name for alias in node.names])
        if place is None:
            return node
        module, level = place
        return ast.copy_location(ast.ImportFrom(module or None, node.names, level), node)

    def _place(self, name: str, of_it: Sequence[str] = ()) -> tuple[str, int] | None:
        """The module of that name beside this one or in techniques/, and its relative level.

        of_it: what is imported from it. A folder without an __init__.py counts only if it holds
        what is imported: `techniques/datasets/` does not hide an installed `datasets`.
        """
        head, _, rest = name.partition(".")
        if head == FOLDER and not self._is_there([head]):
            return rest, len(self._parents) + 1
        for level, folder in ((1, self._parents), (len(self._parents) + 1, [])):
            path = [*folder, *name.split(".")]
            asked = (path, *([*path, each] for each in of_it))
            if self._is_there([*folder, head]) or any(map(self._is_there, asked)):
                return name, level
        return None

    def _is_there(self, path: list[str]) -> bool:
        """Whether another file at that path, or a package with an __init__.py, can be imported."""
        joined = "/".join(path)
        names = {f"{joined}.py", f"{joined}/__init__.py"} - {self._file}
        return not names.isdisjoint(self._folder.texts)
