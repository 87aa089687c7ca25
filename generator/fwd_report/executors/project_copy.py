"""Packs the files of a project that a worker needs, and unpacks them there.

These are the specs, the files that the plan digested, the inputs of the runs, and the project's own
techniques. Planning from this copy gives the same keys, unless the worker runs other code.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import fwd_report
from fwd_report.errors import UserError
from fwd_report.models.digest import RECORD
from fwd_report.plan.asked_datasets import asked_datasets
from fwd_report.plan.plan import Plan, make_plan
from fwd_report.spec.load import load_project
from fwd_report.spec.project import FOLDER, Project
from fwd_report.store.files import sha256_of
from fwd_report.store.folders import OWNED
from fwd_report.store.store import Store
from fwd_report.techniques.base import scorer_field
from fwd_report.training.catalogue import DATA_VARIABLE, FILES

LARGE = 64 * 2**20
"""Files of at least this many bytes are sent only to nodes that lack them at the same path."""
OUTSIDE = "outside"
"""The folder, beside the project's copy, of files from outside the project."""
PROJECT = "project"
PACKAGE = Path(fwd_report.__file__).parent


@dataclass(frozen=True)
class Large:
    """A file that is sent only to nodes without it: its path on the driver, size and SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class ProjectCopy:
    """A project to unpack on another machine.

    content: a zip of its small files. large: the others, by name. overrides: those of the command
    line, and those that point to models outside the project.
    """

    profile: str
    overrides: tuple[str, ...]
    trusted: bool
    content: bytes
    large: Mapping[str, Large]
    git: Mapping[str, Any] = field(default_factory=dict)
    embeddings: tuple[str, ...] = ()
    data: str | None = None


def copy_of(
    plan: Plan, store: Store, overrides: Sequence[str], git: Mapping[str, Any]
) -> ProjectCopy:
    """Pack the project of a plan made by this process."""
    project = plan.project
    small, large = io.BytesIO(), {}
    # Dates mean nothing here, and those before 1980, which a ZIP cannot hold, are to stop nothing.
    with zipfile.ZipFile(
        small, "w", zipfile.ZIP_DEFLATED, compresslevel=1, strict_timestamps=False
    ) as archive:
        for name, path in sorted(_files(plan, store).items()):
            size = path.stat().st_size
            if size < LARGE:
                archive.write(path, name)
            else:
                large[name] = Large(str(path.resolve()), size, store.memory.of_file(path))
    outside = [f"{OUTSIDE}/embeddings/{number}{path.suffix}" for number, path in _embeddings(plan)]
    return ProjectCopy(
        project.profile,
        (*overrides, *_models_outside(project)),
        project.trusted,
        small.getvalue(),
        large,
        git,
        tuple(outside),
        f"{OUTSIDE}/data" if _data_files(plan) or project.data is not None else None,
    )


def _models_outside(project: Project) -> Iterator[str]:
    """Overrides for models whose relative path contains `..`: an absolute path for those outside
    the project.
    """
    root = project.root
    for where, name in _named_models(project):
        said = Path(name)
        if ".." in said.parts and not said.is_absolute() and (root / said).is_dir():
            place = Path(os.path.normpath(root / said))
            inside = place.is_relative_to(root)
            yield f"{where}={json.dumps(str(place.relative_to(root) if inside else place))}"


def _named_models(project: Project) -> Iterator[tuple[str, str]]:
    """The models and scorers in report.yaml and the experiments, each with its field as in `--set`.
    Leaves out scorers that vary within an experiment.
    """
    for name in ("model", "upscaler", "scorer"):
        yield name, getattr(project.report, name) or "."
    for section in project.sections:
        for experiment in section.experiments:
            judge = scorer_field(experiment.technique)
            variants = experiment.variants
            if judge is not None and not any(judge in variant.axes for variant in variants):
                named = getattr(variants[0].technique, judge)
                yield f"{section.name}.{experiment.id}.{judge}", named or "."


def lay_out(copy: ProjectCopy, folder: Path) -> list[str]:
    """Unpack the project into `folder`; return the names of large files that this node lacks."""
    with zipfile.ZipFile(io.BytesIO(copy.content)) as archive:
        archive.extractall(folder)
    if copy.data is not None:
        (folder / copy.data).mkdir(parents=True, exist_ok=True)
    missing = []
    for name, file in copy.large.items():
        path, target = Path(file.path), folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            same = path.stat().st_size == file.size and sha256_of(path) == file.sha256
        except OSError:
            same = False
        if same:
            target.symlink_to(path)
        else:
            missing.append(name)
    return missing


def load_copy(copy: ProjectCopy, folder: Path) -> Project:
    """Load the project unpacked in `folder`, with the command's profile and overrides."""
    with _said_as_a_workers():
        return load_project(
            folder / PROJECT, copy.profile, _overrides(copy, folder), trusted=copy.trusted
        )


