"""The plug-ins that make a run's result: their modules, packages and files, for its key."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fwd_report.errors import UserError, as_code
from fwd_report.plugins.folder import PREFIX
from fwd_report.plugins.named import Named, named_in
from fwd_report.plugins.offered import Offer
from fwd_report.plugins.offers import Plugins
from fwd_report.plugins.packages import digest_of_sources
from fwd_report.spec.project import Project
from fwd_report.store.files import sha256_of
from fwd_report.techniques.base import Technique, marked_fields

_NO_PACKAGES = frozenset({"fwd_report", "pydantic", "builtins", "abc", "typing"})
"""Packages that define classes but no plug-ins."""


@dataclass(frozen=True)
class Plugged:
    """The plug-ins that a run uses. definitions: (module, name) of each that its fields name.

    bases: (module, name) of its technique's classes from installed packages. packages: versions by
    distribution. files: what they read, by field and name.
    """

    definitions: tuple[tuple[str, str], ...] = ()
    bases: tuple[tuple[str, str], ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    where: tuple[str, ...] = ()


def offers_of(plugins: Plugins, technique: Technique) -> Iterator[tuple[str, Offer]]:
    """The plug-ins that a technique's fields name, each with its field."""
    for name, kind, value in named_in(technique, marked_fields(type(technique), Named)):
        if kind != "scorers" or is_plugged_scorer(plugins, value):
            offer = plugins.offer(kind, value)
            if offer is not None:
                yield name, offer


def is_plugged_scorer(plugins: Plugins, name: str) -> bool:
    """Whether a scorer's name is that of a plug-in, and not a folder or a hub id.

    The project's own plug-ins come before its folders, and those before installed packages.
    """
    if not name.isidentifier() or name in plugins.own("scorers"):
        return name in plugins.own("scorers")
    folder = (plugins.root or Path()) / name
    return not os.path.isdir(folder) and plugins.offer("scorers", name) is not None


def used_offers(project: Project) -> dict[str, Offer]:
    """Every plug-in of an installed package that the project's specs name, by its target."""
    plugins = project.plugins
    found: dict[str, Offer] = {}
    for section in project.sections:
        for experiment in section.experiments:
            offers = list(_packaged_bases(plugins, experiment.technique).values())
            for variant in experiment.variants:
                offers += [offer for _, offer in offers_of(plugins, variant.technique)]
            found |= {str(offer.entry): offer for offer in offers if offer.entry}
    for kind, name in (("datasets", project.report.dataset), ("scorers", project.report.scorer)):
        if kind != "scorers" or is_plugged_scorer(plugins, name):
            offer = plugins.offer(kind, name)
            if offer is not None and offer.entry is not None:
                found[str(offer.entry)] = offer
    return found


def digest_of_plugins(project: Project) -> str:
    """A digest of all plug-ins that can change a project's pages: the same wherever it lies."""
    own = project.plugins.folder.digest if project.plugins.folder is not None else ""
    offers = used_offers(project)
    packages = [name + digest_of_sources(offers[name].module) for name in sorted(offers)]
    return hashlib.sha256("\n".join([own, *packages]).encode()).hexdigest()


def plugged_into(
    project: Project,
    technique: Technique,
    trained: Technique | None,
    known: dict[Offer, Mapping[str, Path]],
) -> Plugged:
    """The plug-ins that make the results of a technique, including the technique itself.

    trained: the training whose network it uses. known: caches the files of each plug-in. Raises
    UserError for a plug-in that is broken, or names files that do not exist.
    """
    plugins = project.plugins
    named = list(offers_of(plugins, technique))
    if trained is not None:
        asked = offers_of(plugins, trained)
        named += [(name, offer) for name, offer in asked if offer.kind != "datasets"]
    bases = _packaged_bases(plugins, type(technique))
    packages = {}
    for offer in (*bases.values(), *(offer for _, offer in named)):
        if offer.entry is not None:
            packages[offer.entry.distribution] = offer.entry.version
    where = [offer.where for _, offer in named]
    if not type(technique).__module__.startswith("fwd_report."):
        where.append(plugins.where[technique.name])
    return Plugged(
        tuple((offer.module, offer.attribute) for _, offer in named),
        tuple((each.__module__, each.__qualname__) for each in bases),
        dict(sorted(packages.items())),
        {name: files for name, offer in named if (files := _files_of(plugins, offer, known))},
        tuple(dict.fromkeys(where)),
    )


def digest_of_files(files: Mapping[str, Path], sha: Callable[[Path], str] = sha256_of) -> str:
    """SHA-256 over names and contents: the same wherever a project lies."""
    lines = (f"{name}\0{sha(path)}\n" for name, path in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _packaged_bases(plugins: Plugins, technique: type[Technique]) -> dict[type, Offer]:
    """The classes of a technique, itself included, that packages with plug-ins define.

    Each with something that its package offers.
    """
    tops = {each: each.__module__.partition(".")[0] for each in technique.__mro__}
    if all(top in _NO_PACKAGES or top.startswith(PREFIX) for top in tops.values()):
        return {}
    offers = {offer.module.partition(".")[0]: offer for offer in plugins.packaged.values()}
    return {each: offers[top] for each, top in tops.items() if top in offers}


def _files_of(
    plugins: Plugins, offer: Offer, known: dict[Offer, Mapping[str, Path]]
) -> Mapping[str, Path]:
    if offer not in known:
        known[offer] = _files(plugins, offer)
    return known[offer]


def _files(plugins: Plugins, offer: Offer) -> dict[str, Path]:
    """The files that a dataset or a scorer names, by their path in the project."""
    if offer.kind not in ("datasets", "scorers"):
        return {}
    root = plugins.root or Path()
    has_files = hasattr(plugins.load(offer.kind, offer.name), "files")
    named = plugins.ask(offer.kind, offer.name, "files") if has_files else ()
    found: dict[str, Path] = {}
    for path in _listed(named, offer):
        whole = root / path
        if not whole.is_file():
            raise UserError(
                f"{offer.where}: {offer.name}.files names {path}, which is no file",
                hint="it returns the files that its content is read from, each by its path",
            )
        found[os.path.relpath(whole, root).replace(os.sep, "/")] = whole
    if not found and offer.kind == "datasets":
        raise UserError(
            f"{offer.where}: {offer.name}.files names no file",
            hint="it returns the files that its content is read from; are they where it looks?",
        )
    return found


def _listed(named: Any, offer: Offer) -> list[Path]:
    listed = list(named) if isinstance(named, Iterable) and not isinstance(named, str) else [named]
    if isinstance(named, str) or not all(isinstance(path, (str, os.PathLike)) for path in listed):
        raise UserError(
            f"{offer.where}: {offer.name}.files returns no list of paths: {as_code(named)}"
        )
    return [Path(path) for path in listed]
