"""What a technique's program or job may use while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from fwd_report.diffusion.noise import Noise
    from fwd_report.models.handle import ModelHandle
    from fwd_report.models.scorer import Scorer
    from fwd_report.store.entry import Entry


@dataclass
class RunContext:
    """What one run may use: its seed's noise, its model, its inputs, the results it refers to.

    model: the model it queries (stage I or II of the report's, or one trained by a referenced run).
    scorer: scores how well pictures match texts, if the technique names one. device: where a job
    trains; for a program, where its model and all its tensors are: noise, inputs, predictions,
    images. What it creates itself, it creates there: `torch.zeros_like(x)`. images and masks: by
    field name, at the model's size and in its range: images (C, H, W), masks (1, H, W) with 1 where
    new content goes. needs: entries of the referenced runs by field name; epochs: the epoch of a
    reference written `id@epoch`. folder: a job's working folder, kept across interruptions and
    moved into the store at the end. progress(done, total, message): reports a job's progress;
    news(message): reports what a run is waiting for.
    """

    seed: int
    noise: Noise
    model: ModelHandle | None = None
    scorer: Scorer | None = None
    images: Mapping[str, Tensor] = field(default_factory=dict)
    masks: Mapping[str, Tensor] = field(default_factory=dict)
    needs: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    epochs: Mapping[str, int | None] = field(default_factory=dict)
    folder: Path | None = None
    device: str = "cpu"
    data: Path | None = None
    """The folder report.yaml names for dataset files, or None."""
    progress: Callable[[int, int, str], None] = lambda done, total, message: None
    news: Callable[[str], None] = lambda message: None

    @property
    def asked(self) -> ModelHandle:
        """The model that the run queries. Raises LookupError if it has none."""
        if self.model is None:
            raise LookupError("this run has no model to ask")
        return self.model

    @property
    def judge(self) -> Scorer:
        """The scorer. Raises LookupError if the run has none."""
        if self.scorer is None:
            raise LookupError("this run has no scorer")
        return self.scorer

    @property
    def value_range(self) -> tuple[float, float]:
        """The range of the run's images: its model's, or (0, 1) without a model."""
        return (0.0, 1.0) if self.model is None else self.model.value_range

    def tensor(self, need: str, name: str = "image") -> Tensor:
        """The exact float32 tensor of that name in the referenced run's result."""
        from fwd_report.models.stored import tensors_of

        return tensors_of(self.needs[need][0])[name].to(self.noise.device)
