"""Loads the parts of a model's folder, diffusers' IF layout above all; safetensors, never a pickle.

Whatever is missing or damaged ends in a UserError that names the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fwd_report.errors import UserError, first_line

RESTORE = (
    "restore the model folder: copy or download it again, or reinstall the package for the "
    "embedded model"
)


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


def load_weights(
    network: Any, folder: Path, device: str, dtype: torch.dtype, dtype_option: str
) -> nn.Module:
    """A network of the class `network`; dtype_option: what its library calls the dtype."""
    variant = check_weights(folder, dtype)
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


def check_weights(folder: Path, dtype: torch.dtype) -> str | None:
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
