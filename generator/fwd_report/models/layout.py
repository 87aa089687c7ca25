"""Which files of a model's folder are its parts: diffusers' IF layout, and a scorer's. No torch."""

from __future__ import annotations

PARTS = ("unet", "scheduler", "text_encoder", "tokenizer", "image_noising_scheduler")
"""The folders of diffusers' IF layout that decide what a model predicts."""
WHOLE = "."
"""The part of a model that lies in the folder itself: a scorer."""
SUFFIXES = (".json", ".safetensors", ".model", ".txt")

NETWORKS: dict[str, tuple[str, ...]] = {
    "unet": ("config.json",),
    "text_encoder": ("config.json",),
    WHOLE: ("config.json", "preprocessor_config.json", "tokenizer_config.json"),
}
"""The parts that have weights, and the files beside them."""
