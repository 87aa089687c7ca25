"""Finds calls that draw from a global random generator, in the sources of plug-ins."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from fwd_report.plugins.folder import Folder
from fwd_report.plugins.siblings import parsed_module

OWN_GENERATORS = frozenset({
    "default_rng", "Generator", "RandomState", "SeedSequence", "Random", "SystemRandom",
    "PCG64", "MT19937", "Philox", "SFC64", "BitGenerator",
})  # fmt: skip
"""What `numpy.random` and `random` offer that has a state of its own."""
TORCH = frozenset({
    "rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "normal",
    "bernoulli", "multinomial", "poisson", "binomial",
})  # fmt: skip
"""Functions of torch that draw, from the global generator without `generator=`."""
IN_PLACE = frozenset({
    "normal_", "uniform_", "bernoulli_", "exponential_", "random_", "geometric_", "cauchy_",
    "log_normal_",
})  # fmt: skip
"""Methods of tensors that do."""


def line_of_draw(folder: Folder, modules: Collection[str], of: Collection[str]) -> str | None:
    """The line that draws from the global generator of `torch`, `numpy` or `random`.

    As `techniques/own.py:12`. modules: of this folder, those to look at. None unless there is
    exactly one such call: which of several ran is not known.
    """
    found = [
        f"{folder.shown(file).as_posix()}:{line}"
        for module, file in folder.files.items()
        if module in modules
        for line in draw_lines(parsed_module(folder, file), of)
    ]
    return found[0] if len(found) == 1 else None


def draw_lines(tree: ast.Module, of: Collection[str]) -> Iterator[int]:
    """The lines of a module's calls that draw from the global generators of those libraries."""
    names = dict(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _library(node, names) in of:
            yield node.lineno


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(name, what it stands for) of all imports: ("np", "numpy"), ("randn", "torch.randn")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (first, first)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _library(call: ast.Call, names: dict[str, str]) -> str | None:
    """The library whose global generator a call draws from; None: it draws from none."""
    library, _, function = _called(call.func, names).rpartition(".")
    if library in {"numpy.random", "random"}:
        return None if function in OWN_GENERATORS | {"seed"} else library.partition(".")[0]
    given = any(keyword.arg in {"generator", None} for keyword in call.keywords)
    method = isinstance(call.func, ast.Attribute) and call.func.attr in IN_PLACE
    draws = method or (library == "torch" and function in TORCH)
    return "torch" if draws and not given else None


def _called(function: ast.expr, names: dict[str, str]) -> str:
    """The full name of what is called, such as `numpy.random.rand`; "" if it is computed."""
    parts: list[str] = []
    while isinstance(function, ast.Attribute):
        parts.insert(0, function.attr)
        function = function.value
    if not isinstance(function, ast.Name) or function.id not in names:
        return ""
    return ".".join([names[function.id], *parts])
