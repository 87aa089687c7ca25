"""Training of stage I: 64 px pictures from captions, through an encoder that can read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock

import torch
from diffusers import IFPipeline
from diffusers.models.attention_processor import AttnAddedKVProcessor
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from emoji_if.device_pool import DevicePool, Lesson
from emoji_if.gradients import Losses
from emoji_if.objective import Emphasis, Objective
from emoji_if.optimisation import Budget, Settings, Training, optimise
from emoji_if.pipelines import draw, grid
from emoji_if.stage_networks import scheduler
from emoji_if.stream import Batch, Stream
from emoji_if.yardstick import Yardstick
from fwd_report.models.patched_unet import PatchedUNet2DConditionModel
from fwd_report.models.prompts import embed
from fwd_report.models.text_gallery import TextGallery

PREVIEW = (
    "a rocket ship",
    "an oil painting of an old man",
    "an oil painting of people around a campfire",
    "a lithograph of a skull",
    "a photo of a dog",
    "a photo of the amalfi coast",
    "a blue car",
    "an owl",
    "a dog on a beach",
    "a cat and a tree",
    "a high quality photo",
    "",
)
"""What a training draws as it goes."""


KEPT = 16_000
"""Captions whose embeddings are kept, 40 kB each: of those drawn, three of four are among them."""


class Embeddings:
    """What a frozen encoder made of captions, in half precision; copies of a module share it."""

    def __init__(self, most: int = KEPT) -> None:
        self.most = most
        self._kept: OrderedDict[str, Tensor] = OrderedDict()
        self._lock = Lock()

    def __deepcopy__(self, memo: object) -> Embeddings:
        return self

    def of(self, captions: Sequence[str], encode: Callable[[list[str]], Tensor]) -> Tensor:
        """(B, 77, d_model) in float32; `encode` is asked for those that are not kept."""
        with self._lock:
            found = {text: self._kept[text] for text in captions if text in self._kept}
        new = [text for text in dict.fromkeys(captions) if text not in found]
        if new:
            found |= zip(new, (each.clone() for each in encode(new).half()), strict=True)
        with self._lock:
            for text in captions:
                self._kept[text] = found[text]
                self._kept.move_to_end(text)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return torch.stack([found[text].float() for text in captions])


class TextToImage(nn.Module):
    """Stage I with its text encoder. What lessons taught stays: encoder, lookup and pointer."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        encoder: T5EncoderModel,
        unet: PatchedUNet2DConditionModel,
    ) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.encoder = encoder.eval().requires_grad_(False)
        self.unet = unet
        self.lookup.requires_grad_(False)
        self.gallery.pointer.requires_grad_(False)
        self._embeddings = Embeddings()

    @classmethod
    def of(cls, pipeline: IFPipeline) -> TextToImage:
        """The modules of a pipeline."""
        return cls(pipeline.tokenizer, pipeline.text_encoder, pipeline.unet)

    @property
    def lookup(self) -> nn.Sequential:
        """What makes maps of texts; what stage I makes of the maps is trained with the pictures."""
        assert self.unet.text_layout is not None
        return self.unet.text_layout.lookup

    @property
    def gallery(self) -> TextGallery:
        """What shows stage I drawings; its pointer was taught with the encoder."""
        assert self.unet.text_gallery is not None
        return self.unet.text_gallery

    def pipeline(self) -> IFPipeline:
        """These very modules as diffusers' pipeline, without a progress bar."""
        pipeline = IFPipeline(
            tokenizer=self.tokenizer,
            text_encoder=self.encoder,
            unet=self.unet,
            scheduler=scheduler(),
            safety_checker=None,
            feature_extractor=None,
            watermarker=None,
            requires_safety_checker=False,
        )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def embed(self, captions: Sequence[str]) -> Tensor:
        """(B, 77, d_model); a caption that was read before is not read again."""
        return self._embeddings.of(captions, self.read)

    @torch.no_grad()
    def read(self, captions: Sequence[str]) -> Tensor:
        """(B, 77, d_model), every caption read."""
        return embed(self.tokenizer, self.encoder, captions)


def preview(model: TextToImage, to: Path, seeds: int = 4) -> None:
    """Draw `PREVIEW` quickly, a prompt a row and a seed a column, into one PNG."""
    prompts = [prompt for prompt in PREVIEW for _ in range(seeds)]
    each = [*range(seeds)] * len(PREVIEW)
    pictures = draw(model.pipeline(), prompts, each, steps=14)
    to.parent.mkdir(parents=True, exist_ok=True)
    grid(pictures.cpu(), seeds).save(to)


def train(
    model: TextToImage,
    stream: Stream,
    checkpoint: Path,
    settings: Settings,
    emphasis: Emphasis,
    yardstick: Yardstick,
    start: Path | None = None,
) -> TextToImage:
    """Train until the budget ends; the averaged weights, also left in the checkpoint.

    start: another training's checkpoint to go on from, with a budget of its own.

    Beside it, every `Settings.stride` pictures, a sheet shows what the average draws so far. On a
    GPU the pictures come from a `DevicePool`, since it takes them faster than they are composed.
    """
    model.train().to(settings.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    objective = Objective(settings.device, emphasis)

    def loss_of(model: TextToImage, lesson: Lesson) -> tuple[Tensor, Losses]:
        x0 = lesson.x0
        t = (objective.timesteps(len(x0)) * lesson.most_noise).long()
        noise = torch.randn_like(x0)
        with settings.autocast():
            v, variance = model.unet.velocity(objective.noised(x0, t, noise), t, lesson.text)
        error, bound = objective.loss(x0, t, noise, v, variance)
        return error + bound, {"error": error.detach(), "bound": bound.detach()}

    def loss_of_batch(model: TextToImage, batch: Batch) -> tuple[Tensor, Losses]:
        with settings.autocast():
            text = model.embed(batch.captions)
        return loss_of(model, Lesson(batch.pixels(), text, batch.most_noise))

    if settings.on_cpu:  # a step with the fused attention takes a quarter longer there
        model.unet.unet.set_attn_processor(AttnAddedKVProcessor())
    training = Training(model, settings, peak=1e-3, muon_peak=0.01)
    resumed = settings.resume and training.resume(checkpoint)
    if start is not None and not resumed:
        training.resume(start)
        training.budget = Budget(settings.minutes)
    sheets = checkpoint.with_name(f"{checkpoint.stem}-sheets")
    train_on = partial(
        optimise,
        training,
        checkpoint=checkpoint,
        describe="stage I",
        measure=yardstick.measure,
        inner=lambda model: model.unet.unet,
        show=lambda average, name: preview(average, sheets / f"{name}.png"),
    )
    if settings.on_cpu:
        return train_on(draw=stream.take, loss_of=loss_of_batch)
    pool = DevicePool(stream, model.read, settings.device)
    trained = train_on(draw=lambda: pool.take(settings.batch), loss_of=loss_of)
    print(f"{pool.composed} pictures composed", flush=True)
    return trained
