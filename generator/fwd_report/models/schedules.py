"""The processes described by the scheduler configurations of a model's folder."""

from __future__ import annotations

from fwd_report.diffusion.ddpm import DDPM, Threshold
from fwd_report.errors import UserError
from fwd_report.models.folder_layout import SCHEDULE
from fwd_report.models.model_folder import ModelFolder


def load_process(folder: ModelFolder, thresholds: bool) -> DDPM:
    """The process that scheduler/scheduler_config.json describes.

    thresholds: whether the clean estimate is clipped or thresholded if the configuration demands
    it. Raises UserError for a schedule or prediction type that this program does not know.
    """
    config = folder.config("scheduler", SCHEDULE)
    wanted = {
        "beta_schedule": "squaredcos_cap_v2",
        "prediction_type": "epsilon",
        "variance_type": "learned_range",
    }
    for name, value in wanted.items():
        if config.get(name, value) != value:
            raise UserError(
                f"{folder.path}/scheduler/{SCHEDULE}: {name} is {config[name]!r}, not {value!r}",
                hint="only models of DeepFloyd IF's kind are known",
            )
    threshold = None
    if thresholds and config.get("thresholding"):
        threshold = Threshold(
            config.get("dynamic_thresholding_ratio", 0.995), config.get("sample_max_value", 1.0)
        )
    elif thresholds and config.get("clip_sample", True):
        threshold = Threshold(maximum=1.0)
    return DDPM.squaredcos_cap_v2(config.get("num_train_timesteps", 1000), threshold)


def load_noising(folder: ModelFolder) -> DDPM:
    """The process that noises the input of stage II: image_noising_scheduler/."""
    config = folder.config("image_noising_scheduler", SCHEDULE)
    T = config.get("num_train_timesteps", 1000)
    schedule = config.get("beta_schedule", "linear")
    if schedule == "squaredcos_cap_v2":
        return DDPM.squaredcos_cap_v2(T)
    if schedule == "linear":
        return DDPM.linear(T, config.get("beta_start", 1e-4), config.get("beta_end", 0.02))
    raise UserError(
        f"{folder.path / 'image_noising_scheduler'}: beta_schedule is {schedule!r}; "
        "only 'squaredcos_cap_v2' and 'linear' are known"
    )
