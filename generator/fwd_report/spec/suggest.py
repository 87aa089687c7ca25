"""Suggestions for a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

LISTED = 12
"""Most names that are listed if none is close."""


WORDS = {
    "num_inference_steps": ("steps",),
    "inference_steps": ("steps",),
    "num_steps": ("steps",),
    "timesteps": ("steps", "t"),
    "timestep": ("t",),
    "noise_level": ("t", "i_start"),
    "start_step": ("i_start",),
    "strength": ("i_start", "t"),
    "cfg_scale": ("guidance",),
    "cfg": ("guidance",),
    "guidance_scale": ("guidance",),
    "gamma": ("guidance",),
    "negative_prompt": ("negative", "prompt"),
    "text": ("prompt",),
    "prompts": ("prompt",),
    "img": ("image",),
    "input": ("image",),
    "init_image": ("image",),
    "num_images": ("samples",),
    "num_samples": ("samples",),
    "n": ("samples",),
    "batch_size": ("batch", "samples"),
    "generator": ("seed",),
    "seeds": ("seed", "samples"),
    "kernel": ("kernel_size",),
    "blur_sigma": ("sigma",),
    "lr": ("learning_rate",),
    "num_epochs": ("epochs",),
    "img2img": ("sdedit",),
    "image_to_image": ("sdedit",),
    "gaussian_blur": ("blur",),
    "inpainting": ("inpaint",),
    "repaint": ("inpaint",),
    "txt2img": ("sample",),
    "text_to_image": ("sample",),
    "generate": ("sample",),
    "ddpm": ("sample", "iterative"),
    "visual_anagram": ("anagram",),
    "visual_anagrams": ("anagram",),
    "hybrid_image": ("hybrid",),
    "super_resolution": ("upsample",),
    "upscale": ("upsample",),
    "noising": ("forward",),
    "add_noise": ("forward", "noising"),
    "one_step_denoise": ("one_step",),
    "single_step": ("one_step",),
    "iterative_denoise": ("iterative",),
}
"""Names used by other tools and papers, with ours for the same thing, the likeliest first."""


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The closest known name as a question; else all known names, if they are few; else None."""
    from difflib import get_close_matches

    names = sorted(set(known))
    ours = next(
        (word for word in WORDS.get(name.lower().replace("-", "_"), ()) if word in names), None
    )
    if ours is not None:
        return f"did you mean '{ours}'?"
    lowered = {known_name.lower(): known_name for known_name in names}
    close = get_close_matches(name.lower()[:200], lowered, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{lowered[close[0]]}'?"
    if 0 < len(names) <= LISTED:
        return f"there is: {', '.join(names)}"
    return None
