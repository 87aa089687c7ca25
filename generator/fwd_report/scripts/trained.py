"""The script for a sample of a network that was trained in the report."""

from __future__ import annotations

from fwd_report.plan.run import Run
from fwd_report.scripts.literals import python_literal
from fwd_report.store.store import Store
from fwd_report.techniques.base import AskedClass
from fwd_report.techniques.sample import FLOW_STEPS
from fwd_report.techniques.sampling import GuidanceScale, LoopSteps, marked_value


def trained(store: Store, run: Run) -> list[str]:
    """The whole script except the lines that save the picture; the weights are those in the
    store.
    """
    training = run.trained
    assert training is not None
    made_by = dict(training.technique)
    epoch = run.trained_epoch or made_by["epochs"]
    weights = store.folder(training.key).relative_to(store.base.parent) / (
        f"epoch-{epoch:03d}.safetensors"
    )
    shape = ("conditioning", "hidden", "class_input", "modulation", "normalise", "sigma")
    made = {name: made_by[name] for name in shape}
    flow = made_by["objective"] == "flow"
    T = made_by["timesteps"]
    digit = marked_value(run.technique, AskedClass)
    guidance = marked_value(run.technique, GuidanceScale)
    taken = marked_value(run.technique, LoopSteps)
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
        f"unet.load_state_dict(load_file({python_literal(weights.as_posix())}))",
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
        steps = taken or FLOW_STEPS
        return [
            *lines,
            f"for i in range({steps}):",
            f"    t, t_next = i / {steps}, (i + 1) / {steps}",
            "    x = x + (t_next - t) * estimate(x, t)",
        ]
    stride = T // (taken or T)
    first = ((taken or T) - 1) * stride
    return [
        *lines,
        "scheduler = DDPMScheduler(",
        f'    {T}, beta_start=1e-4, beta_end=0.02, variance_type="fixed_large", clip_sample=False',
        ")",
        f"scheduler.set_timesteps(timesteps=list(range({first}, -1, -{stride})))",
        "for t in scheduler.timesteps.tolist():",
        "    x = scheduler.step(estimate(x, t), t, x, generator=generator).prev_sample",
    ]
