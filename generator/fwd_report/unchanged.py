"""Remembers that a build found nothing to do, under everything that it looked at.

A later build with the same arguments that finds all of this unchanged has the same answer, and
reads no spec. A build looks at more than what decides the answer, so the answer is sometimes worked
out again needlessly, but never wrong. A file is identified by size, times, inode and device
together, a spec by its content, a folder by the names in it.
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
"""What such a build prints."""
SPECS = "experiments"
OWN = (SPECS, "site_templates", "techniques")
"""Folders of a project that are looked at as a whole; so is docs/, except for what is generated."""
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
"""Prefixes of the environment variables that influence where something is or how it is read."""
PASSING = ("__pycache__", ".git", ".fwd-report")
"""Names in folders that come and go without changing anything."""


@dataclass(frozen=True)
class Looked:
    """What a build looked at.

    files: identified by size, times, inode and device. specs: files identified by content. folders:
    identified by the names in them. git: whether git was asked for the address of the pages.
    """

    files: Sequence[str]
    specs: Sequence[str]
    folders: Sequence[str]
    git: bool

    def digest(self, root: Path, name: str) -> str:
        """A digest of all of it as it is now. name: identifies what the build was asked to do."""
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
    """Print again what a build that found nothing to do printed, if nothing has changed since.

    command: the arguments of `fwd-report`. Returns False if the build has to find out for itself.
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
    """Remember that a build with these arguments found nothing to do, and its warnings.

    Not if anything it looked at changed after this process began, or just before: what is there now
    may not be what was read.
    """
    root = plan.project.root
    looked = _looked(plan, store)
    name = _name(root, command)
    if _root(command) != root or looked is None or not _settled(looked, store.memory):
        return
    store.memory.put(name, json.dumps(asdict(looked)).encode())
    store.memory.put(looked.digest(root, name), json.dumps(warnings).encode())


def _root(command: Sequence[str]) -> Path | None:
    """The project that a build is for; None for other commands.

    If this is not the project that the command finds itself, nothing is remembered.
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
    """A digest of what a build is asked to do, where, by whom and under which system settings."""
    environment = {name: value for name, value in os.environ.items() if name.startswith(VARIABLES)}
    user = os.getuid() if hasattr(os, "getuid") else None
    return digest_of(
        "nothing to do", str(root), _present_folder(), command, environment, user, sys.path
    )


def _looked(plan: Plan, store: Store) -> Looked | None:
    """All that the plan, the pages and the code of this process were made from.

    None if that is not known: with a hub model that is not on this machine, or a plug-in, which may
    look at anything.
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
    """The current folder; "" if it has been deleted."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _has_file(module: ModuleType) -> bool:
    return isinstance(getattr(module, "__file__", None), str)


def _is_spec(file: str) -> bool:
    return file.lower().endswith((".yaml", ".yml"))


def _places(model: Path | str) -> list[Path] | None:
    """The folders that determine what a model is."""
    if isinstance(model, Path):
        return [model]
    from fwd_report.models import hub

    snapshot = hub.snapshot(model)
    return None if snapshot is None else [snapshot, snapshot.parents[1] / "refs"]


def _walk(folder: Path, files: set[str], folders: set[str], without: Path | None = None) -> None:
    """Add a folder and everything in it, following links."""
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
    """Whether all of it has been unchanged since well before this process began."""
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
