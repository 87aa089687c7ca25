"""Prompts with words that their model's text encoder was never taught."""

from __future__ import annotations

from fwd_report.models.vocabulary import unknown_words
from fwd_report.plan.plan import Plan
from fwd_report.plan.stages import stage_models
from fwd_report.techniques.base import prompts_of


def unread_words(plan: Plan) -> list[str]:
    """A warning for each such prompt of an experiment, which names the words."""
    warnings: list[str] = []
    if not any(run.model for run in plan.runs):
        return warnings
    model = stage_models(plan.project)[1]
    for run in plan.runs:
        if run.model is None:
            continue
        for prompt in prompts_of(run.technique):
            words = unknown_words(model, prompt) if prompt else []
            if words:
                named = ", ".join(f"'{word}'" for word in words)
                warnings.append(
                    f"{run.section}.{run.experiment}: {run.model} has never read {named} "
                    f'(in "{prompt}")'
                )
    return list(dict.fromkeys(warnings))
