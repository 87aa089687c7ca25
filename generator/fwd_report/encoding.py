"""The prompts of a report: listed, or encoded into a file for machines without the text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from fwd_report.errors import Problem, UserError
from fwd_report.models.embeddings import FORMATS, encoded_prompts, spelling
from fwd_report.models.folder_layout import ENCODER_PARTS
from fwd_report.plan.asked_models import download_models
from fwd_report.plan.plan import make_plan
from fwd_report.plan.stages import stage_models
from fwd_report.running import Options, tell
from fwd_report.spec.project import Project
from fwd_report.spec.selection import check_names
from fwd_report.store.store import Store


def planned_prompts(root: Path, options: Options) -> list[str]:
    """Every prompt of the runs in plan order; "" if guidance needs it.

    Of those that the encoder reads as one (see `spelling`), the first is listed.
    This needs no model, and looks for none.
    """
    project = _with_encoder(options.project(root))
    check_names(project, options.only)
    plan = make_plan(project, Store(root), models_by_name=True)
    found: dict[str, str] = {}
    for run in plan.selected(options.only):
        for prompt in run.prompts:
            found.setdefault(spelling(prompt), prompt)
    return list(found.values())


def held_prompts(root: Path, file: Path) -> list[str]:
    """The prompts that a file for `embeddings:` holds, as they are written there, in order.

    Raises UserError for a file that cannot be read as one.
    """
    return [each.name for each in encoded_prompts([file], Store(root).memory).values()]


def encode_prompts(
    root: Path, options: Options, prompts: Sequence[str], file: Path, force: bool = False
) -> None:
    """Write a file for `embeddings:` with these prompts, encoded by stage I's text encoder.

    The model is downloaded if necessary. force: replace an existing file. Raises UserError for an
    existing file without `force`, and for an unknown file type.
    """
    if file.suffix not in FORMATS:
        raise UserError(
            Problem(f"{file} has no known ending", hint=f"name it with one of {', '.join(FORMATS)}")
        )
    if file.exists() and not force:
        raise UserError(f"{file} is there already", hint="name another file, or add --force")
    if not prompts:
        raise UserError("the report asks no text-to-image model, so there is nothing to encode")
    project = _with_encoder(options.project(root))
    store = Store(root)
    download_models(project, make_plan(project, store).selected(options.only), tell)

    from fwd_report.engine.device import choose_device
    from fwd_report.models.digest import model_digest
    from fwd_report.models.embeddings import save_embeddings
    from fwd_report.models.foresight import Foresight
    from fwd_report.models.opening import open_model
    from fwd_report.models.prompts import PromptEncoder
    from fwd_report.precision import choose_dtype, rounding

    model, parts = stage_models(project)[1], ENCODER_PARTS
    device = choose_device(project.report.device)
    dtype = choose_dtype(project.report.dtype, device)
    opened = partial(open_model, model, store.memory, parts)
    encoder = PromptEncoder(
        opened,
        model_digest(model, store, parts),
        store.memory,
        device,
        dtype,
        partial(Foresight(device, dtype, 1, store.memory).encoder, opened),
    )
    with rounding(project.report.tf32):
        tensors = encoder.embeddings(prompts)
    save_embeddings(file, dict(zip(prompts, tensors, strict=True)))


def _with_encoder(project: Project) -> Project:
    """The project without its files of encoded prompts."""
    return replace(project, report=project.report.model_copy(update={"embeddings": ()}))
