"""What the text encoder does not read of prompts: words it was not trained on, and long ends."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fwd_report.errors import UserError, quoted
from fwd_report.models import hub
from fwd_report.models.digest import digest_of_parts, digests_in
from fwd_report.models.embeddings import spelling
from fwd_report.models.folder_layout import ENCODER_PARTS, TOKENS
from fwd_report.models.vocabulary import unknown_words
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_models
from fwd_report.spec.project import Project
from fwd_report.store.memory import digest_of
from fwd_report.store.store import Store


def prompt_warnings(project: Project, runs: Iterable[Run], store: Store) -> list[str]:
    """A warning for each prompt of these runs that is not read as it is written."""
    asking = [run for run in runs if run.prompts]
    if not asking:
        return []
    model = stage_models(project)[1]
    found: dict[str, None] = {}
    for run in asking:
        for prompt in run.prompts:
            if words := unknown_words(model, prompt):
                named = ", ".join(f"'{word}'" for word in words)
                found[
                    f"{run.section}.{run.experiment}: {run.model} has never read {named} "
                    f"(in {quoted(prompt)})"
                ] = None
            # A file of encodings does not say what was read.
            if not project.embeddings and (lost := _cut_off(model, prompt, store)):
                found[
                    f"{run.section}.{run.experiment}: a prompt is longer than the {TOKENS} tokens "
                    f"that are read; lost is its end, {quoted(lost)}"
                ] = None
    return list(found)


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