def plan_copy(project: Project, store: Store) -> Plan:
    """Plan such a project."""
    with _said_as_a_workers():
        return make_plan(project, store)


def _overrides(copy: ProjectCopy, folder: Path) -> list[str]:
    """The copy's overrides, plus those that point to its embeddings and datasets."""
    overrides = list(copy.overrides)
    if copy.embeddings:
        paths = ", ".join(f'"{folder / name}"' for name in copy.embeddings)
        overrides.append(f"embeddings=[{paths}]")
    if copy.data is not None:
        overrides.append(f'data="{folder / copy.data}"')
        os.environ[DATA_VARIABLE] = str(folder / copy.data)
    return overrides


@contextmanager
def _said_as_a_workers() -> Iterator[None]:
    try:
        yield
    except UserError as error:
        raise UserError(
            f"a worker cannot load its copy of the project: {error}",
            hint="models and scorers outside the project's folder must be at the same path "
            "on every node, or be given as a hub id",
        ) from error


def _files(plan: Plan, store: Store) -> dict[str, Path]:
    """The files to send, by their path in a worker's folder."""
    project = plan.project
    root = project.root
    found = {path for path in (root / FOLDER).glob("*") if path.suffix.lower() in (".yaml", ".yml")}
    if project.trusted:
        found |= set(_tree(root / "techniques"))
    found |= {Path(name) for name in store.memory.asked}
    for run in plan.runs:
        found |= {*run.inputs.values(), *chain(*(files.values() for files in run.files.values()))}
    found.add(root / project.report.rubric)
    found = {Path(os.path.normpath(path)) for path in found}
    files = {
        f"{PROJECT}/{path.relative_to(root).as_posix()}": path
        for path in found
        if path.is_relative_to(root) and OWNED not in path.relative_to(root).parts[:1]
        if path.is_file() and not path.is_relative_to(PACKAGE)
    }
    seen = store.base / RECORD  # the commit at which the report uses each hub model
    if seen.is_file():
        files[f"{PROJECT}/{OWNED}/{RECORD}"] = seen
    for number, path in _embeddings(plan):
        files[f"{OUTSIDE}/embeddings/{number}{path.suffix}"] = path
    return files | {f"{OUTSIDE}/data/{name}": path for name, path in _data_files(plan).items()}


def _embeddings(plan: Plan) -> Iterable[tuple[int, Path]]:
    return enumerate(plan.project.embeddings)


def _data_files(plan: Plan) -> dict[str, Path]:
    """The runs' dataset files in the folder named by report.yaml or the environment."""
    variable = os.environ.get(DATA_VARIABLE)
    named = asked_datasets(plan.runs)
    found: dict[str, Path] = {}
    for folder in filter(None, (plan.project.data, Path(variable) if variable else None)):
        for name in named & FILES.keys():
            for file in FILES[name]:
                for candidate in (folder / name / file, folder / file):
                    if candidate.is_file():
                        found.setdefault(f"{name}/{file}", candidate)
    return found


def _tree(folder: Path, above: Sequence[Path] = ()) -> Iterator[Path]:
    """The files below a folder, following links except those to a parent."""
    place = folder.resolve()
    if place in above or not folder.is_dir():
        return
    for path in folder.iterdir():
        if not path.is_dir():
            yield path
        elif path.name != "__pycache__" and not path.name.startswith("."):
            yield from _tree(path, (*above, place))
