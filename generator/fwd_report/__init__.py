"""Declarative diffusion experiments, run once, cached by key, published as a site.

As a library: `open_report` gives a report's results as pictures, tensors and numbers, and runs what
is not stored yet; `load_model`, `denoise` and their companions drive models by hand. Each public
name is imported on first use, so that `import fwd_report` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fwd_report import sources as sources  # before every module whose code is part of keys

if TYPE_CHECKING:
    from fwd_report.api.exceptions import NotRunError as NotRunError
    from fwd_report.api.exceptions import RestartNeededError as RestartNeededError
    from fwd_report.api.exceptions import RunsFailedError as RunsFailedError
    from fwd_report.api.exceptions import UnknownNameError as UnknownNameError
    from fwd_report.api.experiment import Experiment as Experiment
    from fwd_report.api.models import LoadedModel as LoadedModel
    from fwd_report.api.models import load_model as load_model
    from fwd_report.api.models import to_image as to_image
    from fwd_report.api.outcome import FailedRun as FailedRun
    from fwd_report.api.outcome import Outcome as Outcome
    from fwd_report.api.report import Report as Report
    from fwd_report.api.report import ReportWarning as ReportWarning
    from fwd_report.api.report import Section as Section
    from fwd_report.api.report import open_report as open_report
    from fwd_report.api.stored_run import Run as Run
    from fwd_report.diffusion.combine import factorised as factorised
    from fwd_report.diffusion.combine import mean as mean
    from fwd_report.diffusion.combine import seen as seen
    from fwd_report.diffusion.computing import applied as applied
    from fwd_report.diffusion.ddim import DDIM as DDIM
    from fwd_report.diffusion.ddpm import DDPM as DDPM
    from fwd_report.diffusion.ddpm import Threshold as Threshold
    from fwd_report.diffusion.driver import answer as answer
    from fwd_report.diffusion.driver import estimator as estimator
    from fwd_report.diffusion.filters import colour as colour
    from fwd_report.diffusion.filters import gaussian_blur as gaussian_blur
    from fwd_report.diffusion.filters import grey as grey
    from fwd_report.diffusion.filters import high_pass as high_pass
    from fwd_report.diffusion.flow import Flow as Flow
    from fwd_report.diffusion.guidance import guided as guided
    from fwd_report.diffusion.loops import denoise as denoise
    from fwd_report.diffusion.noise import Noise as Noise
    from fwd_report.diffusion.program import Prediction as Prediction
    from fwd_report.diffusion.program import Query as Query
    from fwd_report.diffusion.program import together as together
    from fwd_report.diffusion.steps import step as step
    from fwd_report.diffusion.views import VIEWS as VIEWS
    from fwd_report.diffusion.views import View as View
    from fwd_report.errors import RunError as RunError
    from fwd_report.errors import UserError as UserError

__version__ = "0.1.0"

MODULES = {
    "api.exceptions": ("NotRunError", "RestartNeededError", "RunsFailedError", "UnknownNameError"),
    "api.experiment": ("Experiment",),
    "api.models": ("LoadedModel", "load_model", "to_image"),
    "api.report": ("Report", "ReportWarning", "Section", "open_report"),
    "api.stored_run": ("Run",),
    "api.outcome": ("FailedRun", "Outcome"),
    "diffusion.combine": ("factorised", "mean", "seen"),
    "diffusion.computing": ("applied",),
    "diffusion.ddim": ("DDIM",),
    "diffusion.ddpm": ("DDPM", "Threshold"),
    "diffusion.driver": ("answer", "estimator"),
    "diffusion.filters": ("colour", "gaussian_blur", "grey", "high_pass"),
    "diffusion.flow": ("Flow",),
    "diffusion.guidance": ("guided",),
    "diffusion.loops": ("denoise",),
    "diffusion.noise": ("Noise",),
    "diffusion.program": ("Prediction", "Query", "together"),
    "diffusion.steps": ("step",),
    "diffusion.views": ("VIEWS", "View"),
    "errors": ("RunError", "UserError"),
}
"""The module of each public name."""
__all__ = sorted(name for names in MODULES.values() for name in names)


def __getattr__(name: str) -> Any:
    for module, names in MODULES.items():
        if name in names:
            from importlib import import_module

            value = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
