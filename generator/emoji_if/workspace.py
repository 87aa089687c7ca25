"""The folder a recipe works in: drawings, pools of pictures, tokenizer, checkpoints."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast

from emoji_if.averages import LENGTHS, Snapshot, post_hoc
from emoji_if.captions import every_caption
from emoji_if.checkpoint import load, restore, save
from emoji_if.compose import Composer, load_drawings
from emoji_if.drawings import JUDGED, DataError, fetch, read_all, read_photographs
from emoji_if.galleries import drawings_to_show, everyday
from emoji_if.judge import Judge
from emoji_if.judge_pictures import EvenPlan
from emoji_if.judging import HELD_OUT
from emoji_if.objective import Emphasis
from emoji_if.pipelines import load_stage_1
from emoji_if.reading import Reader
from emoji_if.stage_networks import stage_1, stage_2, text_encoder, train_tokenizer
from emoji_if.stage_one import TextToImage
from emoji_if.stream import Pictures
from emoji_if.textures import Textures
from emoji_if.things import LISTED, Thing, read_things
from emoji_if.yardstick import Yardstick
from fwd_report.models.patched_unet import PatchedUNet2DConditionModel

CAPTION_WEIGHT = 30
"""How often the tokenizer reads each caption for one reading of the general words."""


@dataclass(frozen=True)
class Workspace:
    """Names the files of a folder and reads them back; nothing in it belongs to git."""

    folder: Path

    @property
    def npm(self) -> Path:
        return self.folder / "npm"

    @property
    def vocabulary(self) -> Path:
        return self.folder / "vocabulary.yaml"

    @property
    def reading(self) -> Path:
        return self.folder / "reading.pt"

    @property
    def layout(self) -> Path:
        return self.folder / "layout.pt"

    @property
    def stage_1(self) -> Path:
        return self.folder / "stage-1.pt"

    @property
    def cooled(self) -> Path:
        return self.folder / "stage-1-cooled.pt"

    @property
    def stage_2(self) -> Path:
        return self.folder / "stage-2.pt"

    @property
    def scorer(self) -> Path:
        return self.folder / "scorer.pt"

    @property
    def judge(self) -> Path:
        return self.folder / "judge.pt"

    @property
    def examined_judge(self) -> Path:
        return self.folder / "judge.json"

    def make_data(self, listed: Path = LISTED) -> None:
        """Fetch the drawings, take in the vocabulary, train the tokenizer.

        The tokenizer of the same words stays: trained anew it would number its pieces otherwise,
        and what was taught before would read nonsense.
        """
        fetch(self.npm)
        text, kept, tokenizer = (
            listed.read_text("utf-8"),
            self.vocabulary,
            self.folder / "tokenizer",
        )
        same = kept.exists() and kept.read_text("utf-8") == text
        if not (tokenizer.is_dir() and same):
            general = {icon for icons in read_all(self.npm).values() for icon in icons}
            captions = list(every_caption(read_things(listed))) * CAPTION_WEIGHT
            texts = captions + [icon.replace("-", " ") for icon in sorted(general)]
            train_tokenizer(texts).save_pretrained(tokenizer)
        kept.write_text(text, "utf-8")

    def things(self) -> tuple[Thing, ...]:
        """The vocabulary that `make_data` took in."""
        return read_things(self._made(self.vocabulary, "data"))

    def composer(self, size: int = 128, without: str | None = None) -> Composer:
        """Composes pictures of `size` pixels; without: the icon set to leave out."""
        things = self.things()
        drawings = load_drawings(self.npm, things, size)
        drawings.pop(without or "", None)
        return Composer(things, drawings)

    def pictures(
        self, size: int, batch: int, seed: int, restored: float = Emphasis.both.restored
    ) -> Pictures:
        """Training pictures with captions; a share of them only teaches to remove noise."""
        composer = self.composer(2 * size if size < 128 else size)
        textures = Textures(read_photographs(self.npm)[:-1], composer.drawings)
        return Pictures(composer, textures, size, batch, seed, restored=restored)

    def judged(self, batch: int, seed: int, more: Collection[str] = ()) -> Pictures:
        """Pictures for scorer and judge: all sets alike, but that which examines them.

        more: sets that nothing which is published may learn from.
        """
        things = self.things()
        drawings = load_drawings(self.npm, things, 128, tuple(more))
        del drawings[HELD_OUT]
        composer = Composer(things, drawings, evenly=True)
        return Pictures(composer, None, 64, batch, seed, plan=EvenPlan(things))

    def judged_by_more(self, batch: int, seed: int) -> Pictures:
        """Pictures for the judge alone, which is not published."""
        fetch(self.npm, {icons.package: icons.version for icons in JUDGED.values()})
        return self.judged(batch, seed, JUDGED)

    def keep_judge(self, judge: Judge, examined: dict[str, Any]) -> None:
        """Write the judge with the names that it knows, and how it did when examined."""
        names = [thing.name for thing in self.things()]
        save({"names": names, "examined": examined, "weights": judge.state_dict()}, self.judge)
        text = json.dumps(examined, indent=1, ensure_ascii=False) + "\n"
        self.examined_judge.write_text(text, "utf-8")

    def trained_judge(self) -> tuple[Judge, dict[str, Any]]:
        """The judge, and how it did when examined.

        Raises DataError if there is none, or it knows other names than the vocabulary.
        """
        state = load(self._made(self.judge, "judge"))
        assert state is not None
        if state["names"] != [thing.name for thing in self.things()]:
            raise DataError(f"{self.judge} knows another vocabulary: run `judge` again")
        judge = Judge(len(state["names"]))
        restore(judge, state["weights"], self.judge)
        return judge.eval(), state["examined"]

    def yardstick(self, pictures: Pictures) -> Yardstick:
        """Measures with the one photograph that no training sees."""
        return Yardstick.of(pictures, read_photographs(self.npm)[-1])

    def tokenizer(self) -> PreTrainedTokenizerFast:
        return PreTrainedTokenizerFast.from_pretrained(
            self._made(self.folder / "tokenizer", "data")
        )

    def trained_reader(self) -> Reader:
        """The text encoder and the pointer after their lesson."""
        reader = Reader(self.tokenizer(), len(self.things()))
        restore(reader, self._averaged(self.reading, "read"), self.reading)
        return reader.eval()

    def new_stage_1(self, width: int) -> TextToImage:
        """Stage I before its training; text encoder and layout have had their lessons."""
        model = self.untaught_stage_1(width)
        layout = load(self._made(self.layout, "layout"))
        assert layout is not None
        restore(model.lookup, layout, self.layout)
        return model

    def untaught_stage_1(self, width: int = 128) -> TextToImage:
        """Stage I with encoder and pointer after their lesson, drawings to show, nothing else."""
        reader, composer = self.trained_reader(), self.composer()
        model = TextToImage(self.tokenizer(), reader.encoder, stage_1(len(composer.things), width))
        model.gallery.pointer.load_state_dict(reader.pointer.state_dict())
        model.gallery.drawings.copy_(drawings_to_show(composer))
        model.gallery.usual.copy_(everyday(composer.things, len(model.gallery.usual)))
        return model

    def stage_1_so_far(self) -> TextToImage:
        """Stage I as its training last left it, to be trained on."""
        return self.untaught_stage_1(_width(self._averaged(self.stage_1, "train")))

    def exported_stage_1(self, folder: Path) -> TextToImage:
        """Stage I of an exported folder; its tokenizer becomes that of the working folder.

        What its gallery shows is drawn anew, for scenes may be painted otherwise by now.
        """
        model = TextToImage.of(load_stage_1(folder))
        model.gallery.drawings.copy_(drawings_to_show(self.composer()))
        model.tokenizer.save_pretrained(self.folder / "tokenizer")
        return model

    def trained_stage_1(self, length: float | None = None) -> TextToImage:
        """Stage I and text encoder with averaged weights: cooled down, if they are.

        length: sigma_rel of another average, combined from the training's snapshots.
        """
        checkpoint = self.cooled if self.cooled.exists() else self.stage_1
        weights = self._averaged(checkpoint, "train")
        if length is not None:
            weights |= post_hoc(self.snapshots(checkpoint), length)
        tokenizer = self.tokenizer()
        unet = stage_1(len(weights["unet.text_gallery.drawings"]), _width(weights))
        model = TextToImage(tokenizer, text_encoder(tokenizer), unet)
        restore(model, weights, checkpoint)
        return model.eval()

    def snapshots(self, checkpoint: Path) -> list[Snapshot]:
        """What a training kept of its averages, in its order."""
        folder = checkpoint.with_name(f"{checkpoint.stem}-snapshots")
        kept = []
        for path in sorted(folder.glob("*[0-9].pt")):
            state = load(path)
            assert state is not None
            kept += [
                (state["step"], length, weights)
                for length, weights in zip(LENGTHS, state["averages"], strict=True)
            ]
        if not kept:
            raise DataError(f"{folder} has no snapshots: train for longer first")
        return kept

    def trained_stage_2(self) -> PatchedUNet2DConditionModel:
        """Stage II with the averaged weights so far."""
        weights = self._averaged(self.stage_2, "upscale")
        model = stage_2(weights["unet.conv_in.weight"].shape[0])
        restore(model, weights, self.stage_2)
        model.eval()
        return model

    def _averaged(self, checkpoint: Path, command: str) -> dict[str, torch.Tensor]:
        state = load(self._made(checkpoint, command))
        assert state is not None
        return dict(state["averages"][0])

    def _made(self, path: Path, command: str) -> Path:
        if not path.exists():
            raise DataError(f"{path} is missing: run `python -m emoji_if {command}` first")
        return path


def _width(weights: dict[str, torch.Tensor]) -> int:
    """Channels of stage I's first level."""
    return weights["unet.unet.conv_in.weight"].shape[0]
