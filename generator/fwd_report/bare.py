"""A writeup with every section of a rubric: its specs, and questions in place of prose."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fwd_report.errors import Problem, UserError
from fwd_report.packaged import starter_folder
from fwd_report.part_of_rubric import write_part
from fwd_report.site.borrowed import PLACEHOLDER
from fwd_report.spec.project import FOLDER, REPORT
from fwd_report.spec.rubric import Rubric, load_rubric, read_rubric, shipped
from fwd_report.spec.suggest import did_you_mean
from fwd_report.starter import new_project
from fwd_report.techniques.base import InputFile, marked_fields
from fwd_report.techniques.registry import all_techniques
from fwd_report.yaml_text import yaml_text

DEFAULT = "cs180-fa25"
CAPTION = "TODO: What does this figure show?"
DESCRIPTION = "TODO: What does this report show?"
SIDE = 256
"""Pixels of a placeholder picture's side."""


@dataclass
class _Section:
    """A section to be written: the ids of its items, its questions and its experiments."""

    title: str
    part: str
    covers: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    experiments: list[dict[str, Any]] = field(default_factory=list)


def start_bare(folder: Path, named: str = DEFAULT, only: Sequence[str] = ()) -> tuple[str, ...]:
    """Make the writeup in a folder that has none of its files; returns the sections' names.

    named: a rubric of the package, or the path of a file, which is copied along. Raises UserError
    if one of them is there, for a rubric that is not there or wrong, and for a section
    that it does not have.
    """
    rubric, own = _rubric(named)
    sections = _sections(rubric)
    for name in only:
        if name not in sections:
            hint = did_you_mean(name, sections) or f"it has: {', '.join(sections)}"
            raise UserError(f"the rubric {named} has no section '{name}'", hint=hint)
    chosen = {name: section for name, section in sections.items() if name in (only or sections)}
    with new_project(folder) as made:
        experiments = made / FOLDER
        experiments.mkdir()
        if len(chosen) < len(sections):
            covered = [item for section in chosen.values() for item in section.covers]
            named = write_part(made, rubric, covered)
        elif own is not None:
            (experiments / "rubrics").mkdir()
            (experiments / "rubrics" / own.name).write_bytes(own.read_bytes())
            named = f"{FOLDER}/rubrics/{own.name}"
        (experiments / f"{REPORT}.yaml").write_text(_report(named), encoding="utf-8")
        for number, (name, section) in enumerate(chosen.items(), start=1):
            text = _written(name, section, 10 * number)
            (experiments / f"{name}.yaml").write_text(text, encoding="utf-8")
        for file, kind in dict(_pictures(chosen)).items():
            path = made / file
            path.parent.mkdir(parents=True, exist_ok=True)
            draw_placeholder(path, kind)
    return tuple(chosen)


def draw_placeholder(path: Path, kind: str) -> None:
    """A picture (or a mask) that tells people, and `check`, that it is to be replaced."""
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    if kind == "mask":
        picture = Image.new("L", (SIDE, SIDE))
        ImageDraw.Draw(picture).rectangle((SIDE // 4, SIDE // 4, 3 * SIDE // 4, 3 * SIDE // 4), 255)
    else:
        hue = hashlib.sha256(path.name.encode()).digest()[0]
        picture = Image.new("HSV", (SIDE, SIDE), (hue, 60, 220)).convert("RGB")
        draw = ImageDraw.Draw(picture)
        for x in range(-SIDE, SIDE, 32):
            draw.line((x, SIDE, x + SIDE, 0), fill=(200, 200, 200), width=6)
        for y, words, size in ((80, "REPLACE ME", 34), (140, path.stem, 22)):
            draw.text((SIDE / 2, y), words, fill="black", anchor="ma", font_size=size)
    marked = PngInfo()
    marked.add_text("Comment", PLACEHOLDER.decode())
    picture.save(path, pnginfo=marked)


def _rubric(named: str) -> tuple[Rubric, Path | None]:
    """The rubric, and its file if it is the user's own."""
    problems: list[Problem] = []
    techniques = all_techniques()
    path = Path(named)
    own = path if named not in shipped() and path.is_file() else None
    try:
        if own is not None:
            rubric = read_rubric(own, own, problems, techniques)
        else:
            rubric = load_rubric(named, Path(), problems, techniques)
    except LookupError as error:
        raise UserError(f"there is no rubric '{named}'", hint=str(error)) from error
    if rubric is None:
        raise UserError(problems)
    return rubric, own


def _sections(rubric: Rubric) -> dict[str, _Section]:
    found: dict[str, _Section] = {}
    for item in rubric.items:
        name = item.section or re.sub(r"[^a-z0-9]+", "-", item.title.lower()).strip("-")
        section = found.setdefault(name, _Section(item.title, item.part))
        section.covers.append(item.id)
        section.questions.append(item.question or f"{item.text.rstrip('. ?')}: what do you see?")
        section.experiments += [dict(experiment) for experiment in item.start]
    return found


def _report(rubric: str) -> str:
    """The starter's report.yaml without its texts."""
    text = (starter_folder() / FOLDER / f"{REPORT}.yaml").read_text(encoding="utf-8")
    text = re.sub(r"^author:.*$", 'author: ""', text, flags=re.M)
    description = f'description: "{DESCRIPTION}"\n'
    text = re.sub(r"^description:.*\n(?:[ ].*\n)*", description, text, flags=re.M)
    return re.sub(r"^rubric:.*$", f"rubric: {rubric}", text, flags=re.M)


def _written(name: str, section: _Section, order: int) -> str:
    """A section's file."""
    head = {"title": section.title, "order": order, "part": section.part, "covers": section.covers}
    lines = [
        f"# rerun with: fwd-report build --only {name}",
        "# yaml-language-server: $schema=../.fwd-report/schema/section.json",
        yaml_text({key: value for key, value in head.items() if value}),
        "intro: |",
        "\n".join(f"  TODO: {question}\n" for question in section.questions).rstrip(),
    ]
    experiments = [
        experiment if experiment.get("show") is False else {**experiment, "caption": CAPTION}
        for experiment in section.experiments
    ]
    if experiments:
        dumped = yaml_text(experiments).splitlines()
        lines += ["experiments:", *(f"  {line}" for line in dumped)]
    return "\n".join(lines) + "\n"


def _pictures(sections: Mapping[str, _Section]) -> Iterator[tuple[str, str]]:
    """(file, kind) of every picture that the experiments read."""
    techniques = all_techniques()
    for section in sections.values():
        for experiment in section.experiments:
            files = marked_fields(techniques[experiment["technique"]], InputFile)
            for values in (experiment, *experiment.get("cases", ())):
                for name, marker in files.items():
                    if isinstance(values.get(name), str):
                        yield values[name], marker.kind
