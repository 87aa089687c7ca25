"""`fwd-report doctor`: check in advance whether a build would succeed on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fwd_report.doctor.diagnosis import Diagnosis, diagnosed
from fwd_report.errors import UserError, counted
from fwd_report.running import Options

if TYPE_CHECKING:
    from fwd_report.doctor.downloads import Wanted
    from fwd_report.plan.run import Run
    from fwd_report.spec.project import Project
    from fwd_report.store.store import Store


def diagnose(root: Path, options: Options) -> Iterator[Diagnosis]:
    """Check this machine, and the report in `root` on it."""
    from fwd_report.doctor import surroundings

    yield surroundings.look_at_versions()
    project: Project | None = None
    try:
        project = options.project(root)
    except UserError as error:
        yield diagnosed("report", error)
    wanted = project.report.device if project else "auto"
    finding, device = surroundings.look_at_device(wanted)
    yield finding
    try:
        yield from surroundings.look_at_memory(device or "cpu")
    except UserError as error:
        yield diagnosed("memory", error)
        device = None
    yield surroundings.look_at_git()
    if project is not None:
        yield surroundings.look_at_store(root)
        yield from _of_plan(project, options, device)


def _of_plan(project: Project, options: Options, device: str | None) -> Iterator[Diagnosis]:
    """Check the models, datasets and memory that the pending runs need."""
    from fwd_report.doctor.data import look_at_datasets
    from fwd_report.doctor.downloads import look_at_models

    try:
        due, store, finding = _due(project, options)
    except UserError as error:
        yield diagnosed("plan", error)
        return
    yield finding
    try:
        findings, wanted = look_at_models(project, due, store)
    except UserError as error:
        yield diagnosed("models", error)
        return
    yield from findings
    yield from look_at_datasets(project, due)
    if device is not None and wanted:
        yield from _of_memory(project, store, wanted)
        if device == "cpu":
            from fwd_report.doctor.pace import look_at_pace

            yield from look_at_pace(due, wanted)
    store.memory.save()


def _due(project: Project, options: Options) -> tuple[list[Run], Store, Diagnosis]:
    from fwd_report.plan.encodings import check_encodings
    from fwd_report.plan.plan import make_plan
    from fwd_report.plan.run import distinct
    from fwd_report.spec.selection import check_names
    from fwd_report.store.store import Store

    check_names(project, options.only)
    store = Store(project.root)
    runs = distinct(make_plan(project, store).selected(options.only))
    due = [run for run in runs if run.status != "fresh"]
    check_encodings(project, due, store)
    says = f"{len(due)} of {counted(len(runs), 'run')} to run, under the profile {project.profile}"
    data = {"profile": project.profile, "runs": len(runs), "due": len(due)}
    return due, store, Diagnosis("plan", says, data=data)


def _of_memory(project: Project, store: Store, wanted: Sequence[Wanted]) -> Iterator[Diagnosis]:
    from fwd_report.doctor.holdings import Holdings
    from fwd_report.engine.machine import Machine

    try:
        machine = Machine.of(project.report)
        holdings = Holdings(machine.device, machine.dtype, machine.batch, store.memory)
        yield from holdings.findings(wanted)
    except UserError as error:
        yield diagnosed("networks", error)
