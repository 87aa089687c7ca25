"""How a script estimates the noise: prompts put together, and guidance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fwd_report.scripts.anagram_views import view_lines
from fwd_report.scripts.literals import python_literal
from fwd_report.techniques.scripted import Scripted


def estimate_lines(fields: Mapping[str, Any], scripted: Scripted) -> list[str]:
    """`estimate(x, t)`: the noise and the variance that the step is made with."""
    if scripted.estimate == "hybrid":
        return _hybrid(fields)
    if scripted.estimate == "anagram":
        return [
            *_guided(fields),
            "",
            *view_lines(fields["view"], fields["view_seed"]),
            "",
            "def estimate(x, t):",
            f"    eps_1, variance_1 = guided(x, t, {python_literal(fields['prompt'])})",
            f"    eps_2, variance_2 = guided(view(x), t, {python_literal(fields['flipped'])})",
            "    return (eps_1 + back(eps_2)) / 2, (variance_1 + unsigned_back(variance_2)) / 2",
        ]
    if fields.get("guidance") is None or fields["prompt"] == fields.get("negative_prompt", ""):
        return ["def estimate(x, t):", f"    return ask(x, t, {python_literal(fields['prompt'])})"]
    return [
        *_guided(fields),
        "",
        "def estimate(x, t):",
        f"    return guided(x, t, {python_literal(fields['prompt'])})",
    ]


def _guided(fields: Mapping[str, Any]) -> list[str]:
    """Classifier-free guidance (Ho & Salimans 2022)."""
    head = "def guided(x, t, prompt):"
    scale = fields["guidance"]
    if scale not in (0, 1) and not fields["guidance_interval"] and not fields["guidance_rescale"]:
        away = python_literal(fields["negative_prompt"])
        return [
            head,
            f"    (eps, variance), (eps_u, _) = ask(x, t, prompt), ask(x, t, {away})",
            f"    return eps_u + {scale!r} * (eps - eps_u), variance",
        ]
    return [head, *_guidance(fields, ["    eps, variance = ask(x, t, prompt)"])]


def _guidance(fields: Mapping[str, Any], conditional: Sequence[str]) -> list[str]:
    """The body of a function that guides `eps`, which those lines make."""
    scale, rescale, interval = (
        fields[name] for name in ("guidance", "guidance_rescale", "guidance_interval")
    )
    away = python_literal(fields["negative_prompt"])
    if scale == 1:
        return [*conditional, "    return eps, variance"]
    lines = list(conditional)
    if interval:
        low, high = interval
        lines += [f"    if not {low} < t <= {high}:", "        return eps, variance"]
    if scale == 0:
        return [*(lines if interval else []), f"    return ask(x, t, {away})"]
    lines.append(f"    eps_u, _ = ask(x, t, {away})")
    if not rescale:
        return [*lines, f"    return eps_u + {scale!r} * (eps - eps_u), variance"]
    return [
        *lines,
        f"    guided_eps = eps_u + {scale!r} * (eps - eps_u)",
        "    spread = eps.std() / guided_eps.std()",
        f"    return guided_eps * ({rescale!r} * spread + {1 - rescale!r}), variance",
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
    conditional = [
        f"    eps_low, variance_low = ask(x, t, {python_literal(fields['low'])})",
        f"    eps_high, variance_high = ask(x, t, {python_literal(fields['high'])})",
        "    eps = low(eps_low) + eps_high - low(eps_high)",
        "    variance = (variance_low + variance_high) / 2",
    ]
    body = _guidance(fields, conditional)
    used = "    eps = low(eps_low) + eps_high - low(eps_high)" in body
    return [*([*low, ""] if used else []), "def estimate(x, t):", *body]
