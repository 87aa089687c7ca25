"""The typed content of `report.yaml` and of a section's file, after profiles are resolved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from fwd_report.errors import Problem
from fwd_report.plugins.offers import NOTHING, Plugins
from fwd_report.spec.fields import Slug, Text
from fwd_report.spec.rubric import NONE, Rubric
from fwd_report.store.addresses import public_objection
from fwd_report.techniques.base import Technique
from fwd_report.training.catalogue import DatasetName

FOLDER = "experiments"
"""The project's folder of specs."""
REPORT = "report"
"""The stem of report.yaml, and its name for `Project.problem`."""
SCHEMA_NAMES = ("section", "report", "rubric")
SCHEMAS = ".fwd-report/schema"
"""Where the first lines of specs tell editors to find their JSON Schema."""


def _several(value: Any) -> Any:
    """One name as a list, where several are allowed."""
    return (value,) if isinstance(value, str) else value


def _remote(text: str) -> str:
    """An address of a remote, as it is written."""
    if (wrong := public_objection(text)) is not None:
        raise ValueError(wrong)
    return text


class ReportSpec(BaseModel):
    """`report.yaml`: what holds for the whole report. Any field may be written `field@profile`."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    title: Text
    author: str = ""
    description: str = ""
    site_url: str | None = Field(default=None, pattern=r"^https?://[^\s/?#]+(?:/[^\s?#]*)?$")
    """The address the site is read at; None: what the git remote or docs/CNAME says."""
    seed: int = Field(default=180, ge=0, lt=2**63)
    model: str = "emoji-if"
    """The embedded model's name, a folder in diffusers' IF layout, or a hub id: stage I."""
    upscaler: str | None = None
    """Stage II, likewise; None: the embedded model's own, or none."""
    embeddings: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    """Files of encoded prompts, .pth or .safetensors; with them no text encoder is loaded."""
    scorer: str = "emoji-if"
    """What tells whether pictures show their prompts: the embedded model's scorer, or a folder or
    hub id of a CLIP model in transformers' layout."""
    dataset: DatasetName = "digits"
    data: str | None = None
    """A folder with dataset files, looked in before anything is downloaded."""
    rubric: str = NONE
    """The assignment that `covers` speaks of: a rubric that comes with the package, the file of one
    of your own, or none."""
    profiles: tuple[Slug, ...] = Field(default=("embedded", "gpu"), min_length=1)
    """The profiles a field may name; the first is the default."""
    device: str = "auto"
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    tf32: bool = False
    """Whether GPUs may round float32 to TF32 in products and convolutions: faster, less exact."""
    batch: int | None = Field(default=None, ge=1, le=100_000)
    """Most queries a batch; None: chosen by device and memory."""
    deterministic: bool = False
    """Equal bytes on equal machines, for time: every query a batch of its own, in one thread, by
    deterministic algorithms. It is no part of the keys."""
    store: Annotated[
        tuple[Annotated[str, AfterValidator(_remote)], ...], BeforeValidator(_several)
    ] = ()
    """Remotes that have results: folders, or URLs such as s3://bucket/report. What is there is not
    run again."""
    push: bool = False
    """Whether a build sends what it ran to those remotes."""


@dataclass(frozen=True)
class Variant:
    """One combination of an experiment's cases and sweep: its axes and validated technique.

    seed: of its first sample; None: the report's, or that of the run it starts from. seeds: the
    chosen seeds of its samples; empty: it has the experiment's number of samples.
    """

    axes: Mapping[str, Any]
    technique: Technique
    seed: int | None = None
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True)
class ExperimentSpec:
    """One experiment: a figure with a caption. See docs/guide/specs.md for the YAML."""

    id: str
    technique: type[Technique]
    variants: tuple[Variant, ...]
    samples: int
    title: str
    caption: str
    discussion: str
    show: bool
    source: str
    """The experiment's own lines of YAML, dedented, for the page's provenance."""
    line: int
    label: str = ""
    """What figures of other experiments call it; "": its title."""
    metrics: bool = True
    """Whether numbers stand beneath its pictures."""
    best_of: int | None = None
    """Of how many candidates the samples of a variant are the best; None: of none."""

    def samples_of(self, variant: Variant) -> int:
        """How often a variant runs, if it refers to no other experiment."""
        return len(variant.seeds) or self.samples


@dataclass(frozen=True)
class SectionSpec:
    """One section: a YAML file, a page. name is the file's stem."""

    name: str
    file: Path
    title: str
    order: int
    part: str
    """The heading it stands under in the navigation, such as "Part A"; may be empty."""
    covers: tuple[str, ...]
    intro: str
    outro: str
    experiments: tuple[ExperimentSpec, ...]


@dataclass(frozen=True)
class Project:
    """A whole writeup as loaded: everything valid, profiles and `--set` resolved."""

    root: Path
    profile: str
    report: ReportSpec
    sections: tuple[SectionSpec, ...]
    """In the order of the pages."""
    positions: Mapping[tuple[str | int, ...], tuple[int, int]]
    """(section, experiment id, field…) -> (line, column), for errors found later."""
    rubric: Rubric | None = None
    """What the assignment asks for; None: nothing."""
    trusted: bool = True
    """Whether its own code is used: techniques/, site_templates/ and mkdocs.yml."""
    warnings: tuple[Problem, ...] = ()
    """What in its files is probably not what the author meant."""
    plugins: Plugins = NOTHING
    """What can be named beyond the package's own."""

    @property
    def data(self) -> Path | None:
        """The folder that report.yaml names for dataset files; `~` is the user's home."""
        named = self.report.data
        return None if named is None else self.root / os.path.expanduser(named)

    @property
    def embeddings(self) -> tuple[Path, ...]:
        """The files of encoded prompts that report.yaml names; `~` is the user's home."""
        return tuple(self.root / os.path.expanduser(name) for name in self.report.embeddings)

    def problem(
        self, message: str, section: str, *path: str | int, hint: str | None = None
    ) -> Problem:
        """A Problem at the place in the YAML that `path` names, or the nearest place above it.

        section: its name, or "report" for report.yaml.
        """
        file = self.root / FOLDER / f"{REPORT}.yaml"
        if section != REPORT:
            file = next(item.file for item in self.sections if item.name == section)
        where: tuple[str | int, ...] = (section, *path)
        while where and where not in self.positions:
            where = where[:-1]
        line, column = self.positions.get(where, (1, 1))
        excerpt = file.read_text(encoding="utf-8-sig").splitlines()[line - 1 : line]
        return Problem(
            message,
            file=file.relative_to(self.root),
            line=line,
            column=column,
            excerpt=excerpt[0] if excerpt else None,
            hint=hint,
        )
