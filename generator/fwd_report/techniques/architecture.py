"""A drawing of the UNet, made from the module itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from fwd_report.techniques.base import Result
from fwd_report.techniques.network import Network

if TYPE_CHECKING:
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class Architecture(Network):
    """Build the network that its fields describe, run it once, and draw each block with its
    output's shape.
    """

    name: ClassVar[str] = "architecture"
    kind: ClassVar[Literal["job"]] = "job"
    stage: ClassVar[None] = None

    def describe(self) -> str:
        """What is drawn, for alt texts."""
        told = {"none": "", "time": ", told the time", "class": ", told the time and the class"}
        return f"block diagram of the UNet with D = {self.hidden}{told[self.conditioning]}"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {"metrics": ("parameters",)}

    def job(self, run: RunContext) -> Result:
        """Write `architecture.svg`. Metrics: parameters."""
        from fwd_report.training.diagram import draw
        from fwd_report.training.unet import unet_of

        if run.folder is None:
            raise ValueError("a drawing needs a folder")
        network = unet_of(self.model_dump())
        (run.folder / "architecture.svg").write_text(draw(network), encoding="utf-8")
        return Result(metrics={"parameters": sum(p.numel() for p in network.parameters())})

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        """One drawing for each network."""
        from fwd_report.techniques.labels import Labels
        from fwd_report.techniques.parts import Drawing

        labels = Labels(entries)
        return [
            Drawing(entry.folder / "architecture.svg", entry.alt, labels.run(entry))
            for entry in entries
        ]
