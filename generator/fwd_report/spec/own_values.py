"""What the validators of a plug-in make of values: each mistake in them is one of the specs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from fwd_report.errors import as_code
from fwd_report.plugins.importing import mistake_of_plugin
from fwd_report.plugins.problems import exits_as_errors
from fwd_report.techniques.answers import keyable

M = TypeVar("M", bound=BaseModel)
OURS = "fwd_report."


def made_of(model: type[M], values: Mapping[str, Any]) -> M | str:
    """`values` as a `model`, or why a plug-in's model cannot be made of them.

    Raises ValidationError, as pydantic does, for values that the model refuses.
    """
    if model.__module__.startswith(OURS):
        return model.model_validate(values)
    try:
        with exits_as_errors():
            made: object = model.model_validate(values)
            return made if isinstance(made, model) else _other(model, made)
    except ValidationError:
        raise
    except Exception as error:
        said = mistake_of_plugin(error)
        if said is None:
            raise
        return said


def _other(model: type[BaseModel], made: object) -> str:
    return f"a validator of {model.__name__} returns a {type(made).__name__}, not self"


def unkeyable(made: BaseModel) -> str | None:
    """Why the values of a plug-in's model cannot be in a run's key; None if they can.

    Its validators may have made anything of what was written.
    """
    if type(made).__module__.startswith(OURS):
        return None
    for field in type(made).model_fields:
        try:
            held = made.model_dump(mode="json", include={field}, warnings="error")
        except (PydanticSerializationError, ValueError, RecursionError):
            held = None
        if held is None or not keyable(held):
            value = as_code(getattr(made, field))
            return f"its validators make of {field} what is none of its values, {value}"
    return None
