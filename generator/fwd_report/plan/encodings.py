"""Whether the report's files of encoded prompts hold what the runs need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from fwd_report.errors import Problem, UserError, quoted
from fwd_report.models.embeddings import encoded_prompts, nearest, sought
from fwd_report.models.sizes import config_in
from fwd_report.plan.prompt_places import prompt_place
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_folder, stage_models
from fwd_report.shell import word
from fwd_report.spec.project import REPORT, Project
from fwd_report.store.store import Store

ENCODE = "encode what is missing where the text encoder is: fwd-report prompts --encode FILE"


def check_encodings(project: Project, runs: Iterable[Run], store: Store) -> None:
    """Raise UserError with the `encoding_problems`, if there are any."""
    if found := encoding_problems(project, runs, store):
        raise UserError(found)


def encoding_problems(project: Project, runs: Iterable[Run], store: Store) -> list[Problem]:
    """What the files lack, each with its place in the YAML.

    This includes every missing prompt once, the unconditional one among them, and encodings of a
    width that the model's UNets do not take, if these are on this machine. Raises UserError for a
    file that cannot be read.
    """
    asking = [run for run in runs if run.prompts and "embeddings" in run.parts]
    if not asking:
        return []
    held = encoded_prompts(project.embeddings, store.memory)
    missing: dict[str, dict[tuple[str, str], Run]] = {}
    for run in asking:
        for prompt in run.prompts:
            if sought(prompt) not in held:
                missing.setdefault(prompt, {}).setdefault((run.section, run.experiment), run)
    problems = [
        _missing(project, prompt, list(runs.values()), held) for prompt, runs in missing.items()
    ]
    return [*problems, *_unfitting(project, {each.width for each in held.values()})]


def _missing(project: Project, prompt: str, runs: Sequence[Run], held: Iterable[str]) -> Problem:
    """One problem for a prompt, at the first of the experiments that ask it; these are of `runs`.

    Its hint is the same for every prompt, so that it is said once.
    """
    files = ", ".join(project.report.embeddings)
    if not prompt:
        what = f'{files} does not hold "", the unconditional prompt, which guidance asks'
        where = prompt_place(project, runs[0], prompt)
        return project.problem(what, runs[0].section, *where, hint=ENCODE)
    first, *others = (
        project.problem("", run.section, *prompt_place(project, run, prompt)) for run in runs
    )
    what = f"{quoted(prompt)} is a prompt that {files} does not hold"
    if close := ", ".join(map(quoted, nearest(prompt, held))):
        what += f"; did you mean {close}?"
    if others:
        what += f"; also at {', '.join(f'{each.file}:{each.line}' for each in others)}"
    listed = f"fwd-report prompts --in {word(project.report.embeddings[0])} lists them"
    return replace(
        first,
        message=what,
        excerpt=None,
        hint=f"change the prompts to ones that are there ({listed}), begin from fwd-report init "
        f"--bare, which asks only the course's, or {ENCODE}",
    )


def _unfitting(project: Project, widths: set[int]) -> Iterator[Problem]:
    for stage, model in stage_models(project).items():
        folder = stage_folder(project, stage, model)
        wanted = _width(folder) if folder else None
        if wanted is not None and widths - {wanted}:
            yield project.problem(
                f"the files hold encodings of {', '.join(map(str, sorted(widths)))} numbers a "
                f"token, and {model} takes {wanted}",
                REPORT,
                "embeddings",
                hint="they were made by another text encoder than the model's",
            )
            return


def _width(folder: Path) -> int | None:
    """The width of encodings that the folder's UNet takes; None if that cannot be read."""
    try:
        config = config_in(folder, "unet")
    except (UserError, OSError, ValueError):
        return None  # said when the UNet is loaded
    width = config.get("encoder_hid_dim") or config.get("cross_attention_dim")
    return width if isinstance(width, int) else None
