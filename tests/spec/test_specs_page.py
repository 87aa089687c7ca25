"""The page on specs in the guide: its sections load, and its tables have every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.spec.conftest import Writeup

from fwd_report.spec.fields import ExperimentFields, SectionFields
from fwd_report.spec.load import load_project
from fwd_report.spec.project import ReportSpec

PAGE = (Path(__file__).parents[2] / "docs" / "guide" / "specs.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"```yaml\n(title: .*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", SECTIONS, ids=[text.splitlines()[0] for text in SECTIONS])
@pytest.mark.parametrize("profile", ["embedded", "gpu"])
def test_the_examples_load(writeup: Writeup, text: str, profile: str) -> None:
    writeup.draw("experiments/images/tower.png", (64, 64), lambda draw: None)
    writeup.write("example.yaml", text)
    (section,) = load_project(writeup.root, profile).sections
    assert section.experiments


def test_every_key_is_in_a_table() -> None:
    for model in (ReportSpec, SectionFields, ExperimentFields):
        for name in model.model_fields:
            assert re.search(rf"^\|[^|]*`{name}`", PAGE, re.MULTILINE), name
