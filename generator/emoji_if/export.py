"""From checkpoints to the folder that ships: diffusers' IF layout, half precision, safetensors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from emoji_if.captions import every_caption
from emoji_if.stage_networks import scheduler
from emoji_if.stage_one import TextToImage
from emoji_if.things import Thing, words
from fwd_report.models.patched_unet import PatchedUNet2DConditionModel
from fwd_report.models.towers import TowersScorer

SHARD = "15MB"


def export_stage_1(model: TextToImage, things: Sequence[Thing], folder: Path) -> None:
    """Write `stage_1/`, loadable as an `IFPipeline`, and `vocabulary.json`, the words it knows."""
    pipeline = model.eval().half().pipeline()
    stage = folder / "stage_1"
    pipeline.save_pretrained(stage, max_shard_size=SHARD)
    for path in (stage / "model_index.json", stage / "tokenizer" / "tokenizer_config.json"):
        _name_tokenizer(path)
    vocabulary = {"words": words(every_caption(tuple(things)))}
    text = json.dumps(vocabulary, indent=1, ensure_ascii=False)
    (folder / "vocabulary.json").write_text(text + "\n", "utf-8")


def export_stage_2(model: PatchedUNet2DConditionModel, folder: Path) -> None:
    """Write `stage_2/`: the UNet and both schedulers; prompts come embedded from stage I."""
    stage = folder / "stage_2"
    model.eval().half().save_pretrained(stage / "unet", max_shard_size=SHARD)
    scheduler().save_pretrained(stage / "scheduler")
    scheduler().save_pretrained(stage / "image_noising_scheduler")
    index = {
        "_class_name": "IFSuperResolutionPipeline",
        "feature_extractor": [None, None],
        "image_noising_scheduler": ["diffusers", "DDPMScheduler"],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDPMScheduler"],
        "text_encoder": [None, None],
        "tokenizer": [None, None],
        "unet": [PatchedUNet2DConditionModel.__module__, PatchedUNet2DConditionModel.__name__],
        "watermarker": [None, None],
    }
    (stage / "model_index.json").write_text(json.dumps(index, indent=2) + "\n", "utf-8")


def export_scorer(scorer: TowersScorer, folder: Path) -> None:
    """Write `scorer/`, which `load_scorer` reads."""
    place = folder / "scorer"
    scorer.save(place)
    _name_tokenizer(place / "tokenizer_config.json")


def _name_tokenizer(path: Path) -> None:
    """Call the tokenizer's class by the name that transformers 4 and 5 both know."""
    text = path.read_text("utf-8")
    path.write_text(text.replace("TokenizersBackend", "PreTrainedTokenizerFast"), "utf-8")
