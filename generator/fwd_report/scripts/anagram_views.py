"""The views of an anagram, as code of a script."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

import fwd_report

VIEWS = {
    "flip": ("x.flip(-2)", "x.flip(-2)"),
    "mirror": ("x.flip(-1)", "x.flip(-1)"),
    "rotate90": ("x.rot90(1, (-2, -1))", "x.rot90(-1, (-2, -1))"),
    "rotate180": ("x.rot90(2, (-2, -1))", "x.rot90(2, (-2, -1))"),
    "rotate270": ("x.rot90(-1, (-2, -1))", "x.rot90(1, (-2, -1))"),
    "negate": ("-x", "-x"),
}
"""A view and its inverse, for those that are a single torch expression."""
ORDERS = {
    "skew": ("views", "_skew", ("_pixels",)),
    "inner_circle": ("views", "_inner_circle", ("_pixels",)),
    "pixels": ("views", "_permuted_pixels", ()),
    "patches": ("views", "_permuted_patches", ("_pixels", "_permuted_pixels")),
    "jigsaw": (
        "jigsaw",
        "jigsaw_order",
        ("PIECES", "TAB_RADIUS", "_pieces", "_tab", "_orbit"),
    ),
}
"""Where the pixel orders of the other views are computed, and what that needs."""


def view_lines(name: str, seed: int) -> list[str]:
    """`view`, `back` and, for the variances, `unsigned_back`."""
    if name in VIEWS:
        view, back = VIEWS[name]
        unsigned = "x" if name == "negate" else back
        return [
            "def view(x):", f"    return {view}", "",
            "def back(x):", f"    return {back}", "",
            "def unsigned_back(x):", f"    return {unsigned}",
        ]  # fmt: skip
    module, order, helpers = ORDERS[name]
    return [
        *_sources(module, (*helpers, order)),
        f"order = {order}(size, {seed})  # which pixel each place of the view shows",
        "",
        "def view(x):", "    return x.flatten(-2)[..., order].reshape(x.shape)", "",
        "def back(x):", "    return x.flatten(-2)[..., order.argsort()].reshape(x.shape)", "",
        "unsigned_back = back",
    ]  # fmt: skip


def _sources(module: str, names: Sequence[str]) -> list[str]:
    """Definitions from this package's mathematics, which is plain torch, copied as they stand."""
    path = Path(fwd_report.__file__).parent / "diffusion" / f"{module}.py"
    text = path.read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for node in ast.parse(text).body:
        bound: list[str] = []
        if isinstance(node, ast.FunctionDef):
            bound = [node.name]
        elif isinstance(node, ast.Assign):
            bound = [
                part.id for target in node.targets for part in ast.walk(target)
                if isinstance(part, ast.Name)
            ]  # fmt: skip
        if bound:
            found[bound[0]] = text.splitlines()[node.lineno - 1 : node.end_lineno]
    return [line for name in names for line in (*found[name], "")]
