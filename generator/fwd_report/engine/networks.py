"""The networks that the runs of a build query: the report's model, trained networks, scorers; each
opened once, and with the content it had when the runs were planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import torch

from fwd_report.errors import OutdatedError
from fwd_report.models.cascade import STAGE_NAMES, Cascade
from fwd_report.models.embeddings import EmbeddingFiles, encoded_prompts
from fwd_report.models.folder_layout import ENCODER_PARTS, UNET_PARTS, WHOLE
from fwd_report.models.foresight import Foresight
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.names import resolve_scorer
from fwd_report.models.opening import open_model
from fwd_report.models.placing import Placing
from fwd_report.models.prompts import PromptEncoder
from fwd_report.models.scorer import load_scorer, plugged_scorer
from fwd_report.plan.plugged import is_plugged_scorer
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_models
from fwd_report.spec.project import Project
from fwd_report.store.store import Store
from fwd_report.techniques.base import asked_field
from fwd_report.training.checkpoints import load_trained

if TYPE_CHECKING:
    from fwd_report.models.handle import Evaluator, ModelHandle
    from fwd_report.models.prompts import Prompts
    from fwd_report.models.scorer import Scorer
    from fwd_report.store.entry import Entry


class Networks:
    """Opens networks when a run first queries them; remembers prompts and file digests."""

    def __init__(
        self, project: Project, store: Store, device: str, dtype: torch.dtype, batch: int
    ) -> None:
        self._project = project
        self._memory = store.memory
        self._device = device
        self._dtype = dtype
        self._foresight = Foresight(device, dtype, batch, store.memory)
        self._planned: dict[str, str] = {}
        """The digest of each stage and of the text encoder, as used in the keys of the runs."""
        self._encodings: dict[str, str] = {}
        """The digest of each prompt that comes encoded, as used in the keys."""
        self._prompts: set[str] = set()
        self._judges: dict[str, Run] = {}
        """A run for each scorer, by the digest of the scorer."""
        self._cascade: Cascade | None = None
        self._trained: dict[tuple[str, int | None], tuple[ModelHandle, Evaluator]] = {}
        self._scorers: dict[str, Scorer] = {}

    def prepare(self, runs: Iterable[Run]) -> None:
        """Announce what the coming runs will query, so that the text encoder is loaded once.

        What was announced before still counts: a worker is told all runs first, then each order.
        """
        runs = list(runs)
        asking = [run for run in runs if run.model is not None]
        for run in asking:
            self._planned |= run.parts["model"]
            self._encodings |= run.parts.get("embeddings", {})
        self._prompts |= {prompt for run in asking for prompt in run.prompts}
        self._judges |= {run.parts["scorer"]: run for run in runs if run.scorer is not None}

    def encodings(self, given: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
        """The noted prompts by their text, encoded, for other processes with the same device.

        given: what another process encoded, which is taken over. {} where no text encoder is asked.
        """
        encoder = self._prompt_encoder()
        if encoder is None:
            return {}
        with self._as_planned():
            encoder.take(dict(given or {}))
            return encoder.given(sorted(self._prompts))

    def encoding_names(self) -> dict[str, str]:
        """The names in a memory of what `encodings` gives, by prompt: they hold all that it is
        computed from, this machine's device included.
        """
        encoder = self._prompt_encoder()
        if encoder is None:
            return {}
        with self._as_planned():
            return encoder.names(self._prompts)

    def _prompt_encoder(self) -> PromptEncoder | None:
        """The text encoder, where one is asked."""
        if not self._prompts or self._project.embeddings:
            return None
        with self._as_planned():
            encoder = self._stages().encoder
        assert isinstance(encoder, PromptEncoder)
        return encoder

    def model(self, run: Run, needs: Mapping[str, tuple[Entry, ...]]) -> ModelHandle | None:
        """The network of a referenced training, or the stage that the technique queries, or
        None.
        """
        if trained := needs.get(asked_field(type(run.technique)) or ""):
            name = (trained[0].key, run.trained_epoch)
            if name not in self._trained:
                self._trained[name] = load_trained(trained[0], name[1], self._device)
            return self._trained[name][0]
        if run.model is not None and run.technique.stage is not None:
            with self._as_planned():
                return self._stages().model(run.technique.stage)
        return None

    def scorer(self, run: Run) -> Scorer | None:
        """The scorer that the run uses, or None."""
        if run.scorer is None:
            return None
        planned = run.parts["scorer"]
        if is_plugged_scorer(self._project.plugins, run.scorer):
            if planned not in self._scorers:
                self._scorers[planned] = plugged_scorer(run.scorer, self._device)
        elif planned not in self._scorers:
            with self._as_planned():
                self._scorers[planned] = load_scorer(self._scorer_folder(run), self._device)
        return self._scorers[planned]

    def encoded(self, run: Run) -> str:
        """Where the run's prompts were encoded, in words, if not where its model computes."""
        if not run.prompts or self._cascade is None:
            return ""
        return getattr(self._cascade.encoder, "elsewhere", "")

    def evaluator(self, name: str) -> Evaluator:
        """The evaluator of queries that are addressed to `name`."""
        for model, evaluator in self._trained.values():
            if model.name == name:
                return evaluator
        stage = next(stage for stage, stage_name in STAGE_NAMES.items() if stage_name == name)
        with self._as_planned():
            cascade = self._stages()
            cascade.prepare(sorted(self._prompts))
            return cascade.evaluator(stage)

    def _stages(self) -> Cascade:
        if self._cascade is None:
            self._cascade = Cascade(
                self._stage_folders(), self._encoder, self._device, self._dtype, self._placed
            )
        return self._cascade

    def _stage_folders(self) -> dict[int, Callable[[], ModelFolder]]:
        return {
            stage: partial(
                open_model,
                model,
                self._memory,
                UNET_PARTS[stage],
                self._planned.get(f"stage_{stage}"),
            )
            for stage, model in stage_models(self._project).items()
        }

    def _scorer_folder(self, run: Run) -> ModelFolder:
        scorer = resolve_scorer(str(run.scorer), self._project.root)
        return open_model(scorer, self._memory, (WHOLE,), run.parts["scorer"])

    def _placed(self) -> Placing:
        """How the stages in use share the device, with the scorers that will be used."""
        stages = self._stage_folders()
        asked = {stage: opened for stage, opened in stages.items() if self._asked(stage)}
        judges = {
            digest: partial(self._scorer_folder, run)
            for digest, run in self._judges.items()
            if not is_plugged_scorer(self._project.plugins, str(run.scorer))
        }
        return self._foresight.stages(asked, judges)

    def _asked(self, stage: int) -> bool:
        return f"stage_{stage}" in self._planned

    def _encoder(self) -> Prompts:
        """What supplies the stages with encoded prompts: files, or the text encoder of stage I."""
        if files := self._project.embeddings:
            held = encoded_prompts(files, self._memory)
            return EmbeddingFiles(held, self._device, self._dtype, self._encodings)
        model, digest = stage_models(self._project)[1], self._planned.get("text_encoder")
        if digest is None:
            raise LookupError("a prompt is asked, and no technique's `prompts` names one")
        opened = partial(open_model, model, self._memory, ENCODER_PARTS, digest)
        place = partial(self._foresight.encoder, opened)
        return PromptEncoder(opened, digest, self._memory, self._device, self._dtype, place)

    @contextmanager
    def _as_planned(self) -> Iterator[None]:
        """Have every file digested anew for the next plan if one differs from the plan.

        A file that was edited without a change of its stamp would otherwise be planned wrongly for
        ever.
        """
        try:
            yield
        except OutdatedError:
            self._memory.forget_files()
            raise
