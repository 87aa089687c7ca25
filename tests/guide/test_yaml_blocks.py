"""Every YAML block of README and the guide loads and plans, in a small project made around it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image
from tests.helpers.guide import ROOT, Block, blocks, blocks_of

from fwd_report.plan.plan import make_plan
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store

EXAMPLE = ROOT / "examples" / "own-techniques"
FRAGMENTS = {
    "own-writeup.md[2]": "title: A\nexperiments:\n  - id: a\n    technique: sdedit\n"
    "    prompt: a rocket\n    image: images/a.png\n    caption: C\n",
    "own-writeup.md[3]": "title: A\nexperiments:\n  - id: a\n    technique: hybrid\n"
    "    caption: C\n",
    "own-writeup.md[4]": "title: A\nexperiments:\n",
    "own-writeup.md[5]": "title: A\nexperiments:\n  - id: blur\n    technique: blur\n"
    "    image: images/a.png\n    caption: C\n",
    "adding-a-technique.md[0]": "title: A\nexperiments:\n",
}
"""What stands above a block that is a part of a file; its own lines are as in the page."""
BELOW = {"own-writeup.md[4]": "    caption: C\n"}
"""What the text around a block says comes after it."""


def written(block: Block) -> str:
    return FRAGMENTS.get(str(block), "") + block.text + BELOW.get(str(block), "")


def kind_of(content: Any) -> str:
    """Which file of a writeup a block is."""
    if content is None:
        return "comment"
    if "items" in content:
        return "rubric"
    return "section" if "experiments" in content else "report"


def pictures_in(content: Any) -> Iterator[tuple[str, str]]:
    """(field, path) of every picture that a section names."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if key in ("image", "mask") and isinstance(value, str):
                yield key, value
            yield from pictures_in(value)
    elif isinstance(content, list):
        for item in content:
            yield from pictures_in(item)


def lay_out(root: Path, block: Block) -> str:
    """Write the block where it belongs, with the pictures it names; which file it is."""
    text = written(block)
    content = yaml.safe_load(text)
    kind = kind_of(content)
    experiments = root / "experiments"
    experiments.mkdir(exist_ok=True)
    report = "title: R\n"
    if kind == "report":
        report = text if "title" in content else report + text
    if kind == "rubric":
        (experiments / "rubrics").mkdir()
        (experiments / "rubrics" / "mine.yaml").write_text(text, encoding="utf-8")
        report += "rubric: experiments/rubrics/mine.yaml\n"
    if kind == "section":
        title = "" if "title" in content else "title: A\n"
        (experiments / "a.yaml").write_text(title + text, encoding="utf-8")
    (experiments / "report.yaml").write_text(report, encoding="utf-8")
    for field, name in pictures_in(content):
        picture = Image.new("L", (64, 64), 0)
        picture.paste(255, (0, 0, 32, 64))
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        picture.convert("L" if field == "mask" else "RGB").save(root / name)
    return kind


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_a_block_loads_and_plans(tmp_path: Path, block: Block) -> None:
    if block.page == "adding-a-technique.md":
        shutil.copytree(EXAMPLE / "techniques", tmp_path / "techniques")
        shutil.copytree(EXAMPLE / "experiments" / "shapes", tmp_path / "experiments" / "shapes")
        chimera = blocks_of("adding-a-technique.md", "python")[0].text
        (tmp_path / "techniques" / "chimera.py").write_text(chimera, encoding="utf-8")
    kind = lay_out(tmp_path, block)
    project = load_project(tmp_path)
    assert not project.warnings
    if kind == "comment":
        assert block.text.strip().startswith(
            "# yaml-language-server: $schema=../.fwd-report/schema/"
        )
    elif kind == "rubric":
        assert project.rubric is not None
        assert [item.id for item in project.rubric.items] == ["1", "2"]
    elif kind == "report":
        said = yaml.safe_load(block.text)
        plain = {key: value for key, value in said.items() if "@" not in key}
        found = {key: getattr(project.report, key) for key in plain}
        several = {key: (plain[key],) for key, value in found.items() if value == (plain[key],)}
        assert found == plain | several, "one value where several may stand is one of a list"
        for profile in {key.partition("@")[2] for key in said if "@" in key}:
            load_project(tmp_path, profile)
    else:
        (section,) = project.sections
        shown = yaml.safe_load(written(block))["experiments"]
        assert [each.id for each in section.experiments] == [each["id"] for each in shown]
        runs = make_plan(project, Store(tmp_path)).runs
        assert {run.experiment for run in runs} == {each["id"] for each in shown}


def test_every_fragment_that_is_completed_is_there() -> None:
    assert {*FRAGMENTS, *BELOW} <= {str(block) for block in blocks("yaml")}
