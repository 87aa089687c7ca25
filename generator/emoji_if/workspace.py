"""The folder a recipe works in: drawings, pools of pictures, tokenizer, checkpoints."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from emoji_if.captions import every_caption
from emoji_if.compose import Pool, build_pool, load_drawings
from emoji_if.drawings import DataError, fetch, read_all, read_keywords
from emoji_if.loop import restore
from emoji_if.networks import stage_1, stage_2, text_encoder, train_tokenizer
from emoji_if.reading import Reader
from emoji_if.sample import load_stage_1
from emoji_if.stage_one import TextToImage
from emoji_if.vocabulary import STARTER, Thing, everything
from fwd_report.models.patched_unet import PatchedUNet2DConditionModel

CAPTION_WEIGHT = 30
"""How often the tokenizer reads each caption for one reading of the general words."""


@dataclass(frozen=True)
class Workspace:
    """Names the files of a folder and reads them back; nothing in it belongs to git."""

    folder: Path

    @property
    def reading(self) -> Path:
        return self.folder / "reading.pt"

    @property
    def stage_1(self) -> Path:
        return self.folder / "stage-1.pt"

    @property
    def stage_2(self) -> Path:
        return self.folder / "stage-2.pt"

    @property
    def scorer(self) -> Path:
        return self.folder / "scorer.pt"

    def make_data(self, full: bool, pictures: int, large_pictures: int) -> None:
        """Fetch the drawings, choose the things, train the tokenizer, compose both pools.

        The tokenizer of the same words stays: trained anew it would number its pieces otherwise,
        and what was taught before would read nonsense.
        """
        npm = self.folder / "npm"
        fetch(npm)
        keywords = read_keywords(npm)
        things: tuple[Thing, ...] = STARTER
        if full:
            shared = Counter(icon for icons in read_all(npm).values() for icon in icons)
            things = tuple(everything(shared, keywords))
        listed, tokenizer = self.folder / "things.json", self.folder / "tokenizer"
        before = json.loads(listed.read_text("utf-8")) if listed.exists() else []
        same = [tuple(t["words"]) for t in before] == [thing.words for thing in things]
        if not (tokenizer.is_dir() and same):
            general = [word for words in keywords.values() for word in words]
            captions = list(every_caption(things)) * (1 if full else CAPTION_WEIGHT)
            train_tokenizer(captions + general).save_pretrained(tokenizer)
        text = json.dumps([asdict(thing) for thing in things], indent=1, ensure_ascii=False)
        listed.write_text(text, "utf-8")
        cores = os.cpu_count() or 1
        for count, size, detail in ((pictures, 64, 128), (large_pictures, 256, 256)):
            drawings = load_drawings(npm, things, detail)
            pool = build_pool(drawings, things, count, size, seed=size, workers=cores)
            pool.save(self.folder / f"pool-{size}.npz")

    def things(self) -> tuple[Thing, ...]:
        """The vocabulary that `make_data` chose."""
        path = self._made(self.folder / "things.json", "data")
        return tuple(
            Thing(
                tuple(t["words"]), tuple(t["icons"]), t["scene"], t["weight"], tuple(t["without"])
            )
            for t in json.loads(path.read_text("utf-8"))
        )

    def pool(self, size: int) -> Pool:
        return Pool.load(self._made(self.folder / f"pool-{size}.npz", "data"))

    def tokenizer(self) -> PreTrainedTokenizerFast:
        return PreTrainedTokenizerFast.from_pretrained(
            self._made(self.folder / "tokenizer", "data")
        )

    def trained_encoder(self) -> T5EncoderModel:
        """The text encoder after its lesson."""
        reader = Reader(self.tokenizer(), len(self.things()))
        restore(reader, self._averaged(self.reading, "read"), self.reading)
        return reader.encoder.eval()

    def new_stage_1(self, width: int) -> TextToImage:
        """Stage I before its training, with the text encoder after its lesson."""
        return TextToImage(self.tokenizer(), self.trained_encoder(), stage_1(width))

    def exported_stage_1(self, folder: Path) -> TextToImage:
        """Stage I of an exported folder; its tokenizer becomes that of the working folder."""
        model = TextToImage.of(load_stage_1(folder))
        model.tokenizer.save_pretrained(self.folder / "tokenizer")
        return model

    def trained_stage_1(self) -> TextToImage:
        """Stage I and text encoder with the averaged weights so far."""
        weights = self._averaged(self.stage_1, "train")
        tokenizer = self.tokenizer()
        unet = stage_1(weights["unet.unet.conv_in.weight"].shape[0])
        model = TextToImage(tokenizer, text_encoder(tokenizer), unet)
        restore(model, weights, self.stage_1)
        return model.eval()

    def trained_stage_2(self) -> PatchedUNet2DConditionModel:
        """Stage II with the averaged weights so far."""
        weights = self._averaged(self.stage_2, "upscale")
        model = stage_2(weights["unet.conv_in.weight"].shape[0])
        restore(model, weights, self.stage_2)
        return model.eval()

    def _averaged(self, checkpoint: Path, command: str) -> dict[str, torch.Tensor]:
        path = self._made(checkpoint, command)
        return torch.load(path, weights_only=True, map_location="cpu")["average"]

    def _made(self, path: Path, command: str) -> Path:
        if not path.exists():
            raise DataError(f"{path} is missing: run `python -m emoji_if {command}` first")
        return path
