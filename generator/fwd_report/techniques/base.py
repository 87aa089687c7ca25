"""What a technique is: the fields a spec may set, the program that runs, the figure that shows it.

A technique's module is imported to read a spec, so it does not import torch at the top: the
mathematics is imported inside `program` and `job`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from fwd_report.outside import outside_keys
from fwd_report.plugins.named import Named
from fwd_report.techniques.field_types import AllRuns as AllRuns
from fwd_report.techniques.field_types import AskedClass as AskedClass
from fwd_report.techniques.field_types import EachRun as EachRun
from fwd_report.techniques.field_types import EnlargedRun as EnlargedRun
from fwd_report.techniques.field_types import FigureOnly as FigureOnly
from fwd_report.techniques.field_types import ImageFile as ImageFile
from fwd_report.techniques.field_types import InputFile as InputFile
from fwd_report.techniques.field_types import MaskFile as MaskFile
from fwd_report.techniques.field_types import NotByDefault as NotByDefault
from fwd_report.techniques.field_types import OneRun as OneRun
from fwd_report.techniques.field_types import Prompt as Prompt
from fwd_report.techniques.field_types import PromptText as PromptText
from fwd_report.techniques.field_types import Reference as Reference
from fwd_report.techniques.field_types import ScorerName as ScorerName
from fwd_report.techniques.field_types import Trained as Trained

if TYPE_CHECKING:
    import torch

    from fwd_report.diffusion.program import Estimator, Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.enlarging import Enlarging
    from fwd_report.techniques.parts import Part
    from fwd_report.techniques.scripted import Scripted


@dataclass(frozen=True)
class Reading:
    """A way to view a result: the picture of that name should match the prompt.

    label: the way in a word or two, for tables.
    """

    picture: str
    prompt: str
    label: str


@dataclass
class Result:
    """What a run returns.

    image: the main picture, (C, H, W) in the model's value range. images: others by name. frames:
    (N, C, H, W) sequences by name, such as a trajectory. These names consist of the letters A-Z and
    a-z, digits, _ and -. metrics: numbers. series: lists of numbers, such as a loss curve.
    precision: what it was computed in, if that is not the model's. Files that a job writes into its
    folder (checkpoints) need not be named.
    """

    image: torch.Tensor | None = None
    images: dict[str, torch.Tensor] = field(default_factory=dict)
    frames: dict[str, torch.Tensor] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    series: dict[str, list[float]] = field(default_factory=dict)
    precision: str | None = None


class Technique(BaseModel):
    """Base of every technique: a subclass's fields are what a spec may set.

    name: its name in specs. kind: "program" queries a model and shares batches with all other runs;
    "job" has the machine to itself (a training); "figure" runs nothing and shows results of the
    experiments that it names.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False
    )

    name: ClassVar[str]
    kind: ClassVar[Literal["program", "job", "figure"]] = "program"
    stage: ClassVar[Literal[1, 2] | None] = 1
    """Which stage of the report's text-to-image model its runs use; None: neither."""

    @outside_keys
    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        """How many network steps one run makes.

        A network step is one evaluation of a model for one image; of a training, one optimizer
        step.

        needs: the techniques of the referenced runs, by field name.
        """
        return 0

    @outside_keys
    def prompts(self, needs: Mapping[str, Technique]) -> tuple[str, ...]:
        """The prompts with which one run queries the text-to-image model; "" is the unconditional
        one.

        needs: as in `network_steps`. The default: the texts of its prompt fields.
        """
        return tuple(prompts_of(self))

    @classmethod
    @outside_keys
    def readings(cls, params: Mapping[str, Any]) -> tuple[Reading, ...]:
        """What the pictures of a run with these fields should show; they are scored by it.

        The default: the main picture shows the prompt, if there is exactly one.
        """
        fields = marked_fields(cls, PromptText).items()
        prompts = [text for name, mark in fields if not mark.away and (text := params.get(name))]
        return (Reading("image", prompts[0], "the prompt"),) if len(prompts) == 1 else ()

    def enlarged(self, stage: Enlarging) -> Estimator:
        """How stage II estimates this run's picture, enlarged.

        The default: under the prompt of its first reading.
        """
        readings = self.readings(dict(self))
        return stage.prompted(readings[0].prompt if readings else "")

    @outside_keys
    def guided_prompts(self) -> tuple[tuple[str, ...], ...]:
        """The prompts of each guided estimate that is made for one of its picture: `enlarged`'s.

        The default: one estimate, under the prompt of its first reading.
        """
        readings = self.readings(dict(self))
        return ((readings[0].prompt if readings else "",),)

    @outside_keys
    def numbers(self) -> Mapping[str, Sequence[str]] | None:
        """The names of a run's "metrics" and "series", under these two keys; None: not declared."""
        return None

    @outside_keys
    def without_effect(self) -> Mapping[str, tuple[str, str]]:
        """The fields that change nothing beside the values of the others: why, and the way out.

        Each is warned of at its line. The default: none.
        """
        return {}

    @outside_keys
    def describe(self) -> str:
        """What one run's picture shows, in words, without swept values: begins alt texts."""
        prompts = " and ".join(filter(None, prompts_of(self)))
        return ": ".join(filter(None, (self.name.replace("_", " "), prompts)))

    @outside_keys
    def alt(self, axes: Mapping[str, Any]) -> str:
        """The alt text of one run: what it is, then the values that tell it from the other runs."""
        from fwd_report.techniques.labels import short_names
        from fwd_report.techniques.words import Words, marked, unmarked

        files = short_names(
            [str(getattr(self, name)) for name in marked_fields(type(self), InputFile)]
        )
        values = [
            marked(value)
            if isinstance(value, Words) and "$" in value
            else unmarked(", ".join(files.get(word, word) for word in value.split(", ")))
            if isinstance(value, str)
            else unmarked(f"{axis} {value}")
            for axis, value in axes.items()
        ]
        described = unmarked(self.describe())
        return ", ".join([described, *(value for value in values if value not in described)])

    @outside_keys
    def epochs_kept(self) -> int:
        """How many epochs a reference `id@epoch` to this run may name, counted from 1."""
        return 0

    @classmethod
    @outside_keys
    def front_rank(cls) -> int | None:
        """The position of its pictures in the front page's teaser, from 1; None: not in it."""
        return None

    @classmethod
    @outside_keys
    def scripted(cls) -> Scripted | None:
        """How a script can make its picture; None: it cannot. Not inherited."""
        return None

    @classmethod
    @outside_keys
    def loss_name(cls) -> str:
        """What a training minimises, to label the axis of its curve."""
        return "loss"

    @classmethod
    @outside_keys
    def shows_all_epochs(cls) -> bool:
        """Whether its figure shows every epoch of the trainings it refers to."""
        return False

    @outside_keys
    def first_rate(self, asked: bool = False) -> float | None:
        """Seconds per step on two cores, of a training, or (`asked`) of a call of the trained
        network.

        None: not known until measured.
        """
        return None

    @outside_keys
    def objection(self, field: str, target: Technique) -> str | None:
        """Why `field` cannot refer to runs of `target`, after "… refers to 'id', "; None: it can.

        The default: a field that names a network needs a training.
        """
        reference = marked_fields(type(self), Reference)[field]
        if reference.asked and target.epochs_kept() == 0:
            return f"which is no training: its technique is {target.name}"
        return None

    def program(self, run: RunContext) -> Program[Result]:
        """The run itself, written for one image: yields queries and returns its result."""
        raise TypeError(f"{self.name} has no program")

    def job(self, run: RunContext) -> Result:
        """The run itself, for kind "job"."""
        raise TypeError(f"{self.name} has no job")

    @classmethod
    @outside_keys
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        """How the results are shown. The default: one grid, with rows and columns as swept.

        entries: the results of the experiment's runs, in plan order (kind "figure": of the
        referenced experiments' runs). Not part of the runs' code.
        """
        from fwd_report.techniques.grids import swept_grid

        return [swept_grid(entries)]


