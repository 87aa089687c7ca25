"""A stored picture as a script of plain diffusers that makes it again; needs no torch.

Scripts are written from the papers and in diffusers' own terms, not with this project's engine, so
that a reader can verify a picture independently. docs/guide/reproducing.md describes the noise
contract that makes this possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fwd_report.errors import UserError
from fwd_report.plan.run import Run, drawn
from fwd_report.scripts.literals import python_literal
from fwd_report.scripts.prompted import prompted_script
from fwd_report.scripts.trained import trained
from fwd_report.spec.project import Project
from fwd_report.store.store import Store
from fwd_report.techniques.base import NotByDefault, Technique, marked_fields
from fwd_report.techniques.choosing import BEST_OF
from fwd_report.techniques.registry import built_in


@dataclass(frozen=True)
class Script:
    """What a figure offers for download.

    run: the name of the run whose picture it makes. file: unique to the experiment, since no name
    contains a dot.
    """

    run: str
    file: str
    text: str


def offered_script(project: Project, store: Store, runs: Sequence[Run]) -> Script | None:
    """The script of the first picture of a figure that shows `runs`.

    None for results without one, and for figures that combine several experiments.
    """
    experiments = {(run.section, run.experiment) for run in runs}
    if len(experiments) != 1 or _objection(_drawn(store, runs[0])) is not None:
        return None
    first = _drawn(store, runs[0])
    file = f"{first.section}.{first.experiment}.py"
    return Script(first.name, file, script_of(project, store, first))


def script_of(project: Project, store: Store, run: Run) -> str:
    """A Python script that makes the run's picture and saves it, to be run in the writeup's folder.

    Raises UserError for a result that no script can make.
    """
    run = _drawn(store, run)
    if (objection := _objection(run)) is not None:
        scripted = [name for name, each in built_in().items() if each.scripted()]
        hint = f"a script is for runs of {', '.join(scripted)}"
        raise UserError(f"{run.name} {objection}", hint=hint)
    lines = [
        f"# {run.name}, by plain torch and diffusers. Run it in the writeup's folder.",
        *(trained(store, run) if run.trained else prompted_script(project, run)),
        "",
        *_saved(run, (0, 1) if run.trained else (-1, 1)),
    ]
    return "\n".join(lines) + "\n"


def _drawn(store: Store, run: Run) -> Run:
    """The run that drew a run's picture. Raises UserError where that is not known yet."""
    if BEST_OF not in run.needs:
        return run
    if not store.has(run.key):
        raise UserError(f"{run.name} has not chosen yet", hint="run `fwd-report build` first")
    return drawn(run, store.read(run.key).metrics)


def _objection(run: Run) -> str | None:
    """Why there is no script for a run, as the rest of a sentence that begins with its name; None:
    there is one.
    """
    technique = type(run.technique)
    scripted = "scripted" in vars(technique)
    own = not technique.__module__.startswith("fwd_report.")
    # A technique of one's own that says how its picture is made stands last among the plug-ins.
    unknown = run.plugged[:-1] if own and scripted else run.plugged
    if unknown:
        return f"is made by code that no script has: {', '.join(unknown)}"
    if not scripted:
        return f"is no single picture of a model: its technique is {run.technique.name}"
    if run.trained is not None and (said := _said_of_sampling(run.technique)):
        return f"says {said} of a network trained here, which no script does"
    return None


def _said_of_sampling(technique: Technique) -> str:
    """The first field about sampling that is not at its default; "" if there is none."""
    fields = ("sampler", *marked_fields(type(technique), NotByDefault))
    model = type(technique).model_fields
    changed = (n for n in fields if n in model and getattr(technique, n) != model[n].default)
    return next(changed, "")


def _saved(run: Run, value_range: tuple[int, int]) -> list[str]:
    unit = "((x[0] + 1) / 2)" if value_range == (-1, 1) else "x[0]"
    shape = "levels.permute(1, 2, 0)" if value_range == (-1, 1) else "levels[0]"
    file = f"{run.section}.{run.experiment}-{run.index}.png"
    return [
        f"levels = ({unit}.clamp(0, 1) * 255).round().to(torch.uint8)",
        f"Image.fromarray({shape}.numpy()).save({python_literal(file)})",
    ]
