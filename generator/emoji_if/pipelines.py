"""Pictures drawn by an exported folder, through diffusers' own pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import IFPipeline, IFSuperResolutionPipeline
from PIL import Image
from torch import Tensor

from fwd_report.models.prompts import embed


def load_stage_1(folder: Path) -> IFPipeline:
    """Stage I of an exported folder, in float32."""
    pipeline = IFPipeline.from_pretrained(folder / "stage_1", torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def load_stage_2(folder: Path) -> IFSuperResolutionPipeline:
    """Stage II of an exported folder, in float32."""
    pipeline = IFSuperResolutionPipeline.from_pretrained(
        folder / "stage_2", torch_dtype=torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@torch.inference_mode()
def draw(
    pipeline: IFPipeline,
    prompts: Sequence[str],
    seeds: Sequence[int],
    guidance: float = 5.0,
    steps: int = 33,
    batch: int = 8,
) -> Tensor:
    """One picture per prompt and seed: (N, 3, 64, 64) in [-1, 1].

    A picture depends on its prompt and seed alone, not on the batch.
    """
    pictures = []
    for start in range(0, len(prompts), batch):
        chosen = slice(start, start + batch)
        text = embed(pipeline.tokenizer, pipeline.text_encoder, prompts[chosen])
        pictures.append(
            pipeline(
                prompt_embeds=text,
                negative_prompt_embeds=_nothing(pipeline, len(text)),
                generator=[torch.Generator().manual_seed(seed) for seed in seeds[chosen]],
                guidance_scale=guidance,
                num_inference_steps=steps,
                output_type="pt",
            ).images
        )
    return torch.cat(pictures).clamp(-1, 1)


@torch.inference_mode()
def enlarge(
    stage_1: IFPipeline,
    stage_2: IFSuperResolutionPipeline,
    pictures: Tensor,
    prompts: Sequence[str],
    seeds: Sequence[int],
    guidance: float = 1.0,
    steps: int = 20,
    noise_level: int = 75,
) -> Tensor:
    """(N, 3, 64, 64) in [-1, 1] to (N, 3, 256, 256), one at a time to bound the memory.

    noise_level: a timestep; how much the small picture is noised before it is enlarged.
    """
    large = []
    for picture, prompt, seed in zip(pictures, prompts, seeds, strict=True):
        output = stage_2(
            image=picture[None],
            prompt_embeds=embed(stage_1.tokenizer, stage_1.text_encoder, [prompt]),
            negative_prompt_embeds=_nothing(stage_1, 1),
            generator=torch.Generator().manual_seed(seed),
            guidance_scale=guidance,
            num_inference_steps=steps,
            noise_level=noise_level,
            output_type="pt",
        )
        large.append(output.images)
    return torch.cat(large).clamp(-1, 1)


def grid(pictures: Tensor, columns: int) -> Image.Image:
    """(N, 3, S, S) in [-1, 1] as one picture, rows first, on white."""
    count, _, size, _ = pictures.shape
    rows = -(-count // columns)
    sheet = Image.new("RGB", (columns * (size + 2), rows * (size + 2)), "white")
    for i, picture in enumerate(pictures):
        pixels = ((picture + 1) * 127.5).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
        sheet.paste(Image.fromarray(pixels), (i % columns * (size + 2), i // columns * (size + 2)))
    return sheet


def _nothing(pipeline: IFPipeline, count: int) -> Tensor:
    return embed(pipeline.tokenizer, pipeline.text_encoder, [""]).expand(count, -1, -1)