@cache
def marked_fields(technique: type[Technique], marker: type) -> dict[str, Any]:
    """The fields of `technique` with a marker of that class, and their markers."""
    found = {}
    for name, info in technique.model_fields.items():
        for data in (*info.metadata, *_nested_metadata(info.annotation)):
            if isinstance(data, marker):
                found[name] = data
    return found


@outside_keys
def prompts_of(technique: Technique) -> list[str]:
    """The texts that the pictures of a run should show, in the order of its fields."""
    found: list[str] = []
    for name, mark in marked_fields(type(technique), PromptText).items():
        if mark.away:
            continue
        value = getattr(technique, name)
        found += value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    return found


def asked_field(technique: type[Technique]) -> str | None:
    """The field that names the training whose network a run uses; None: there is none."""
    references = marked_fields(technique, Reference)
    return next((name for name, reference in references.items() if reference.asked), None)


def scorer_field(technique: type[Technique]) -> str | None:
    """The field that names the scorer; None: there is none."""
    named = marked_fields(technique, Named)
    return next((name for name, marker in named.items() if marker.kind == "scorers"), None)


@outside_keys
def asks_trained(technique: Technique) -> bool:
    """Whether its runs use a network that was trained in the report."""
    field = asked_field(type(technique))
    return field is not None and getattr(technique, field) is not None


def _nested_metadata(annotation: Any) -> list[Any]:
    """Metadata of Annotated types inside `X | None` or `list[X]`."""
    found = list(getattr(annotation, "__metadata__", ()))
    for argument in getattr(annotation, "__args__", ()):
        found += _nested_metadata(argument)
    return found
