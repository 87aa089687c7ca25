"""The script of a picture of the text-to-image model's first stage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fwd_report.models import hub
from fwd_report.models.folder_layout import CONFIG, SCHEDULE, STAGE_PARTS
from fwd_report.models.names import EMBEDDED, split_hub_id
from fwd_report.models.sizes import check_sizes
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_models
from fwd_report.scripts.anagram_views import ORDERS, view_lines
from fwd_report.scripts.input_pictures import needs_numpy, picture_lines
from fwd_report.scripts.quoted import quoted
from fwd_report.spec.project import Project
from fwd_report.store.files import read_json
from fwd_report.techniques.scripted import Scripted


def prompted(project: Project, run: Run) -> list[str]:
    """All of it but the saving."""
    fields = dict(run.technique)
    model = stage_models(project)[1]
    config = _config(model, "scheduler", SCHEDULE)
    patched = _config(model, "unet", CONFIG).get("_class_name") == "PatchedUNet2DConditionModel"
    size = "unet.config.sample_size"
    pictured = "image" in fields
    scripted = run.technique.scripted() or Scripted()
    anagram = scripted.estimate == "anagram"
    timesteps = _timesteps(config.get("num_train_timesteps", 1000), fields)
    return [
        "import torch",
        *(["import torch.nn.functional as F"] if fields.get("split") == "frequency" else []),
        *(["import numpy as np"] if needs_numpy(project.root, fields) else []),
        "from diffusers import DDPMScheduler" + ("" if patched else ", UNet2DConditionModel"),
        "from PIL import Image" + (", ImageOps" if pictured else ""),
        *(["from torch import Tensor"] if anagram and fields["view"] in ORDERS else []),
        "from transformers import AutoTokenizer, T5EncoderModel",
        *_own_unet(patched),
        "",
        *_place(project, model),
        *_loaded(model, patched, fields.get("dynamic_thresholding")),
        f"size, seed = {size}, {run.seed}",
        'generator = torch.Generator("cpu").manual_seed(seed)',
        f"timesteps = {timesteps}",
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
        *_estimate(fields, scripted),
        "",
        *picture_lines(project.root, fields, run.frames),
        *_loop(fields, scripted),
    ]


def _estimate(fields: Mapping[str, Any], scripted: Scripted) -> list[str]:
    """`estimate(x, t)`: the noise and the variance that the step is made with."""
    if scripted.estimate == "hybrid":
        return _hybrid(fields)
    if scripted.estimate == "anagram":
        return [
            *_guided(fields["guidance"]),
            "",
            *view_lines(fields["view"], fields["view_seed"]),
            "",
            "def estimate(x, t):",
            f"    eps_1, variance_1 = guided(x, t, {quoted(fields['prompt'])})",
            f"    eps_2, variance_2 = guided(view(x), t, {quoted(fields['flipped'])})",
            "    return (eps_1 + back(eps_2)) / 2, (variance_1 + unsigned_back(variance_2)) / 2",
        ]
    guidance = fields.get("guidance")
    if guidance is None or fields["prompt"] == "":
        return ["def estimate(x, t):", f"    return ask(x, t, {quoted(fields['prompt'])})"]
    return [
        *_guided(guidance),
        "",
        "def estimate(x, t):",
        f"    return guided(x, t, {quoted(fields['prompt'])})",
    ]


def _guided(scale: float) -> list[str]:
    """Classifier-free guidance (Ho & Salimans 2022)."""
    if scale in (0, 1):
        asked = '""' if scale == 0 else "prompt"
        return ["def guided(x, t, prompt):", f"    return ask(x, t, {asked})"]
    return [
        "def guided(x, t, prompt):",
        '    (eps, variance), (eps_u, _) = ask(x, t, prompt), ask(x, t, "")',
        f"    return eps_u + {scale!r} * (eps - eps_u), variance",
    ]


def _hybrid(fields: Mapping[str, Any]) -> list[str]:
    """The sum of two filtered estimates (Geng et al. 2024, Factorized Diffusion)."""
    if fields["split"] == "colour":
        low = ["def low(x):", "    return x.mean(1, keepdim=True).expand_as(x)"]
    else:
        radius = fields["kernel_size"] // 2
        low = [
            "def low(x):",
            f"    weights = torch.exp(-0.5 * (torch.arange(-{radius}, {radius} + 1) / "
            f"{fields['sigma']!r}) ** 2)",
            "    weights = (weights / weights.sum()).expand(3, 1, 1, -1)",
            f'    x = F.pad(x, ({radius},) * 4, mode="reflect")',
            "    x = F.conv2d(x, weights, groups=3)",
            "    return F.conv2d(x, weights.transpose(2, 3), groups=3)",
        ]
    scale = fields["guidance"]
    estimate = [
        "def estimate(x, t):",
        f"    eps_low, variance_low = ask(x, t, {quoted(fields['low'])})",
        f"    eps_high, variance_high = ask(x, t, {quoted(fields['high'])})",
        "    eps = low(eps_low) + eps_high - low(eps_high)",
        "    variance = (variance_low + variance_high) / 2",
    ]
    if scale == 0:
        return ["def estimate(x, t):", '    return ask(x, t, "")']
    if scale == 1:
        return [*low, "", *estimate, "    return eps, variance"]
    return [
        *low,
        "",
        *estimate,
        '    eps_u, _ = ask(x, t, "")',
        f"    return eps_u + {scale!r} * (eps - eps_u), variance",
    ]


def _loop(fields: Mapping[str, Any], scripted: Scripted) -> list[str]:
    noised = [
        "",
        "def noised(x, t):",
        "    a = scheduler.alphas_cumprod[t] if t >= 0 else torch.tensor(1.0)",
        "    return a.sqrt() * x + (1 - a).sqrt() * draw()",
        "",
    ]
    start = "noised(x0, timesteps[0])" if scripted.noised else "draw()"
    lines = [
        *(noised if "image" in fields else []),
        f"x = {start}",
        "for t, t_next in zip(timesteps, timesteps[1:]):",
        "    output = torch.cat(estimate(x, t), dim=1)",
        "    x = scheduler.step(output, t, x, generator=generator).prev_sample",
    ]
    if scripted.kept:
        lines.append("    x = mask * x + (1 - mask) * noised(x0, t_next)")
    return lines


def _timesteps(T: int, fields: Mapping[str, Any]) -> str:
    """The times of the loop: the assignment's from `i_start` on, or `steps` and the clean image."""
    if steps := fields.get("steps"):
        stride = T // steps
        return f"[*range({(steps - 1) * stride}, -1, -{stride}), -1]"
    stride = max(1, T * 30 // 1000)
    first = (T - 1) // stride * stride - stride * fields.get("i_start", 0)
    return f"list(range({first}, -1, -{stride}))"


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
        return [f"folder, revision = {quoted(name)}, {quoted(revision)}"]
    inside = model.is_relative_to(project.root)
    return [f"folder = {quoted((model.relative_to(project.root) if inside else model).as_posix())}"]


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
    """A configuration of the model, {} where it is not on this machine."""
    folder = model if isinstance(model, Path) else hub.snapshot(model)
    if not folder:
        return {}
    file = folder / part / name
    config = read_json(file)
    check_sizes(config, file, file.read_text(encoding="utf-8"))
    return config
