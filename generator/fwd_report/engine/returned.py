"""Checks that what a technique returned can be stored and shown."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from numbers import Real
from types import GeneratorType
from typing import Any

from torch import Tensor

from fwd_report.engine.program_mistakes import forgotten
from fwd_report.errors import UserError
from fwd_report.plugins.importing import place_in_plugin, tree_of
from fwd_report.techniques.base import Result, Technique

CHANNELS = (1, 3)


def check_result(technique: Technique, result: object, where: str) -> None:
    """Raise UserError for an object that is no Result, or holds invalid pictures, frames or
    numbers.

    where: the file and line of a plug-in's technique; "" for the package's own.
    """
    at = _return_line(technique) or where
    at = f"{at}: " if at else ""
    called = f"{at}{type(technique).__name__}.{technique.kind}"
    if not isinstance(result, Result):
        unrun = f": {forgotten(result)}" if isinstance(result, GeneratorType) else ""
        raise UserError(f"{called} returns {type(result).__name__}, no Result{unrun}")
    for fault in _faults(result):
        raise UserError(f"{called}: {fault}")


def _return_line(technique: Technique) -> str | None:
    """The line of a plug-in's program or job that returns its result; None unless it is one."""
    function = getattr(type(technique), technique.kind)
    code: Any = getattr(function, "__code__", None)
    tree = None if code is None else tree_of(code.co_filename)
    for node in () if tree is None else ast.walk(tree):
        first = code.co_firstlineno, technique.kind
        if isinstance(node, ast.FunctionDef) and (node.lineno, node.name) == first:
            lines = [each.lineno for each in ast.walk(node) if isinstance(each, ast.Return)]
            return place_in_plugin(code.co_filename, lines[0]) if len(lines) == 1 else None
    return None


def _faults(result: Result) -> Iterator[str]:
    pictures = {**result.images, **({} if result.image is None else {"image": result.image})}
    for name, picture in pictures.items():
        if not _is_pictures(picture, 3):
            yield f"{name} is {_shape(picture)}; a picture is (C, H, W) of 1 or 3 channels"
    for name, frames in result.frames.items():
        if not _is_pictures(frames, 4):
            yield f"the frames {name} are {_shape(frames)}; frames are (N, C, H, W), C of 1 or 3"
    metrics: Mapping[str, Any] = result.metrics
    series: Mapping[str, Any] = result.series
    for name, value in metrics.items():
        if not isinstance(value, Real):
            yield f"the metric {name} is {_shape(value)}, no number; write .item() behind a tensor"
    for name, values in series.items():
        if not (isinstance(values, (list, tuple)) and all(isinstance(v, Real) for v in values)):
            yield f"the series {name} is no list of numbers; write .tolist() behind a tensor"


def _is_pictures(value: object, dimensions: int) -> bool:
    return (
        isinstance(value, Tensor)
        and value.dim() == dimensions
        and value.shape[-3] in CHANNELS
        and value.numel() > 0
    )


def _shape(value: object) -> str:
    if isinstance(value, GeneratorType):
        return f"a generator ({forgotten(value)})"
    shape = f" of shape {tuple(value.shape)}" if isinstance(value, Tensor) else ""
    return f"a {type(value).__name__}{shape}"
