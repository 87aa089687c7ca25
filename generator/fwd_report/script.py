"""One stored picture as a script of plain diffusers that makes it again; no torch.

What a script says is written from the papers and from diffusers' own names, not from this
project's engine: a reader can check the picture without believing it. docs/guide/reproducing.md
has the promise about the noise that makes it possible.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fwd_report.errors import UserError
from fwd_report.models import hub
from fwd_report.models.layout import CONFIG, SCHEDULE, STAGE_PARTS
from fwd_report.models.names import EMBEDDED, split_hub_id
from fwd_report.models.sizes import check_sizes
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_models
from fwd_report.site.provenance import SCRIPTED
from fwd_report.spec.model import Project
from fwd_report.store.files import read_json
from fwd_report.store.store import Store

VIEWS = {
    "flip": ("x.flip(-2)", "x.flip(-2)"),
    "mirror": ("x.flip(-1)", "x.flip(-1)"),
    "rotate90": ("x.rot90(1, (-2, -1))", "x.rot90(-1, (-2, -1))"),
    "rotate180": ("x.rot90(2, (-2, -1))", "x.rot90(2, (-2, -1))"),
    "rotate270": ("x.rot90(-1, (-2, -1))", "x.rot90(1, (-2, -1))"),
    "negate": ("-x", "-x"),
}
"""A view and its inverse, of those that a word of torch says."""
ORDERS = {
    "skew": ("views", "_skew", ("_pixels",)),
    "inner_circle": ("views", "_inner_circle", ("_pixels",)),
    "pixels": ("views", "_permuted_pixels", ()),
    "patches": ("views", "_permuted_patches", ("_pixels", "_permuted_pixels")),
    "jigsaw": (
        "jigsaw",
        "jigsaw_order",
        ("PIECES", "TAB_RADIUS", "_pieces", "_tab", "_orbit"),
    ),
}
"""Where the other views' orders of pixels are computed, and by what."""


def script_of(project: Project, store: Store, run: Run) -> str:
    """A Python script that makes the run's picture and saves it, to be run in the writeup's folder.

    Raises UserError for a run of a technique that is not one of `SCRIPTED`.
    """
    if run.technique.name not in SCRIPTED:
        raise UserError(
            f"{run.name} is no single picture of a model: its technique is {run.technique.name}",
            hint=f"a script is for runs of {', '.join(SCRIPTED)}",
        )
    lines = [
        f"# {run.name}, by plain torch and diffusers. Run it in the writeup's folder.",
        *(_trained(store, run) if run.needs.get("model") else _prompted(project, run)),
        "",
        *_saved(run, (0, 1) if run.needs.get("model") else (-1, 1)),
    ]
    return "\n".join(lines) + "\n"


def _prompted(project: Project, run: Run) -> list[str]:
    """A picture of the text-to-image model's first stage."""
    fields = dict(run.technique)
    model = stage_models(project)[1]
    config = _config(model, "scheduler", SCHEDULE)
    patched = _config(model, "unet", CONFIG).get("_class_name") == "PatchedUNet2DConditionModel"
    size = "unet.config.sample_size"
    pictured = "image" in fields
    anagram = run.technique.name == "anagram"
    timesteps = _timesteps(config.get("num_train_timesteps", 1000), fields)
    return [
        "import torch",
        *(["import torch.nn.functional as F"] if fields.get("split") == "frequency" else []),
        *(["import numpy as np"] if pictured and _is_deep(project.root / fields["image"]) else []),
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
        *_estimate(fields, run.technique.name),
        "",
        *_pictures(project, fields),
        *_loop(fields, run.technique.name),
    ]


