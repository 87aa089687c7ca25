"""The starter writeup: this repository's own experiments, templates and mkdocs.yml."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from fwd_report.errors import UserError
from fwd_report.packaged import starter_folder
from fwd_report.part_of_rubric import write_part
from fwd_report.project_folder import PARTS, REPORT_FILE
from fwd_report.spec.project import FOLDER, REPORT
from fwd_report.spec.rubric import NONE, load_rubric
from fwd_report.spec.schema import write_schemas
from fwd_report.spec.suggest import did_you_mean
from fwd_report.starter_files import write_project_files
from fwd_report.store.folders import OWNED
from fwd_report.techniques.registry import all_techniques
from fwd_report.yaml_text import yaml_text

SURROUNDINGS = ("site_templates", "mkdocs.yml")
"""What a writeup has beside its experiments."""
NEW = "name a new folder: fwd-report init my-report"
NEW_BESIDE = "name a folder outside of it; `fwd-report build` finds the writeup above by itself"
IGNORED = shutil.ignore_patterns("__pycache__", ".*")


def copy_starter(folder: Path, only: Sequence[str] = ()) -> tuple[str, ...]:
    """Copy the starter, or the sections named, into a folder that has none of its files.

    Returns the names of sections that were added because a named one refers or links to them.
    Raises UserError if one of the files is there, so that nothing is ever overwritten, and for a
    section that the starter does not have.
    """
    sections = {
        path.stem: path
        for path in (starter_folder() / FOLDER).glob("*.yaml")
        if path.stem != REPORT
    }
    for name in only:
        if name not in sections:
            raise UserError(
                f"the starter has no section '{name}'",
                hint=did_you_mean(name, sections) or f"it has: {', '.join(sorted(sections))}",
            )
    chosen = with_referenced(only or sections, sections)
    with new_project(folder) as made:
        _copy(FOLDER, made)
        report = made / FOLDER / f"{REPORT}.yaml"
        _rewrite(report, author="")
        if chosen != sections.keys():
            _leave(made, {name: sections[name] for name in sections if name in chosen})
    return tuple(sorted(chosen - set(only or sections)))


@contextmanager
def new_project(folder: Path) -> Iterator[Path]:
    """All of a writeup but its experiments, which the caller writes, in a folder aside; in the end
    its files go to `folder`, whose other files stay as they are.

    Raises UserError if one of the files is there already, or the folder cannot be written.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise UserError(f"{folder} is not a folder", hint=NEW)
    if (part := _part_of_a_writeup(folder)) is not None:
        raise UserError(
            f"{folder} lies in {part}, which is part of another writeup", hint=NEW_BESIDE
        )
    try:
        with TemporaryDirectory() as aside:
            made = Path(aside)
            for name in SURROUNDINGS:
                _copy(name, made)
            write_project_files(made, starter_folder() / "constraints.txt")
            yield made
            write_schemas(made)
            _move(made, folder)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}") from error


def _part_of_a_writeup(folder: Path) -> Path | None:
    """The part of a writeup that the folder is or lies in; None if it lies in none. A folder beside
    those parts may hold a writeup of its own.
    """
    place = folder.resolve()
    for path in (place, *place.parents):
        if path.name in PARTS and (path.parent / REPORT_FILE).is_file():
            return path
    return None


def _move(made: Path, folder: Path) -> None:
    """Copy all files to the folder, if nothing of the user's is in their place.

    What an interrupted call left is completed: report.yaml, which makes a folder a writeup, is
    copied last. Raises UserError.
    """
    files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    files.sort(key=REPORT_FILE.__eq__)
    there = dict.fromkeys(path for file in files for path in _in_the_way(made, folder, file))
    if there:
        few = ", ".join(map(str, [*there][:3]))
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise UserError(f"{folder} has files that a new writeup has too: {few}{more}", hint=NEW)
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        copy_file(made / file, folder / file)


def copy_file(source: Path, to: Path) -> None:
    """Copy a file so that its new place never holds a part of it."""
    part = to.with_name(f".{to.name}.part")
    shutil.copy2(source, part)
    part.replace(to)


def _in_the_way(made: Path, folder: Path, file: Path) -> Iterator[Path]:
    """What is in the folder already where the file, or a folder around it, would go.

    A file that commands write themselves, or with the same content, is in nobody's way. A
    report.yaml is: the folder holds a writeup then.
    """
    for path in (*reversed(file.parents[:-1]), file):
        place = folder / path
        if place.is_symlink() or (place.exists() and place.is_dir() == (path == file)):
            yield path
            return
    if not (folder / file).exists() or file.parts[0] == OWNED:
        return
    if file == REPORT_FILE or (folder / file).read_bytes() != (made / file).read_bytes():
        yield file


def with_referenced(names: Iterable[str], sections: Mapping[str, Path]) -> set[str]:
    """The named sections and all that they need for experiments, numbers in prose, and links."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            text = sections[name].read_text(encoding="utf-8")
            waiting += [other for other in sections if _mentions(text, other)]
    return found


def _mentions(text: str, section: str) -> bool:
    """Whether a spec mentions `section.id`, `report.section`, `report["section"]` or
    `section.md`.
    """
    name = re.escape(section)
    return bool(re.search(rf'(?<![\w.-]){name}\.\w|\breport(\.|\["){name}\b', text))


def _copy(name: str, folder: Path) -> None:
    source = starter_folder() / name
    if source.is_dir():
        shutil.copytree(source, folder / name, ignore=IGNORED)
    elif source.is_file():
        shutil.copy2(source, folder / name)


def _leave(folder: Path, chosen: Mapping[str, Path]) -> None:
    """Keep only these sections of the starter, and adapt report.yaml to them."""
    report = folder / FOLDER / f"{REPORT}.yaml"
    for path in (folder / FOLDER).glob("*.yaml"):
        if path != report and path.stem not in chosen:
            path.unlink()
    rubric = load_rubric(_written(report)["rubric"], folder, [], all_techniques())
    heads = sorted((_written(path) for path in chosen.values()), key=itemgetter("order"))
    covered = {item for head in heads for item in head.get("covers", ())}
    named = write_part(folder, rubric, covered) if rubric is not None else NONE
    titles = [head["title"] for head in heads]
    _rewrite(report, description=f"In this report: {'; '.join(titles)}.", rubric=named)


def _written(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _rewrite(report: Path, **values: str) -> None:
    """Replace values of report.yaml by others, written as plain YAML."""
    text = report.read_text(encoding="utf-8")
    for name, value in values.items():
        line = f"{yaml_text({name: value})}\n".replace("\\", r"\\")
        text = re.sub(rf"^{name}:.*\n(?:[ ].*\n)*", line, text, flags=re.M)
    report.write_text(text, encoding="utf-8")
