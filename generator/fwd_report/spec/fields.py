"""The keys of a section's file and of an experiment in it, besides the technique's own fields."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NAME = r"^[a-z0-9][a-z0-9-]*$"
Slug = Annotated[str, StringConstraints(pattern=NAME, max_length=80)]
"""Lower-case letters, digits and hyphens."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""Text that is not blank."""
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Seeds = Annotated[
    tuple[Seed, ...],
    Field(min_length=1, max_length=100_000, json_schema_extra={"uniqueItems": True}),
]
"""Chosen seeds; the loader refuses duplicates."""


class SectionFields(BaseModel):
    """One section of the report: a YAML file, a page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    """The page's heading."""
    order: int = Field(default=1000, gt=-(2**63), lt=2**63)
    """Pages stand in ascending order; equal ones by file name."""
    part: str = ""
    """The heading the page stands under in the navigation, such as "Part A"."""
    covers: tuple[str, ...] = ()
    """The items of the report's rubric that this section answers, such as "1.9"."""
    intro: str = ""
    """Prose before the experiments: Markdown, math between dollars, Jinja over the results."""
    outro: str = ""
    """Prose after the experiments, likewise."""
    experiments: tuple[dict[str, Any], ...] = ()
    """The experiments, in the order of the page."""


class ExperimentFields(BaseModel):
    """One experiment: a figure with a caption. Its technique's fields stand beside these keys."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: Slug
    """The name within the section, for references, prose and links."""
    technique: str
    """What is done: one of the techniques."""
    title: str = ""
    """How the page names it; the id where absent."""
    label: str = ""
    """A short name for the figures and tables of others that show it; the title where absent."""
    caption: str = ""
    """What the figure shows; needed unless `show` is false. Jinja over the results."""
    discussion: str = ""
    """Prose below the figure: what one sees."""
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    """Seed of the first sample; the report's where absent."""
    samples: int = Field(default=1, ge=1, le=100_000)
    """How many times each variant runs; the k-th has seed + k."""
    seeds: Seeds | None = None
    """The seeds of the samples, one by one, instead of `seed` and `samples`: [3, 17, 42]."""
    best_of: int | None = Field(default=None, ge=2, le=10_000)
    """Draw so many samples of each variant and show the best `samples` of them, by the scorer."""
    show: bool = True
    """Whether it has a figure of its own; false: other experiments show its results."""
    metrics: bool = True
    """Whether numbers such as the PSNR stand beneath its pictures."""
    sweep: dict[str, list[Any]] = Field(default_factory=dict)
    """Values to try, by field: every combination runs, the last field as the columns."""
    cases: tuple[dict[str, Any], ...] = ()
    """Sets of fields that change together, each perhaps with a `label`: the rows."""


class SeedFields(BaseModel):
    """What a case may set about seeds; it overrides its experiment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: Seed | None = None
    """Seed of the case's first sample."""
    seeds: Seeds | None = None
    """The seeds of the case's samples, one by one."""


SEED_KEYS = tuple(SeedFields.model_fields)
SECTION_KEYS = tuple(SectionFields.model_fields)
EXPERIMENT_KEYS = tuple(ExperimentFields.model_fields)