def _estimate(fields: Mapping[str, Any], technique: str) -> list[str]:
    """`estimate(x, t)`: the noise and the variance that the step is made with."""
    if technique == "hybrid":
        return _hybrid(fields)
    if technique == "anagram":
        return [
            *_guided(fields["guidance"]),
            "",
            *_view(fields["view"], fields["view_seed"]),
            "",
            "def estimate(x, t):",
            f"    eps_1, variance_1 = guided(x, t, {_text(fields['prompt'])})",
            f"    eps_2, variance_2 = guided(view(x), t, {_text(fields['flipped'])})",
            "    return (eps_1 + back(eps_2)) / 2, (variance_1 + unsigned_back(variance_2)) / 2",
        ]
    guidance = fields.get("guidance")
    if guidance is None or fields["prompt"] == "":
        return ["def estimate(x, t):", f"    return ask(x, t, {_text(fields['prompt'])})"]
    return [
        *_guided(guidance),
        "",
        "def estimate(x, t):",
        f"    return guided(x, t, {_text(fields['prompt'])})",
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
        f"    eps_low, variance_low = ask(x, t, {_text(fields['low'])})",
        f"    eps_high, variance_high = ask(x, t, {_text(fields['high'])})",
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


def _view(name: str, seed: int) -> list[str]:
    if name in VIEWS:
        view, back = VIEWS[name]
        unsigned = "x" if name == "negate" else back
        return [
            "def view(x):", f"    return {view}", "",
            "def back(x):", f"    return {back}", "",
            "def unsigned_back(x):", f"    return {unsigned}",
        ]  # fmt: skip
    module, order, helpers = ORDERS[name]
    return [
        *_sources(module, (*helpers, order)),
        f"order = {order}(size, {seed})  # which pixel each place of the view shows",
        "",
        "def view(x):", "    return x.flatten(-2)[..., order].reshape(x.shape)", "",
        "def back(x):", "    return x.flatten(-2)[..., order.argsort()].reshape(x.shape)", "",
        "unsigned_back = back",
    ]  # fmt: skip


def _sources(module: str, names: Sequence[str]) -> list[str]:
    """Definitions of this package's mathematics, which is plain torch, as they stand."""
    path = Path(__file__).parent / "diffusion" / f"{module}.py"
    text = path.read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for node in ast.parse(text).body:
        bound: list[str] = []
        if isinstance(node, ast.FunctionDef):
            bound = [node.name]
        elif isinstance(node, ast.Assign):
            bound = [
                part.id for target in node.targets for part in ast.walk(target)
                if isinstance(part, ast.Name)
            ]  # fmt: skip
        if bound:
            found[bound[0]] = text.splitlines()[node.lineno - 1 : node.end_lineno]
    return [line for name in names for line in (*found[name], "")]


def _pictures(project: Project, fields: Mapping[str, Any]) -> list[str]:
    """The input picture and mask: the centre square, at the model's size."""
    if "image" not in fields:
        return []
    opened = f"ImageOps.exif_transpose(Image.open({_text(fields['image'])}))"
    if _is_deep(project.root / fields["image"]):
        deep = f"np.asarray({opened}, dtype=np.float64) / 257"
        opened = f"Image.fromarray(({deep}).round().clip(0, 255).astype(np.uint8))"
    lines = [
        f'picture = {opened}.convert("RGBA")',
        'white = Image.new("RGBA", picture.size, "white")',
        'picture = Image.alpha_composite(white, picture).convert("RGB")',
        "picture = ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)",
        "levels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)",
        "x0 = levels.view(1, size, size, 3).permute(0, 3, 1, 2) / 255 * 2 - 1",
    ]
    if "mask" in fields:
        lines += [
            f'mask = ImageOps.exif_transpose(Image.open({_text(fields["mask"])})).convert("L")',
            "mask = ImageOps.fit(mask, (size, size), Image.Resampling.BOX)",
            "levels = torch.frombuffer(bytearray(mask.tobytes()), dtype=torch.uint8)",
            "mask = (levels > 127).float().view(1, 1, size, size)",
        ]
    return lines


def _loop(fields: Mapping[str, Any], technique: str) -> list[str]:
    noised = [
        "",
        "def noised(x, t):",
        "    a = scheduler.alphas_cumprod[t] if t >= 0 else torch.tensor(1.0)",
        "    return a.sqrt() * x + (1 - a).sqrt() * draw()",
        "",
    ]
    start = "noised(x0, timesteps[0])" if technique in ("iterative", "sdedit") else "draw()"
    lines = [
        *(noised if "image" in fields else []),
        f"x = {start}",
        "for t, t_next in zip(timesteps, timesteps[1:]):",
        "    output = torch.cat(estimate(x, t), dim=1)",
        "    x = scheduler.step(output, t, x, generator=generator).prev_sample",
    ]
    if technique == "inpaint":
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
        return [f"folder, revision = {_text(name)}, {_text(revision)}"]
    inside = model.is_relative_to(project.root)
    return [f"folder = {_text((model.relative_to(project.root) if inside else model).as_posix())}"]


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


def _trained(store: Store, run: Run) -> list[str]:
    """A sample of a network that was trained in the report, whose weights are in the store."""
    training = run.needs["model"][0]
    trained, fields = dict(training.technique), dict(run.technique)
    epoch = run.epochs.get("model") or trained["epochs"]
    weights = store.folder(training.key).relative_to(store.base.parent) / (
        f"epoch-{epoch:03d}.safetensors"
    )
    shape = ("conditioning", "hidden", "class_input", "modulation", "normalise", "sigma")
    made = {name: trained[name] for name in shape}
    flow = trained["objective"] == "flow"
    T = trained["timesteps"]
    digit, guidance = fields["digit"], fields["guidance"]
    if digit is None or guidance is None:
        estimate = [f"    return ask(x, t, {digit})"]
    elif guidance in (0, 1):
        estimate = [f"    return ask(x, t, {digit if guidance == 1 else None})"]
    else:
        estimate = [
            f"    conditional, unconditional = ask(x, t, {digit}), ask(x, t, None)",
            f"    return unconditional + {guidance!r} * (conditional - unconditional)",
        ]
    told = "t" if flow else f"(t + 1) / {T}"
    lines = [
        "import torch",
        *([] if flow else ["from diffusers import DDPMScheduler"]),
        "from PIL import Image",
        "from safetensors.torch import load_file",
        "# The assignment's UNet, which diffusers has no class for.",
        "from fwd_report.training.unet import NO_CLASS, unet_of",
        "",
        f"unet = unet_of({made!r}).eval()",
        f"unet.load_state_dict(load_file({_text(weights.as_posix())}))",
        f'generator = torch.Generator("cpu").manual_seed({run.seed})',
        "",
        "@torch.no_grad()",
        "def ask(x, t, digit):",
        "    label = torch.tensor([NO_CLASS if digit is None else digit])",
        f"    return unet(x, torch.tensor([float({told})]), label)",
        "",
        "def estimate(x, t):",
        *estimate,
        "",
        "x = torch.randn(1, 1, 28, 28, generator=generator)",
    ]
    if flow:
        steps = fields["steps"] or 50
        return [
            *lines,
            f"for i in range({steps}):",
            f"    t, t_next = i / {steps}, (i + 1) / {steps}",
            "    x = x + (t_next - t) * estimate(x, t)",
        ]
    stride = T // (fields["steps"] or T)
    first = ((fields["steps"] or T) - 1) * stride
    return [
        *lines,
        "scheduler = DDPMScheduler(",
        f'    {T}, beta_start=1e-4, beta_end=0.02, variance_type="fixed_large", clip_sample=False',
        ")",
        f"scheduler.set_timesteps(timesteps=list(range({first}, -1, -{stride})))",
        "for t in scheduler.timesteps.tolist():",
        "    x = scheduler.step(estimate(x, t), t, x, generator=generator).prev_sample",
    ]


def _saved(run: Run, value_range: tuple[int, int]) -> list[str]:
    unit = "((x[0] + 1) / 2)" if value_range == (-1, 1) else "x[0]"
    shape = "levels.permute(1, 2, 0)" if value_range == (-1, 1) else "levels[0]"
    file = f"{run.section}.{run.experiment}-{run.index}.png"
    return [
        f"levels = ({unit}.clamp(0, 1) * 255).round().to(torch.uint8)",
        f"Image.fromarray({shape}.numpy()).save({_text(file)})",
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


def _is_deep(path: Path) -> bool:
    """Whether a picture is grey of 16 bits, which Pillow's own conversion would clip."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return picture.mode.startswith("I")
    except OSError:
        return False


def _text(value: str) -> str:
    """A string as Python writes it, in double quotes."""
    return json.dumps(value, ensure_ascii=False)
