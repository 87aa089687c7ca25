"""A build that found nothing to do, remembered by all that it looked at.

A later build with the same arguments that finds all of it as it was has the same answer, without a
spec being read. What a build looks at is more than what decides, so the answer is sometimes worked
out again without need, and never taken over wrongly. A file is known by its size, times, inode and
device together, a spec by its content, a folder by the names in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from fwd_report.errors import say
from fwd_report.project_folder import project_folder
from fwd_report.sources import BEGAN_NS, installed, stamp_in
from fwd_report.store.memory import ABSENT, SETTLED_NS, Memory, digest_of, memory_of

if TYPE_CHECKING:
    from fwd_report.plan.plan import Plan
    from fwd_report.store.store import Store

NOTHING, CURRENT = "nothing to run", "pages are up to date"
"""What such a build says."""
SPECS = "experiments"
OWN = (SPECS, "site_templates", "techniques")
"""Folders of a project that are looked at as a whole; docs/ is too, but for what is generated."""
VARIABLES = (
    "FWD_REPORT_",
    "HF_",
    "XDG_",
    "HOME",
    "USERPROFILE",
    "PYTHON",
    "PYDANTIC_",
    "LANG",
    "LC_",
)
"""How the names of environment variables begin that say where something lies or how it is read."""
PASSING = ("__pycache__", ".git", ".fwd-report")
"""Names in folders that come and go, and change nothing."""


@dataclass(frozen=True)
class Looked:
    """What a build looked at. files: by path, known by signs. specs: files known by content.

    folders: known by the names in them. git: whether git was asked where the pages are shown.
    """

    files: Sequence[str]
    specs: Sequence[str]
    folders: Sequence[str]
    git: bool

    def digest(self, root: Path, name: str) -> str:
        """Of all of it as it is now. name: of what the build was asked to do."""
        found = hashlib.sha256(f"{name} {installed()}\n".encode())
        for kind, paths, look in (
            ("files", self.files, _state),
            ("specs", self.specs, _content),
            ("folders", self.folders, _names),
        ):
            lines = "".join(f"{path}\0{look(path)}\n" for path in paths)
            found.update(f"{kind}\n{lines}".encode("utf-8", "surrogateescape"))
        if self.git:
            from fwd_report.site.address import remote_address

            found.update(str(remote_address(root)).encode())
        return found.hexdigest()


def said_again(command: Sequence[str]) -> bool:
    """Say what a build that found nothing to do said, where this one need not look again.

    command: the arguments of `fwd-report`. False: it has to find out by itself.
    """
    root = _root(command)
    warnings = None if root is None else _warnings_of_same(root, command)
    if warnings is None:
        return False
    try:
        for warning in warnings:
            say(f"warning: {warning}", err=True)
        say(f"{NOTHING}; {CURRENT}")
    except OSError as error:  # nobody reads what is said, or the disk it goes to is full
        say(error, err=True)
        sys.exit(1)
    return True


def _warnings_of_same(root: Path, command: Sequence[str]) -> list[str] | None:
    memory = memory_of(root)
    name = _name(root, command)
    try:
        looked = Looked(**json.loads(memory.get(name) or b""))
        warnings = json.loads(memory.get(looked.digest(root, name)) or b"")
    except (ValueError, TypeError, RecursionError):
        return None
    return warnings if isinstance(warnings, list) else None


def remember_nothing_to_do(
    command: Sequence[str], plan: Plan, store: Store, warnings: Sequence[str]
) -> None:
    """Remember that a build with these arguments found nothing to do, and warned of this.

    Not if anything it looked at changed after this process began, or just before: what is there
    now may not be what was read.
    """
    root = plan.project.root
    looked = _looked(plan, store)
    name = _name(root, command)
    if _root(command) != root or looked is None or not _settled(looked, store.memory):
        return
    store.memory.put(name, json.dumps(asdict(looked)).encode())
    store.memory.put(looked.digest(root, name), json.dumps(warnings).encode())


def _root(command: Sequence[str]) -> Path | None:
    """The project that a build is of; None for other commands.

    Where that is not the one the command will find, nothing is remembered of it there.
    """
    if list(command[:1]) != ["build"]:
        return None
    named = Path()
    for option, value in pairwise([*command, ""]):
        if option in ("-C", "--project"):
            named = Path(value)
        elif option.startswith("--project="):
            named = Path(option.partition("=")[2])
    try:
        return project_folder(named).resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def _name(root: Path, command: Sequence[str]) -> str:
    """What a build is asked to do, where, by whom and under which settings of the system."""
    environment = {name: value for name, value in os.environ.items() if name.startswith(VARIABLES)}
    user = os.getuid() if hasattr(os, "getuid") else None
    return digest_of(
        "nothing to do", str(root), _present_folder(), command, environment, user, sys.path
    )


def _looked(plan: Plan, store: Store) -> Looked | None:
    """All that the plan, the pages and the code of this process were made from.

    None where that cannot be said: of a model of the hub that is not on this machine, and of a
    plug-in, which may look at anything.
    """
    from fwd_report.models.names import resolve_scorer
    from fwd_report.plan.stages import stage_models, stage_names
    from fwd_report.site.page_folders import OWNED as GENERATED
    from fwd_report.site.render_record import record_files
    from fwd_report.store.manifest import MANIFEST

    project = plan.project
    if project.plugins.imported_packages or any(run.plugged for run in plan.runs):
        return None
    root, docs = project.root, project.root / "docs"
    scorers = {run.scorer for run in plan.runs if run.scorer is not None}
    files = {*store.memory.asked, *map(str, record_files(root)), str(root / project.report.rubric)}
    files |= {f"{store.folder(run.key)}{os.sep}{MANIFEST}" for run in plan.runs}
    files |= {module.__file__ or "" for module in list(sys.modules.values()) if _has_file(module)}
    if project.data is not None:
        files.add(str(project.data))
    # A folder of a model's name would be taken for the model.
    names = {*stage_names(project).values(), *scorers}
    folders = {str(root), *(place or _present_folder() for place in sys.path)}
    folders |= {str(root / os.path.expanduser(name)) for name in names}
    models = [*stage_models(project).values(), *(resolve_scorer(name, root) for name in scorers)]
    trees = [*(root / name for name in OWN), Path(__file__).parent]
    for model in models:
        places = _places(model)
        if places is None:
            return None
        trees += places
    for folder in trees:
        _walk(folder, files, folders)
    _walk(docs, files, folders, without=docs / GENERATED)
    specs = {
        file for file in files if os.path.dirname(file) == str(root / SPECS) and _is_spec(file)
    }
    git = project.report.site_url is None
    return Looked(sorted(files - specs), sorted(specs), sorted(folders), git)


def _present_folder() -> str:
    """The present folder; "" where it has been deleted."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _has_file(module: ModuleType) -> bool:
    return isinstance(getattr(module, "__file__", None), str)


