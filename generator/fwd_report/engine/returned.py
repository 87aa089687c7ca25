"""Checks that what a technique returned can be stored and shown."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import GeneratorType
from typing import Any

import torch
from torch import Tensor

from fwd_report.engine.program_mistakes import forgotten
from fwd_report.errors import UserError
from fwd_report.plugins.importing import place_in_plugin, tree_of
from fwd_report.precision import require_finite
from fwd_report.recording.pictures import pictures_of
from fwd_report.techniques.base import Result, Technique

CHANNELS = (1, 3)
NAME = re.compile(r"[A-Za-z0-9_-]+")
"""Names of pictures and frames, which become file names."""
LARGEST = 10**300
"""Larger whole numbers are no floats."""
BY_NAME = ("images", "frames", "metrics", "series")
"""The fields of a `Result` that are dictionaries."""


def check_result(technique: Technique, result: object, where: str) -> None:
    """Raise UserError for an object that is no Result, or holds invalid pictures, frames or
    numbers.

    where: the file and line of a plug-in's technique; "" for the package's own.
    """
    if not isinstance(result, Result):
        unrun = f": {forgotten(result)}" if isinstance(result, GeneratorType) else ""
        called = _called(technique, where)
        raise UserError(f"{called} returns {type(result).__name__}, no Result{unrun}")
    for fault in _faults(result):
        raise UserError(f"{_called(technique, where)}: {fault}")
    held = (pictures_of(result), *(getattr(result, field) for field in BY_NAME))
    if technique.kind == "program" and not any(held):
        raise UserError(f"{_called(technique, where)} returns a Result with nothing in it")


def check_finite(
    technique: Technique, result: Result, where: str, dtype: torch.dtype, on_cpu: bool
) -> None:
    """Raise UserError for a picture with infinite or NaN values.

    where: as in `check_result`; a plug-in is named, and without one the network is. dtype: of the
    network. on_cpu: whether it computes there, where an answer that is not finite has failed
    before; elsewhere its answer is entirely NaN.
    """
    frames = {f"the frames {name} have": frames for name, frames in result.frames.items()}
    pictures = {f"{name} has": picture for name, picture in pictures_of(result).items()}
    for named, picture in {**pictures, **frames}.items():
        if not where:
            require_finite(picture, dtype)
        elif not bool(picture.isfinite().all()):
            perhaps = not on_cpu and bool(picture.isnan().all())
            or_network = ", or an answer of the network was not finite" if perhaps else ""
            called = _called(technique, where)
            raise UserError(f"{called}: {named} values that are not finite{or_network}")


def _called(technique: Technique, where: str) -> str:
    """The method that returned a result, after its place, for messages."""
    at = _return_line(technique) or where
    return f"{f'{at}: ' if at else ''}{type(technique).__name__}.{technique.kind}"


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
    for field in BY_NAME:
        value: Any = getattr(result, field)
        if not isinstance(value, Mapping):
            yield f"{field} is {_shape(value)}, no dictionary by name"
            return
    yield from _wrong_names(result)
    for name, picture in pictures_of(result).items():
        if not _is_pictures(picture, 3):
            yield f"{name} is {_shape(picture)}; a picture is (C, H, W) of 1 or 3 channels"
        elif kind := _unfit(picture):
            yield f"{name} is {kind}; a picture is a dense tensor of floating-point values"
    for name, frames in result.frames.items():
        if not _is_pictures(frames, 4):
            yield f"the frames {name} are {_shape(frames)}; frames are (N, C, H, W), C of 1 or 3"
        elif kind := _unfit(frames):
            yield f"the frames {name} are {kind}; frames are dense tensors of floating-point values"
    metrics: Mapping[str, Any] = result.metrics
    series: Mapping[str, Any] = result.series
    for name, value in metrics.items():
        if not _is_number(value):
            yield f"the metric {name} is {_shape(value)}, no number; write .item() behind a tensor"
    for name, values in series.items():
        if not (isinstance(values, (list, tuple)) and all(map(_is_number, values))):
            yield f"the series {name} is no list of numbers; write .tolist() behind a tensor"


def _wrong_names(result: Result) -> Iterator[str]:
    """Names that cannot be names of files, and those by which one thing would replace another."""
    for name in (*result.images, *result.frames):
        if not (isinstance(name, str) and NAME.fullmatch(name)):
            what = f"{name!r} is no name of a picture"
            yield f"{what}: use letters A-Z and a-z, digits, _ and - alone"
            return
    if result.image is not None and "image" in result.images:
        yield "images has an 'image', the name of the main picture: give it another name"
    for names in (pictures_of(result), result.frames):
        alike = Counter(name.lower() for name in names)
        same = [name for name in names if alike[name.lower()] > 1]
        if same:
            yield f"{' and '.join(same)} would be one file where capitals make no difference"
    for name in (*result.metrics, *result.series):
        if not (isinstance(name, str) and name.isprintable() and name.strip()):
            yield f"{name!r} is no name of a number: use a text in one line"


def _is_pictures(value: object, dimensions: int) -> bool:
    return (
        isinstance(value, Tensor)
        and value.dim() == dimensions
        and value.shape[-3] in CHANNELS
        and value.numel() > 0
    )


def _unfit(value: Tensor) -> str | None:
    """What a tensor is that no picture is; None if it may be one."""
    if value.layout != torch.strided or value.device.type == "meta":
        return f"a {'sparse' if value.device.type != 'meta' else 'meta'} tensor"
    if not value.is_floating_point():
        return f"a tensor of {str(value.dtype).removeprefix('torch.')}"
    return None


def _is_number(value: object) -> bool:
    """Whether it is a number that a manifest can hold: a float, or an int of such a size."""
    return isinstance(value, float) or (isinstance(value, int) and abs(value) <= LARGEST)


def _shape(value: object) -> str:
    if isinstance(value, GeneratorType):
        return f"a generator ({forgotten(value)})"
    shape = f" of shape {tuple(value.shape)}" if isinstance(value, Tensor) else ""
    return f"a {type(value).__name__}{shape}"
