"""The script for a picture of the text-to-image model's first stage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fwd_report.models import hub
from fwd_report.models.folder_layout import CONFIG, SCHEDULE, STAGE_PARTS
from fwd_report.models.names import EMBEDDED, split_hub_id
from fwd_report.models.sizes import config_in
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_models
from fwd_report.scripts.anagram_views import ORDERS
from fwd_report.scripts.estimates import estimate_lines
from fwd_report.scripts.input_pictures import needs_numpy, picture_lines
from fwd_report.scripts.literals import python_literal
from fwd_report.scripts.scripted_fields import fields_of, frames_by_kind
from fwd_report.scripts.walks import loop_lines, timesteps_text
from fwd_report.spec.project import Project
from fwd_report.techniques.scripted import Scripted


def prompted_script(project: Project, run: Run) -> list[str]:
    """The whole script except the lines that save the picture."""
    scripted = run.technique.scripted() or Scripted()
    fields = fields_of(run.technique, scripted)
    model = stage_models(project)[1]
    config = _config(model, "scheduler", SCHEDULE)
    patched = _config(model, "unet", CONFIG).get("_class_name") == "PatchedUNet2DConditionModel"
    size = "unet.config.sample_size"
    pictured = "image" in fields
    anagram = scripted.estimate == "anagram"
    T = config.get("num_train_timesteps", 1000)
    return [
        "import torch",
        *(["import torch.nn.functional as F"] if fields["split"] == "frequency" else []),
        *(["import numpy as np"] if needs_numpy(project.root, fields) else []),
        "from diffusers import DDPMScheduler" + ("" if patched else ", UNet2DConditionModel"),
        "from PIL import Image" + (", ImageOps" if pictured else ""),
        *(["from torch import Tensor"] if anagram and fields["view"] in ORDERS else []),
        "from transformers import AutoTokenizer, T5EncoderModel",
        *_own_unet(patched),
        "",
        *_place(project, model),
        *_loaded(model, patched, fields["dynamic_thresholding"]),
        f"size, seed = {size}, {run.seed}",
        'generator = torch.Generator("cpu").manual_seed(seed)',
        f"timesteps = {timesteps_text(T, fields)}",
        "scheduler.set_timesteps(timesteps=[t for t in timesteps if t >= 0])",
        "",
        "def draw():",
        "    return torch.randn(1, 3, size, size, generator=generator)",
        "",
        "@torch.no_grad()",
        "def ask(x, t, prompt):",
        "    tokens = tokenizer(",
        '        [prompt.lower().strip()], padding="max_length", max_length=77, truncation=True,',
        '        return_tensors="pt",',
        "    )",
        "    text = encoder(tokens.input_ids, attention_mask=tokens.attention_mask)[0]",
        "    return unet(x, t, text).sample.split(3, dim=1)",
        "",
        *estimate_lines(fields, scripted),
        "",
        *picture_lines(project.root, fields, frames_by_kind(run.technique, run.frames)),
        *loop_lines(T, fields, scripted),
    ]


def _own_unet(patched: bool) -> list[str]:
    if not patched:
        return []
    return [
        "# This model's UNet looks at patches of pixels; diffusers has no class for that.",
        "from fwd_report.models import patched_unet",
    ]


def _place(project: Project, model: Path | str) -> list[str]:
    if project.report.model == EMBEDDED:
        return [
            "from pathlib import Path",
            "",
            f'folder = Path(patched_unet.__file__).parent / "{EMBEDDED}" / "stage_1"',
        ]
    if isinstance(model, str):
        name, revision = split_hub_id(model)
        return [f"folder, revision = {python_literal(name)}, {python_literal(revision)}"]
    inside = model.is_relative_to(project.root)
    folder = model.relative_to(project.root) if inside else model
    return [f"folder = {python_literal(folder.as_posix())}"]


def _loaded(model: Path | str, patched: bool, percentile: float | None) -> list[str]:
    """The model's parts, in float32."""
    at = ", revision=revision" if isinstance(model, str) else ""
    network = "UNet2DConditionModel"
    if patched:
        network = "patched_unet.PatchedUNet2DConditionModel"
    folder = model if isinstance(model, Path) else hub.snapshot(model)
    half = {
        part: ', variant="fp16"' if folder and any((folder / part).glob("*.fp16*")) else ""
        for part in STAGE_PARTS[1]
    }
    threshold = "thresholding=False"
    if percentile is not None:
        threshold = (
            f"thresholding=True, dynamic_thresholding_ratio={percentile!r}, "
            'sample_max_value=float("inf")'
        )
    return [
        f'tokenizer = AutoTokenizer.from_pretrained(folder, subfolder="tokenizer"{at})',
        'encoder = T5EncoderModel.from_pretrained(folder, subfolder="text_encoder"'
        f"{half['text_encoder']}{at}).float()",
        f'unet = {network}.from_pretrained(folder, subfolder="unet"{half["unet"]}{at})'
        ".float().eval()",
        "scheduler = DDPMScheduler.from_pretrained(",
        f'    folder, subfolder="scheduler"{at}, variance_type="learned_range", clip_sample=False,',
        f"    {threshold},",
        ")",
    ]


def _config(model: Path | str, part: str, name: str) -> Mapping[str, Any]:
    """A configuration of the model; {} if it is not on this machine."""
    folder = model if isinstance(model, Path) else hub.snapshot(model)
    return config_in(folder, part, name) if folder else {}
