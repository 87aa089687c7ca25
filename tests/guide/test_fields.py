"""Every technique and every field of one stands in the guide."""

from __future__ import annotations

import pytest
from tests.helpers.guide import PAGES

from fwd_report.techniques.registry import all_techniques

TABLES = "".join(
    PAGES[page].read_text(encoding="utf-8") for page in ("techniques.md", "training.md")
)
EVERYWHERE = {
    "crop", "fit", "dynamic_thresholding", "dataset", "sampler", "eta", "timesteps", "spacing",
    "negative_prompt", "guidance_rescale", "guidance_interval",
}  # fmt: skip
"""Fields that the page explains once for all techniques."""


def test_every_technique_stands_in_the_guide() -> None:
    assert [name for name in all_techniques() if f"`{name}`" not in TABLES] == []


@pytest.mark.parametrize("name", sorted(all_techniques()))
def test_every_field_stands_in_the_guide_beside_its_technique(name: str) -> None:
    rows = [row for row in TABLES.splitlines() if row.startswith(f"| `{name}`")]
    section = TABLES.partition("## Fields of `train`")[2].partition("\n## ")[0]
    beside = "\n".join(rows) + (section if name == "train" else "")
    fields = all_techniques()[name].model_fields.keys() - EVERYWHERE
    assert [field for field in sorted(fields) if f"`{field}" not in beside] == []