def _is_spec(file: str) -> bool:
    return file.lower().endswith((".yaml", ".yml"))


def _places(model: Path | str) -> list[Path] | None:
    """The folders that say what a model is."""
    if isinstance(model, Path):
        return [model]
    from fwd_report.models import hub

    snapshot = hub.snapshot(model)
    return None if snapshot is None else [snapshot, snapshot.parents[1] / "refs"]


def _walk(folder: Path, files: set[str], folders: set[str], without: Path | None = None) -> None:
    """Add a folder and all that is in it, behind links too."""
    folders.add(str(folder))
    met: set[str] = set()
    for place, below, inside in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in met:
            below.clear()
            continue
        met.add(real)
        below[:] = [name for name in below if name not in PASSING and Path(place, name) != without]
        folders.update(os.path.join(place, name) for name in below)
        files.update(os.path.join(place, name) for name in inside)


def _settled(looked: Looked, memory: Memory) -> bool:
    """Whether all of it was as it is now since well before this process began."""
    for path in (*looked.files, *looked.specs, *looked.folders):
        try:
            found = os.stat(path)
        except OSError:
            continue
        if max(found.st_mtime_ns, found.st_ctime_ns) > BEGAN_NS - SETTLED_NS:
            return False
    return all(_state(path) == sign for path, sign in memory.asked.items())


def _state(path: str) -> str:
    try:
        found = os.stat(path)
    except OSError:
        return ABSENT
    return "folder" if stat.S_ISDIR(found.st_mode) else stamp_in(found)


def _content(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ABSENT


def _names(folder: str) -> str:
    try:
        return "\0".join(sorted(name for name in os.listdir(folder) if name not in PASSING))
    except OSError:
        return ABSENT
