"""Loads the parts of a model's folder, diffusers' IF layout above all; safetensors, never a pickle.

Whatever is missing or damaged ends in a UserError that names the file.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import nn

from fwd_report.diffusion.ddpm import DDPM, Threshold
from fwd_report.errors import UnavailableError, UserError, first_line
from fwd_report.models.digest import WHOLE
from fwd_report.models.names import snapshot
from fwd_report.outside import outside_keys, shown

NETWORKS: dict[str, tuple[str, ...]] = {
    "unet": ("config.json",),
    "text_encoder": ("config.json",),
    WHOLE: ("config.json", "preprocessor_config.json", "tokenizer_config.json"),
}
"""The parts that have weights, and the files beside them."""
RESTORE = shown(
    "restore the model folder: copy or download it again, or reinstall the package for the "
    "embedded model"
)


@outside_keys
def fetch(model: Path | str, parts: tuple[str, ...]) -> Path:
    """A folder with these parts of the model; a hub id is downloaded unless it already was.

    Raises UserError where the hub refuses or cannot be reached, saying what to do.
    """
    if isinstance(model, Path):
        return model
    downloaded = snapshot(model)
    if downloaded is not None and all(_is_complete(downloaded, part) for part in parts):
        return downloaded
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        files = HfApi().list_repo_files(model)
        half = any(".fp16." in file for file in files)
        weights = "*.fp16*.safetensors" if half else "*.safetensors"
        patterns = [
            (PurePosixPath(part) / name).as_posix()
            for part in parts
            for name in ("*.json", "*.model", "*.txt", weights)
        ]
        return Path(snapshot_download(model, allow_patterns=["model_index.json", *patterns]))
    except (GatedRepoError, RepositoryNotFoundError) as error:
        raise UserError(
            f"the hub does not give '{model}' to this account",
            hint=f"accept its licence at https://huggingface.co/{model} and run `hf auth login`; "
            "or download it elsewhere and name its folder instead",
        ) from error
    except Exception as error:
        raise UnavailableError(
            f"'{model}' is not on this machine and could not be downloaded: {first_line(error)}",
            hint="connect to the network, or name a folder that holds the model",
        ) from error


def read_config(folder: Path, part: str, name: str = "config.json") -> dict[str, Any]:
    """A part's configuration file."""
    path = folder / part / name
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"the model's {path} is missing", hint=RESTORE) from error
    except ValueError as error:
        raise UserError(f"the model's {path} is damaged: {error}", hint=RESTORE) from error
    if not isinstance(value, dict):
        raise UserError(f"the model's {path} is damaged: it is not a JSON object", hint=RESTORE)
    return value


def load_unet(folder: Path, device: str, dtype: torch.dtype) -> nn.Module:
    """The UNet of the class its configuration names, for inference."""
    name = read_config(folder, "unet").get("_class_name")
    if name == "UNet2DConditionModel":
        from diffusers import UNet2DConditionModel as network
    elif name == "PatchedUNet2DConditionModel":
        from fwd_report.models.patched_unet import PatchedUNet2DConditionModel as network
    else:
        raise UserError(f"{folder / 'unet' / 'config.json'} names no known UNet class: {name!r}")
    return load_weights(network, folder / "unet", device, dtype, "torch_dtype")


def load_text_encoder(folder: Path, device: str, dtype: torch.dtype) -> nn.Module:
    """The T5 encoder, for inference."""
    from transformers import T5EncoderModel

    read_config(folder, "text_encoder")
    return load_weights(T5EncoderModel, folder / "text_encoder", device, dtype, "dtype")


def load_tokenizer(folder: Path, part: str = "tokenizer") -> Any:
    """The tokenizer that belongs to the text encoder, or the one in another part."""
    from transformers import AutoTokenizer

    read_config(folder, part, "tokenizer_config.json")
    _speak_through_errors_alone()
    try:
        return AutoTokenizer.from_pretrained(folder / part, local_files_only=True)
    except Exception as error:
        raise UserError(
            f"the tokenizer in {folder / part} is damaged: {first_line(error)}",
            hint=RESTORE,
        ) from error


