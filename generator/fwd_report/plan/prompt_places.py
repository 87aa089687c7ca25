"""Where the YAML has a prompt, for what is said of it."""

from __future__ import annotations

from fwd_report.plan.run import Run
from fwd_report.spec.project import Project


def prompt_place(project: Project, run: Run, prompt: str) -> tuple[str | int, ...]:
    """The path of this prompt in its run's section, as `Project.problem` takes it.

    It is the value that begins with the prompt, else the first whose line contains it, else the
    experiment.
    """
    file = next(each.file for each in project.sections if each.name == run.section)
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    containing: tuple[str | int, ...] = (run.experiment,)
    for path, (line, column) in project.positions.items():
        text = "".join(lines[line - 1 : line])
        if not prompt or path[:2] != (run.section, run.experiment) or prompt not in text:
            continue
        if text[column - 1 :].lstrip("'\"").startswith(prompt):
            return path[1:]
        if containing == (run.experiment,):
            containing = path[1:]
    return containing
