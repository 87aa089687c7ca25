"""What the text encoder does not read of prompts: words it was not trained on, and long ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from fwd_report.errors import UserError, quoted
from fwd_report.models import hub
from fwd_report.models.digest import digest_of_parts, digests_in
from fwd_report.models.embeddings import spelling
from fwd_report.models.folder_layout import ENCODER_PARTS, TOKENS
from fwd_report.models.vocabulary import nearest_word, unknown_words
from fwd_report.plan.prompt_places import prompt_place
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_models
from fwd_report.spec.project import Project
from fwd_report.store.memory import digest_of
from fwd_report.store.store import Store


def prompt_warnings(project: Project, runs: Iterable[Run], store: Store) -> list[str]:
    """A warning, with its place in the YAML, for each prompt that is not read as it is written."""
    asking = [run for run in runs if run.prompts]
    if not asking:
        return []
    model = stage_models(project)[1]
    asked: dict[tuple[str, str, str], Run] = {}
    for run in asking:
        for prompt in run.prompts:
            asked.setdefault((run.section, run.experiment, prompt), run)
    found: dict[str, None] = {}
    for (section, _, prompt), run in asked.items():
        for message, hint in _unread(project, run, prompt, model, store):
            place = prompt_place(project, run, prompt)
            found[str(project.problem(message, section, *place, hint=hint))] = None
    return list(found)


def _unread(
    project: Project, run: Run, prompt: str, model: Path | str, store: Store
) -> Iterator[tuple[str, str | None]]:
    """What of a prompt is not read, each with a hint."""
    for word in unknown_words(model, prompt):
        close = nearest_word(model, word)
        hint = f"did you mean '{close}'?" if close else None
        yield f"{run.model} has never read '{word}' (in {quoted(prompt)})", hint
    # A file of encodings does not say what was read.
    if not project.embeddings and (lost := _cut_off(model, prompt, store)):
        message = f"a prompt is longer than the {TOKENS} tokens that are read; lost is its end"
        yield f"{message}, {quoted(lost)}", None


def _cut_off(model: Path | str, prompt: str, store: Store) -> str:
    """The end of a prompt that the text encoder does not read; "" if that cannot be known."""
    if len(spelling(prompt).encode()) < TOKENS:  # a token is a byte at least, and one ends it
        return ""
    folder = model if isinstance(model, Path) else hub.downloaded(model, ENCODER_PARTS)
    if folder is None:
        return ""

    def cut() -> str:
        from fwd_report.models.model_folder import ModelFolder
        from fwd_report.models.prompts import cut_off

        return cut_off(ModelFolder(folder), prompt)

    try:
        read_by = digest_of_parts(digests_in(folder, store.memory, ("tokenizer",)))
        name = digest_of("cut off", prompt, read_by, store.memory.code)
        return store.memory.recall(name, cut)
    except UserError:
        return ""  # said when the encoder is loaded