def load_process(folder: Path, thresholds: bool) -> DDPM:
    """The process that scheduler/scheduler_config.json describes.

    thresholds: whether the clean estimate is clipped or thresholded where the configuration says
    so. Raises UserError for a schedule or prediction this program does not know.
    """
    file = "scheduler_config.json"
    config = read_config(folder, "scheduler", file)
    wanted = {
        "beta_schedule": "squaredcos_cap_v2",
        "prediction_type": "epsilon",
        "variance_type": "learned_range",
    }
    for name, value in wanted.items():
        if config.get(name, value) != value:
            raise UserError(
                f"{folder / 'scheduler' / file}: {name} is {config[name]!r}, not {value!r}",
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


def load_noising(folder: Path) -> DDPM:
    """The process that noises what stage II enlarges: image_noising_scheduler/."""
    config = read_config(folder, "image_noising_scheduler", "scheduler_config.json")
    T = config.get("num_train_timesteps", 1000)
    schedule = config.get("beta_schedule", "linear")
    if schedule == "squaredcos_cap_v2":
        return DDPM.squaredcos_cap_v2(T)
    if schedule == "linear":
        return DDPM.linear(T, config.get("beta_start", 1e-4), config.get("beta_end", 0.02))
    raise UserError(
        f"{folder / 'image_noising_scheduler'}: beta_schedule is {schedule!r}; "
        "only 'squaredcos_cap_v2' and 'linear' are known"
    )


def load_weights(
    network: Any, folder: Path, device: str, dtype: torch.dtype, dtype_option: str
) -> nn.Module:
    """A network of the class `network`; dtype_option: what its library calls the dtype."""
    variant = _check_weights(folder, dtype)
    _speak_through_errors_alone()
    try:
        model, info = network.from_pretrained(
            folder,
            use_safetensors=True,
            variant=variant,
            local_files_only=True,
            output_loading_info=True,
            **{dtype_option: dtype},
        )
    except Exception as error:
        raise UserError(
            f"the weights in {folder} cannot be loaded: {first_line(error)}", hint=RESTORE
        ) from error
    wrong = [*info["missing_keys"], *(str(key) for key in info.get("mismatched_keys", ()))]
    if wrong:
        raise UserError(
            f"the weights in {folder} do not fit its config.json: {', '.join(sorted(wrong)[:3])}",
            hint=RESTORE,
        )
    return model.to(device).eval().requires_grad_(False)  # type: ignore[no-any-return]


def _check_weights(folder: Path, dtype: torch.dtype) -> str | None:
    """Open every shard the weights consist of; return the variant to load.

    Raises UserError naming the first file that is missing or not whole.
    """
    from safetensors import SafetensorError, safe_open

    weights = {path.name for path in folder.glob("*.safetensors")}
    half = {name for name in weights if ".fp16" in name}
    use_half = bool(half) and (dtype != torch.float32 or half == weights)
    chosen = half if use_half else weights - half
    indexes = sorted(
        path.name
        for path in folder.glob("*.safetensors.index*.json")
        if (".fp16" in path.name) == use_half
    )
    if indexes:
        index = read_config(folder.parent, folder.name, indexes[0])
        shards = sorted(set(index.get("weight_map", {}).values()))
    else:
        shards = sorted(chosen)
    if not shards:
        raise UserError(f"{folder} has no weights: there is no *.safetensors file", hint=RESTORE)
    for shard in shards:
        path = folder / shard
        if not path.is_file():
            raise UserError(f"the model's {path} is missing", hint=RESTORE)
        try:
            with safe_open(path, framework="pt"):
                pass
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"the model's {path} is damaged: {first_line(error)}", hint=RESTORE
            ) from error
    return "fp16" if use_half else None


def _speak_through_errors_alone() -> None:
    """Keep the libraries' progress bars and warnings out of the build's one progress display."""
    import diffusers.utils.logging
    import transformers.utils.logging

    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


def _is_complete(model: Path, part: str) -> bool:
    """Whether a downloaded part has its files, and its weights if it is a network."""
    folder = model / part
    if part not in NETWORKS:
        return folder.is_dir()
    try:
        _check_weights(folder, torch.float16)
    except UserError:
        return False
    return all((folder / file).is_file() for file in NETWORKS[part])
