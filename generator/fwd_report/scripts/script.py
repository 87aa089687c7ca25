"""One stored picture as a script of plain diffusers that makes it again; no torch.

What a script says is written from the papers and from diffusers' own names, not from this
project's engine: a reader can check the picture without believing it. docs/guide/reproducing.md
has the promise about the noise that makes it possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fwd_report.errors import UserError
from fwd_report.plan.run import Run, drawn
from fwd_report.scripts.prompted import prompted
from fwd_report.scripts.quoted import quoted
from fwd_report.scripts.trained import trained
from fwd_report.spec.project import Project
from fwd_report.store.store import Store
from fwd_report.techniques.base import NotByDefault, Technique, marked_fields
from fwd_report.techniques.choosing import BEST_OF
from fwd_report.techniques.registry import built_in


@dataclass(frozen=True)
class Script:
    """What a figure offers for download. run: the name of the run whose picture it makes.

    file: a name that no other experiment's script has, since no name of one holds a dot.
    """

    run: str
    file: str
    text: str


def offered(project: Project, store: Store, runs: Sequence[Run]) -> Script | None:
    """The script of the first picture of a figure that shows `runs`.

    None for results without one, and for figures that put several experiments together.
    """
    experiments = {(run.section, run.experiment) for run in runs}
    if len(experiments) != 1 or _objection(_drawn(store, runs[0])) is not None:
        return None
    first = _drawn(store, runs[0])
    file = f"{first.section}.{first.experiment}.py"
    return Script(first.name, file, script_of(project, store, first))


def script_of(project: Project, store: Store, run: Run) -> str:
    """A Python script that makes the run's picture and saves it, to be run in the writeup's folder.

    Raises UserError for a result that no script makes.
    """
    run = _drawn(store, run)
    if (objection := _objection(run)) is not None:
        scripted = [name for name, each in built_in().items() if each.scripted()]
        hint = f"a script is for runs of {', '.join(scripted)}"
        raise UserError(f"{run.name} {objection}", hint=hint)
    lines = [
        f"# {run.name}, by plain torch and diffusers. Run it in the writeup's folder.",
        *(trained(store, run) if run.trained else prompted(project, run)),
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
    """Why there is no script of a run, after its name; None: there is one."""
    if run.plugged:
        return f"is made by code that no script has: {', '.join(run.plugged)}"
    if "scripted" not in vars(type(run.technique)):
        return f"is no single picture of a model: its technique is {run.technique.name}"
    if run.trained is not None and (said := _said_of_sampling(run.technique)):
        return f"says {said} of a network trained here, which no script does"
    return None


def _said_of_sampling(technique: Technique) -> str:
    """The first field of a technique that says how it samples, and is not its default."""
    fields = ("sampler", *marked_fields(type(technique), NotByDefault))
    model = type(technique).model_fields
    return next((n for n in fields if getattr(technique, n) != model[n].default), "")


def _saved(run: Run, value_range: tuple[int, int]) -> list[str]:
    unit = "((x[0] + 1) / 2)" if value_range == (-1, 1) else "x[0]"
    shape = "levels.permute(1, 2, 0)" if value_range == (-1, 1) else "levels[0]"
    file = f"{run.section}.{run.experiment}-{run.index}.png"
    return [
        f"levels = ({unit}.clamp(0, 1) * 255).round().to(torch.uint8)",
        f"Image.fromarray({shape}.numpy()).save({quoted(file)})",
    ]
