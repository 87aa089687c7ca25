"""The prompts that a figure names, where nothing else on the page does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.helpers.fabricate import Fabric, picture
from tests.site.conftest import lay_out

from fwd_report.site.render import render_site
from fwd_report.techniques.sample import Sample


class Drawn(Sample):
    """Sample as the fabric makes it, without fields."""

    prompt: str | None = "a dog"


@pytest.mark.parametrize(
    ("caption", "line"),
    [
        ("Some.", "Prompt: <q>a dog</q>, without: <q>a drawing</q>"),
        ("This is a dog.", "without: <q>a drawing</q>"),
    ],
)
def test_what_a_picture_is_led_away_from_comes_last(
    tmp_path: Path, caption: str, line: str
) -> None:
    lay_out(tmp_path)
    fabric = Fabric(tmp_path)
    technique = Sample(prompt="a dog", negative_prompt="a drawing")
    entry = fabric.entry("page", "one", technique, picture(0, 8), {})
    experiment = fabric.experiment("one", Drawn, [entry], caption=caption)
    render_site(fabric.report(fabric.section("page", "P", [experiment])), tmp_path)
    page = (tmp_path / "docs" / "report" / "page.md").read_text()
    (found,) = re.findall(r'<p class="fwd-notes">(.*?)</p>', page)
    assert found == line
