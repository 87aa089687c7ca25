"""The starter's `gpu` profile on a CPU: its settings made small, what is trained above all."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from fwd_report.spec.load import load_project

ROOT = Path(__file__).parents[2]
SMALL = {"steps": 2, "examples": 64, "hidden": 4, "batch": 64}
"""What fields of experiments are set to; those of learning stay, for pages name their epochs."""
LATE = 21
"""Steps of what starts within its walk: the starter's last `i_start` is 20."""
PROMPT = re.compile(r"\b(?:prompt|flipped|low|high)(?:@gpu)?: ([^,}\n{]+)")


def words() -> list[str]:
    """What the starter's prompts say, as lines of its specs, for a tokenizer to learn."""
    files = sorted((ROOT / "experiments").glob("*.yaml"))
    return [line for file in files for line in PROMPT.findall(file.read_text(encoding="utf-8"))]


def small(names: Collection[str]) -> list[str]:
    """`--set` options that scale the profile down, of the sections of these names."""
    values = []
    for section in load_project(ROOT, "gpu").sections:
        if section.name not in names:
            continue
        for experiment in section.experiments:
            known = experiment.technique.model_fields.keys()
            fields = SMALL.keys() & known
            values_of = {**SMALL, "steps": LATE} if "i_start" in known else SMALL
            place = f"{section.name}.{experiment.id}"
            for name in sorted(fields):
                tried = {getattr(variant.technique, name) for variant in experiment.variants}
                swept = len(tried) > 1
                values.append(
                    f"{place}.sweep.{name}=[2, 3]" if swept else f"{place}.{name}={values_of[name]}"
                )
    return [word for value in values for word in ("--set", value)]


def sections(part: str = "") -> list[str]:
    """The names of the sections of a part, or of all."""
    found = load_project(ROOT, "gpu").sections
    return [section.name for section in found if part in ("", section.part)]
