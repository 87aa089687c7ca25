"""Whether the blurs of the runs are as wide as the model's images allow, without its weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import get_args

from pydantic import AfterValidator

from fwd_report.errors import Problem, UserError
from fwd_report.models.sizes import config_in
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_folder, stage_models
from fwd_report.spec.project import Project
from fwd_report.techniques.base import Technique, marked_fields
from fwd_report.techniques.sampling import Kernel

ODD = next(each for each in get_args(Kernel) if isinstance(each, AfterValidator))
"""What every field of the type `Kernel` is marked with."""


def check_kernels(project: Project, runs: Iterable[Run]) -> None:
    """Raise UserError, with each place in the YAML, for kernels that reach beyond an image's
    reflection.

    Of models that are not on this machine it is said when they run.
    """
    size_of = cache(partial(image_size, project))
    found = dict.fromkeys(
        problem
        for run in runs
        if run.model is not None
        for problem in _too_wide(project, run, size_of)
    )
    if found:
        raise UserError(list(found))


def _too_wide(
    project: Project, run: Run, size_of: Callable[[int | None], int | None]
) -> Iterator[Problem]:
    fields = [
        field
        for field in kernel_fields(type(run.technique))
        if field not in run.technique.without_effect()
    ]
    size = size_of(run.technique.stage) if fields else None
    for field in fields:
        width = getattr(run.technique, field)
        if size is None or width is None or width <= 2 * size - 1:
            continue
        place: tuple[str, ...] = (run.experiment, field)
        if (run.section, *place) not in project.positions:
            place = (run.experiment, "sweep", field)
        yield project.problem(
            f"{field} {width} is too wide for images of {size} × {size} pixels, which {run.model} "
            f"makes: at most {2 * size - 1} is possible",
            run.section,
            *place,
        )


@cache
def kernel_fields(technique: type[Technique]) -> tuple[str, ...]:
    """The fields of a technique that are widths of blurs."""
    marks = marked_fields(technique, AfterValidator)
    return tuple(field for field, mark in marks.items() if mark == ODD)


def image_size(project: Project, stage: int | None) -> int | None:
    """Pixels a side of the images of a stage's model; None if that is not known here."""
    models = stage_models(project)
    folder = None if stage not in models else stage_folder(project, stage, models[stage])
    try:
        size = config_in(folder, "unet").get("sample_size") if folder else None
    except (UserError, OSError, ValueError):
        return None  # said when the UNet is loaded
    return size if isinstance(size, int) else None
