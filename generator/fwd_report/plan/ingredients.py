"""Digests of what a run depends on besides its parameters: code, models, files, pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

from fwd_report.errors import UserError
from fwd_report.models.digest import model_digest
from fwd_report.models.embeddings import Encoded, encoded_prompts, sought
from fwd_report.models.folder_layout import ENCODER_PARTS, UNET_PARTS, WHOLE
from fwd_report.plan.code import Closure, Code
from fwd_report.plan.plugged import (
    Plugged,
    digest_of_files,
    is_plugged_scorer,
    plugged_into,
    used_offers,
)
from fwd_report.plan.run import Run
from fwd_report.plan.stages import placed, scorer_model, stage_models, stage_names
from fwd_report.plugins.offered import Offer
from fwd_report.spec.frames import frames_of, unusual
from fwd_report.spec.images import Images
from fwd_report.spec.project import REPORT, Project
from fwd_report.store.files import sha256_of
from fwd_report.store.store import Store
from fwd_report.techniques.base import Technique, scorer_field
from fwd_report.techniques.framing import Frame

RECORDING = tuple(f"fwd_report.recording.{name}" for name in ("exchange", "pictures", "world"))
"""Code that the engine uses for every run."""


class Ingredients:
    """Each is computed once for all runs of a plan.

    models_by_name: pretrained models are not looked for; their names stand for them.
    """

    def __init__(self, project: Project, store: Store, models_by_name: bool = False) -> None:
        sources = project.plugins.sources(used_offers(project))
        self.code = Code(store.memory, plugged=sources)
        self._project = project
        self._store = store
        self._images = Images(store.memory)
        self._models_by_name = models_by_name
        self._closures: dict[tuple[str, ...], Closure] = {}
        self._digests: dict[Path, str] = {}
        self._plugged_files: dict[Offer, Mapping[str, Path]] = {}
        self._of_files: dict[tuple[str, ...], str] = {}
        self._readings: dict[str, list[tuple[str, str]]] = {}
        self._models: dict[tuple[int, tuple[str, ...]], str] = {}

    def models(self, stage: int | None, prompts: bool) -> dict[str, str]:
        """The digest of the stage that is used, and of the text encoder if it reads prompts."""
        if stage is None:
            return {}
        digests = {f"stage_{stage}": self._model(stage, UNET_PARTS[stage])}
        if prompts and not self._project.embeddings:
            digests["text_encoder"] = self._model(1, ENCODER_PARTS)
        return digests

    def _model(self, stage: int, parts: tuple[str, ...]) -> str:
        """The digest of parts of a stage's model."""
        if self._models_by_name:
            return stage_names(self._project).get(stage, "")
        if (stage, parts) not in self._models:
            model = stage_models(self._project)[stage]
            self._models[stage, parts] = model_digest(model, self._store, parts)
        return self._models[stage, parts]

    def embeddings(self, prompts: Sequence[str]) -> dict[str, str]:
        """The digest of each prompt's encoding, "" for those that no file holds."""
        held = self._encoded
        names = {prompt: sought(prompt) for prompt in prompts}
        return {p: held[name].digest if name in held else "" for p, name in names.items()}

    @cached_property
    def _encoded(self) -> dict[str, Encoded]:
        try:
            return encoded_prompts(self._project.embeddings, self._store.memory)
        except UserError as error:
            raise placed(error, self._project, (REPORT, "embeddings")) from error

    def file(self, path: Path) -> str:
        """An input file's SHA-256."""
        if path not in self._digests:
            self._digests[path] = sha256_of(path)
        return self._digests[path]

    def frames(self, technique: Technique, inputs: Mapping[str, Path]) -> dict[str, Frame]:
        """How the input files are taken of which not the centre square is, by field."""
        return unusual(frames_of(technique, inputs, self._images), inputs, self._images)

    def scorer(self, name: str, where: tuple[str, ...]) -> str:
        """A scorer's digest. where: the place in the specs that names it, for errors.

        A plug-in is identified by its name: its code and files are parts of their own.
        """
        if is_plugged_scorer(self._project.plugins, name):
            return f"plug-in {name}"
        if self._models_by_name:
            return name
        asked = scorer_model(self._project, name, where)
        return model_digest(asked, self._store, (WHOLE,))

    def plugged(self, technique: Technique, trained: Technique | None) -> Plugged:
        """Which of a technique, of what its fields name, and of what it uses are plug-ins."""
        return plugged_into(self._project, technique, trained, self._plugged_files)

    def of_files(self, files: Mapping[str, Path]) -> str:
        """The digest of files that a plug-in reads, by their names in the key."""
        name = tuple(files)
        if name not in self._of_files:
            self._of_files[name] = digest_of_files(files, self._store.memory.of_file)
        return self._of_files[name]

    def closure(
        self,
        technique: Technique,
        stage: int | None,
        plugged: Plugged,
        helpers: Sequence[tuple[str, str]] = (),
        *,
        prompts: bool,
        trained: bool,
        inputs: bool,
    ) -> Closure:
        """The code of a run: its technique's, and what the engine does on its behalf.

        helpers: (module, method) of other techniques that take part in it.
        """
        engine = ["fwd_report.techniques.context", "fwd_report.diffusion.noise", *RECORDING]
        if stage is not None:
            engine.append("fwd_report.models.cascade")
            if prompts and not self._project.embeddings:
                engine.append("fwd_report.models.prompts")
        if scorer_field(type(technique)) is not None:
            engine.append("fwd_report.models.scorer")
        if plugged.definitions:
            engine.append("fwd_report.techniques.samplers")
        if inputs:
            engine.append("fwd_report.techniques.decoding")
        if trained:
            engine.append("fwd_report.training.checkpoints")
        definitions = (*plugged.bases, *plugged.definitions, *helpers)
        module = type(technique).__module__
        name = (module, *engine, *chain(*definitions))
        if name not in self._closures:
            self._closures[name] = self.code.closure(module, engine, definitions)
        return self._closures[name]

    def readings(self, runs: Sequence[Run]) -> list[list[tuple[str, str]]]:
        """Which pictures of each run should show which prompts, for runs that use them."""
        for run in runs:
            if run.key not in self._readings:
                found = run.technique.readings(dict(run.technique))
                self._readings[run.key] = [(each.picture, each.prompt) for each in found]
        return [self._readings[run.key] for run in runs]
