"""The models that runs use, and those that have to be fetched from the hub."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from fwd_report.errors import UserError, joined
from fwd_report.models import hub
from fwd_report.models.digest import file_digests, seen_commit
from fwd_report.models.folder_layout import WHOLE
from fwd_report.models.hub_access import offered_files
from fwd_report.models.names import resolve_scorer
from fwd_report.plan.plugged import is_plugged_scorer
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_models, stage_parts
from fwd_report.spec.project import Project
from fwd_report.store.store import Store

Asked = tuple[Path | str, tuple[str, ...]]
"""A folder or hub id, and the parts that are read from it."""


def asked_models(project: Project, runs: Iterable[Run]) -> list[Asked]:
    """The models that these runs use; stage II also needs stage I's text encoder."""
    runs = list(runs)
    last = max((run.technique.stage or 0 for run in runs if run.model is not None), default=0)
    asked: list[Asked] = [
        (model, stage_parts(project, stage))
        for stage, model in stage_models(project).items()
        if stage <= last
    ]
    plugins = project.plugins
    scorers = dict.fromkeys(
        run.scorer
        for run in runs
        if run.scorer is not None and not is_plugged_scorer(plugins, run.scorer)
    )
    return asked + [(resolve_scorer(name, project.root), (WHOLE,)) for name in scorers]


def download_models(
    project: Project, runs: Iterable[Run], news: Callable[[str], None] = lambda message: None
) -> bool:
    """Fetch hub models that these runs will use, before their digests become part of a key.

    They are of the commit that this project has seen, even if a branch has moved since. Returns
    whether any was fetched. Raises as `hub.fetch`; what the hub refuses is known, and said of all
    of them, before the first is fetched.
    """
    store = Store(project.root)
    absent = [
        (model, parts, seen_commit(model, store))
        for model, parts in asked_models(project, runs)
        if isinstance(model, str) and hub.downloaded(model, parts) is None
    ]
    refusals = []
    for model, parts, commit in absent:
        try:
            offered_files(model, parts, commit)
        except UserError as error:
            refusals.append(error)
    if refusals:
        raise joined(refusals)
    for model, parts, commit in absent:
        hub.fetch_model(model, parts, news, commit)
    return bool(absent)


def unknown_models(project: Project, runs: Iterable[Run], store: Store) -> dict[str, str]:
    """Models whose content is known neither on this machine nor from the hub, with the reason.

    Runs that use them have no known key.
    """
    unknown: dict[str, str] = {}
    for model, parts in asked_models(project, runs):
        try:
            file_digests(model, store, parts)
        except UserError as error:
            unknown.setdefault(str(model), error.problems[0].message)
    return unknown
