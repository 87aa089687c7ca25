"""What tells whether pictures show texts: the embedded scorer's towers, and CLIP models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.helpers.tiny_if import tiny_tokenizer
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTokenizerFast, CLIPVisionConfig

from fwd_report.errors import UserError
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.scorer import load_scorer
from fwd_report.models.towers import Towers, TowersScorer

try:  # the one that needs no torchvision
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
except ImportError:  # transformers 4
    from transformers import CLIPImageProcessor as CLIPImageProcessorPil

PROMPTS = ["a dog", "a photo of a skull"]


@pytest.fixture(scope="module")
def towers() -> Towers:
    torch.manual_seed(0)
    return Towers(60, width=16, channels=(8, 8, 16, 16)).eval()


@torch.no_grad()
def test_both_towers_give_unit_vectors_at_any_size(towers: Towers) -> None:
    looked = towers.images(torch.randn(2, 3, 256, 256))
    read = towers.texts(torch.tensor([[5, 6, 0], [7, 0, 0]]))
    for vectors in (looked, read):
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))


@torch.no_grad()
def test_padding_does_not_change_a_text(towers: Towers) -> None:
    short, long = torch.tensor([[5, 6]]), torch.tensor([[5, 6, 0, 0]])
    torch.testing.assert_close(towers.texts(short), towers.texts(long))


@torch.no_grad()
def test_a_saved_scorer_answers_as_before(towers: Towers, tmp_path: Path) -> None:
    scorer = TowersScorer(towers, tiny_tokenizer())
    scorer.save(tmp_path)
    again = load_scorer(ModelFolder(tmp_path), "cpu")
    pictures = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(again.images(pictures), scorer.images(pictures), atol=1e-2, rtol=0)
    torch.testing.assert_close(again.texts(PROMPTS), scorer.texts(PROMPTS), atol=1e-2, rtol=0)
    assert again.temperature == pytest.approx(scorer.temperature, rel=1e-2)


@pytest.fixture
def clip_folder(tmp_path: Path) -> Path:
    """A random CLIP model for 32 px, in transformers' layout."""
    torch.manual_seed(0)
    layers = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    text = CLIPTextConfig(vocab_size=600, num_hidden_layers=1, eos_token_id=1, **layers)
    vision = CLIPVisionConfig(image_size=32, patch_size=8, num_hidden_layers=1, **layers)
    CLIPModel(
        CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=8)
    ).save_pretrained(tmp_path)
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    pieces = [
        "<|startoftext|>",
        "<|endoftext|>",
        *letters,
        *(f"{letter}</w>" for letter in letters),
    ]
    (tmp_path / "vocab.json").write_text(json.dumps({piece: n for n, piece in enumerate(pieces)}))
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    CLIPTokenizerFast.from_pretrained(tmp_path).save_pretrained(tmp_path)
    CLIPImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    ).save_pretrained(tmp_path)
    return tmp_path


@torch.no_grad()
def test_a_clip_model_scores_as_in_transformers(clip_folder: Path) -> None:
    scorer = load_scorer(ModelFolder(clip_folder), "cpu")
    pictures = torch.randint(0, 256, (3, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    ours = scorer.images(pictures / 127.5 - 1) @ scorer.texts(PROMPTS).T / scorer.temperature

    model = CLIPModel.from_pretrained(clip_folder)
    processor = CLIPImageProcessorPil.from_pretrained(clip_folder)
    images = [Image.fromarray(p.permute(1, 2, 0).byte().numpy()) for p in pictures]
    tokens = CLIPTokenizerFast.from_pretrained(clip_folder)(
        PROMPTS, padding=True, return_tensors="pt"
    )
    pixels = processor(images, return_tensors="pt").pixel_values
    theirs = model(pixel_values=pixels, **tokens).logits_per_image
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    assert ours.std() > 1e-3


def test_a_clip_model_without_its_normalisation_is_named(clip_folder: Path) -> None:
    (clip_folder / "preprocessor_config.json").write_text('{"image_mean": null}')
    with pytest.raises(UserError, match=r"preprocessor_config\.json is damaged"):
        load_scorer(ModelFolder(clip_folder), "cpu")


def test_what_is_no_scorer_is_named(towers: Towers, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json"):
        load_scorer(ModelFolder(tmp_path), "cpu")
    TowersScorer(towers, tiny_tokenizer()).save(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"short")
    with pytest.raises(UserError, match=r"model\.safetensors"):
        load_scorer(ModelFolder(tmp_path), "cpu")
    (tmp_path / "config.json").write_text('{"_class_name": "Towers", "tokens": 60}')
    with pytest.raises(UserError, match=r"config\.json is damaged"):
        load_scorer(ModelFolder(tmp_path), "cpu")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(UserError, match="no known scorer"):
        load_scorer(ModelFolder(tmp_path), "cpu")
