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
    """One run's own world: its seed's noise, its model, its inputs, the results it refers to.

    model: the model it asks (stage I or II of the report's, or one trained by a referenced run).
    scorer: what tells whether pictures show texts, where the technique names one.
    device: where a job trains; of a program, where its model is and all its tensors lie: noise,
    inputs, predictions, images. What it makes itself it makes there: `torch.zeros_like(x)`.
    images and masks: by field name, already at the model's size and in its range: images
    (C, H, W), masks (1, H, W) with 1 where new content goes. needs: entries of the referenced
    runs by field name; epochs: the epoch of a reference written `id@epoch`. folder: a job's
    own working folder, kept across an interruption and moved into the store when it is done.
    progress(done, total, message): a job's news for the one progress display; news(message): what
    a run that counts nothing is waiting for.
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
        """The model the run asks. Raises LookupError where it has none."""
        if self.model is None:
            raise LookupError("this run has no model to ask")
        return self.model

    @property
    def judge(self) -> Scorer:
        """What tells whether pictures show texts. Raises LookupError where the run has none."""
        if self.scorer is None:
            raise LookupError("this run has no scorer")
        return self.scorer

    @property
    def value_range(self) -> tuple[float, float]:
        """The range of the run's images: its model's, or (0, 1) where it has none."""
        return (0.0, 1.0) if self.model is None else self.model.value_range

    def tensor(self, need: str, name: str = "image") -> Tensor:
        """The exact float32 tensor of that name in the referenced run's result."""
        from fwd_report.models.stored import tensors_of

        return tensors_of(self.needs[need][0])[name].to(self.noise.device)
