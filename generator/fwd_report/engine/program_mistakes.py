"""Mistakes of a plug-in's program, said in its own terms and at its line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from inspect import isgeneratorfunction
from types import FrameType, GeneratorType
from typing import Any

from torch import Tensor

from fwd_report.diffusion.program import Query
from fwd_report.engine.live import Live
from fwd_report.errors import UserError, as_code, text_of
from fwd_report.models.handle import ModelHandle, Upscaling
from fwd_report.plugins.importing import frames_of_plugins, place_in_plugin, tree_of


def check_asked(live: Live) -> None:
    """Raise UserError, at the plug-in's line, for a question that no model can answer."""
    for question in live.exchange.asked:
        if not isinstance(question, Query) and not hasattr(question, "alone"):
            raise UserError(f"{_at(live)}{_no_questions(question)}")
        model = live.model
        if model is None or not isinstance(question, Query) or question.model != model.name:
            continue
        try:
            model.check(question)
            _check_values(question, model)
        except ValueError as error:
            raise UserError(f"{_at(live)}your program {error}") from error


def _check_values(query: Query, model: ModelHandle) -> None:
    """Raise ValueError for values that no image has, or a condition that is no prompt."""
    if not query.x.is_floating_point():
        kind = str(query.x.dtype).removeprefix("torch.")
        raise ValueError(f"asked about a tensor of {kind}; an image has floating-point values")
    if model.unconditional == "" and not isinstance(query.condition, (str, Upscaling)):
        raise ValueError(f"asked under {as_code(query.condition)}, which is no prompt")


def unanswered(live: Live, question: Any, error: Exception) -> Exception:
    """The exception with which a question failed, or a UserError if the question is its cause."""
    x: Any = getattr(question, "x", None)
    if isinstance(x, Tensor) and not bool(x.isfinite().all()):
        return UserError(f"{_at(live)}your program asked about values that are not finite")
    return error


def known_mistake(live: Live, error: Exception) -> Exception:
    """The exception with which a program failed, or a UserError if its cause is known."""
    asked: Any = live.exchange.asked
    if isinstance(asked, GeneratorType):
        return UserError(f"{_at(live)}{forgotten(asked)}")
    if not isinstance(asked, tuple):
        return UserError(f"{_at(live)}{_no_questions(asked)}")
    frames = list(frames_of_plugins(error))
    if not frames or isinstance(error, UserError):
        return error
    frame, line, place = frames[-1]
    name = _generator_of(error, frame, line)
    return error if name is None else UserError(f"{place}: {_forgotten(name)}")


def forgotten(program: GeneratorType[Any, Any, Any]) -> str:
    """What is said of a program that was not run where it was called."""
    return _forgotten(program.gi_code.co_name)


def _no_questions(asked: object) -> str:
    return f"a program yields tuples of questions, not of {type(asked).__name__}"


def _forgotten(name: str) -> str:
    return f"{name} is a generator: `yield from {name}(…)`"


def _at(live: Live) -> str:
    """The last line of a plug-in at which a program waits, for a message; without one, the
    plug-ins that are in use.
    """
    program: Any = live.program
    found = f"{', '.join(live.run.plugged)}: "
    while isinstance(program, GeneratorType):
        frame = program.gi_frame
        place = frame and place_in_plugin(frame.f_code.co_filename, frame.f_lineno)
        found = f"{place}: " if place else found
        program = program.gi_yieldfrom
    return found


def _generator_of(error: Exception, frame: FrameType, line: int) -> str | None:
    """The name of the generator that was used as if it were its result, if that was the error."""
    used = getattr(error, "obj", None)
    if isinstance(used, GeneratorType):
        return used.gi_code.co_name
    if "unpack" not in text_of(error) and "generator" not in text_of(error):
        return None
    values = {**frame.f_globals, **frame.f_locals}
    for call in _bare_calls(frame, line):
        function = values.get(call)
        if isgeneratorfunction(function):
            return str(function.__name__)
    local = (value for value in frame.f_locals.values() if isinstance(value, GeneratorType))
    return next((value.gi_code.co_name for value in local), None)


def _bare_calls(frame: FrameType, line: int) -> Iterator[str]:
    """The names of functions that a line calls without `yield from`."""
    tree = tree_of(frame.f_code.co_filename)
    nodes = list(ast.walk(tree)) if tree is not None else []
    run = {id(node.value) for node in nodes if isinstance(node, ast.YieldFrom)}
    for node in nodes:
        bare = isinstance(node, ast.Call) and node.lineno == line and id(node) not in run
        if bare and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
