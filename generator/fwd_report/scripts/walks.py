"""The timesteps, the steps and the loop of a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from fwd_report.diffusion.spacing import resampled, spaced
from fwd_report.techniques.scripted import Scripted


def timesteps_text(T: int, fields: Mapping[str, Any]) -> str:
    """The times of the loop, as Python writes them.

    The assignment's from `i_start` on; or `steps` or `timesteps`, and the clean image.
    """
    stride = max(1, T * 30 // 1000)
    i_start = fields.get("i_start", 0)
    if fields["timesteps"] is None and fields["steps"] is None:
        first = (T - 1) // stride * stride - stride * i_start
        return f"list(range({first}, -1, -{stride}))"
    if fields["timesteps"] is None and fields["spacing"] == "leading" and not i_start:
        stride = T // fields["steps"]
        return f"[*range({(fields['steps'] - 1) * stride}, -1, -{stride}), -1]"
    return str(times(T, fields))


def times(T: int, fields: Mapping[str, Any]) -> list[int]:
    """The same as numbers."""
    i_start = fields.get("i_start", 0)
    if fields["timesteps"] is not None:
        return [*fields["timesteps"], -1][i_start:]
    if fields["steps"] is not None:
        return [*spaced(T, fields["steps"], fields["spacing"]), -1][i_start:]
    stride = max(1, T * 30 // 1000)
    return list(range((T - 1) // stride * stride, -1, -stride))[i_start:]


def loop_lines(T: int, fields: Mapping[str, Any], scripted: Scripted) -> list[str]:
    """From the start to `x`, the picture."""
    ddim, again = fields["sampler"] == "ddim", fields.get("resample", 1) > 1
    walk = times(T, fields)
    jumps = walk[-1] < 0 < walk[-2]  # to the clean image; diffusers' DDPM would add noise to it
    lines: list[str] = []
    if "image" in fields:
        lines += [
            "",
            "def noised(x, t):",
            "    a = scheduler.alphas_cumprod[t] if t >= 0 else torch.tensor(1.0)",
            "    return a.sqrt() * x + (1 - a).sqrt() * draw()",
            "",
        ]
    if ddim or again or jumps:
        lines += [
            "def alpha_bar(t):",
            "    return scheduler.alphas_cumprod[t] if t >= 0 else torch.tensor(1.0)",
            "",
        ]
    if ddim:
        lines += [*_ddim(fields["eta"], fields["dynamic_thresholding"]), ""]
    lines.append(f"x = {'noised(x0, timesteps[0])' if scripted.noised else 'draw()'}")
    visited = "timesteps"
    if again:
        visited = "visited"
        order = resampled(walk, fields["jump_length"], fields["resample"])
        lines += ["visited = [  # RePaint goes back and forth (Lugmayr et al. 2022)"]
        lines += [f"    {line}" for line in _wrapped(order)] + ["]"]
    lines.append(f"for t, t_next in zip({visited}, {visited}[1:]):")
    if again:
        lines += [
            "    if t_next > t:",
            "        a = alpha_bar(t_next) / alpha_bar(t)",
            "        x = a.sqrt() * x + (1 - a).sqrt() * draw()",
            "        continue",
        ]
    if ddim:
        lines.append("    x = step(x, t, t_next, estimate(x, t)[0])")
    elif jumps:
        lines += _with_a_jump(fields["dynamic_thresholding"])
    else:
        lines += [
            "    output = torch.cat(estimate(x, t), dim=1)",
            "    x = scheduler.step(output, t, x, generator=generator).prev_sample",
        ]
    if scripted.kept:
        lines.append("    x = mask * x + (1 - mask) * noised(x0, t_next)")
    return lines


def _threshold(name: str, percentile: float | None) -> list[str]:
    if percentile is None:
        return []
    return [
        f"s = {name}.abs().flatten().quantile({percentile!r}).clamp(min=1)",
        f"{name} = {name}.clamp(-s, s) / s",
    ]


def _with_a_jump(percentile: float | None) -> list[str]:
    """A step of diffusers, and one from t > 0 to the clean image, which adds no noise."""
    return [
        "    eps, variance = estimate(x, t)",
        "    if t_next < 0:",
        "        x = (x - (1 - alpha_bar(t)).sqrt() * eps) / alpha_bar(t).sqrt()",
        *(f"        {line}" for line in _threshold("x", percentile)),
        "    else:",
        "        output = torch.cat([eps, variance], dim=1)",
        "        x = scheduler.step(output, t, x, generator=generator).prev_sample",
    ]


def _ddim(eta: float, percentile: float | None) -> list[str]:
    """A step of Song et al. 2021, equation 12."""
    lines = [
        "def step(x, t, t_next, eps):",
        "    a, a_next = alpha_bar(t), alpha_bar(t_next)",
        "    x0 = (x - (1 - a).sqrt() * eps) / a.sqrt()",
        *(f"    {line}" for line in _threshold("x0", percentile)),
    ]
    if eta == 0:
        return [*lines, "    return a_next.sqrt() * x0 + (1 - a_next).sqrt() * eps"]
    return [
        *lines,
        f"    variance = {eta!r} ** 2 * (1 - a_next) / (1 - a) * (1 - a / a_next)",
        "    x = a_next.sqrt() * x0 + (1 - a_next - variance).clamp(min=0).sqrt() * eps",
        "    return x + variance.sqrt() * draw() if t_next >= 0 else x",
    ]


def _wrapped(order: Sequence[float]) -> list[str]:
    return wrap(", ".join(str(int(t)) for t in order) + ",", 90)
