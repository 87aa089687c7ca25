"""Networks and tokenizers from a model's folder; safetensors, never a pickle.

Missing or damaged files raise a UserError that names the file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from fwd_report.errors import UserError, first_line
from fwd_report.models.folder_layout import RESTORE, TOKENIZER
from fwd_report.models.model_folder import ModelFolder


def load_unet(folder: ModelFolder, device: str, dtype: torch.dtype) -> nn.Module:
    """The UNet of the class its configuration names, for inference."""
    model = empty_unet(folder)
    _fill(model, folder, "unet", lambda name: dtype, device)
    return model.to(device, dtype).eval().requires_grad_(False)  # type: ignore[no-any-return]


def empty_unet(folder: ModelFolder) -> Any:
    """The UNet of the class its configuration names, without weights: on torch's `meta` device."""
    config = folder.config("unet")
    name = config.get("_class_name")
    if name == "UNet2DConditionModel":
        from diffusers import UNet2DConditionModel as network
    elif name == "PatchedUNet2DConditionModel":
        from fwd_report.models.patched_unet import PatchedUNet2DConditionModel as network
    else:
        path = folder.path / "unet" / "config.json"
        raise UserError(f"{path} names no known UNet class: {name!r}")
    from accelerate import init_empty_weights

    _speak_through_errors_alone()
    try:
        with init_empty_weights(include_buffers=False):
            return network.from_config(config)
    except Exception as error:
        raise _damaged(folder, "unet", error) from error


def load_text_encoder(folder: ModelFolder, device: str, dtype: torch.dtype) -> nn.Module:
    """The T5 encoder, for inference, read a tensor at a time.

    As in transformers, `wo` stays in float32 if the rest is in float16: it overflows there.
    """
    from accelerate import init_empty_weights
    from transformers import T5Config, T5EncoderModel

    config = T5Config.from_dict(folder.config("text_encoder"))
    _speak_through_errors_alone()
    try:
        with init_empty_weights(include_buffers=False):
            model: Any = T5EncoderModel(config)
    except Exception as error:
        raise _damaged(folder, "text_encoder", error) from error
    _fill(model, folder, "text_encoder", lambda name: encoder_dtype(name, dtype), device)
    return model.to(device).eval().requires_grad_(False)  # type: ignore[no-any-return]


def encoder_dtype(name: str, dtype: torch.dtype) -> torch.dtype:
    """The dtype of one of the T5 encoder's weights if the encoder is in `dtype`."""
    kept = dtype == torch.float16 and "wo" in name.split(".")
    return torch.float32 if kept else dtype


def load_tokenizer(folder: ModelFolder, part: str = "tokenizer") -> Any:
    """The tokenizer that belongs to the text encoder, or the one in another part."""
    from transformers import AutoTokenizer

    folder.config(part, TOKENIZER[0])
    _speak_through_errors_alone()
    with folder.tokenizer(part) as copied:
        try:
            return AutoTokenizer.from_pretrained(copied, local_files_only=True)
        except Exception as error:
            raise UserError(
                f"the tokenizer in {folder.path / part} is damaged: {first_line(error)}",
                hint=RESTORE,
            ) from error


def load_transformer(
    network: Any, configuration: Any, folder: ModelFolder, part: str, device: str, dtype: Any
) -> nn.Module:
    """A network of transformers' class `network`, for inference, whose weights that library loads.

    It knows which weights are tied, and which stay in float32 whatever the dtype.
    """
    config = configuration.from_dict(folder.config(part))
    tensors = dict(folder.tensors(part))
    _speak_through_errors_alone()
    try:
        model, info = network.from_pretrained(
            None, config=config, state_dict=tensors, dtype=dtype, output_loading_info=True
        )
    except Exception as error:
        raise _damaged(folder, part, error) from error
    wrong = [*info["missing_keys"], *(str(key) for key in info.get("mismatched_keys", ()))]
    if wrong:
        raise _unfitting(folder, part, ", ".join(sorted(wrong)[:3]))
    return model.to(device).eval().requires_grad_(False)  # type: ignore[no-any-return]


def _fill(
    model: Any,
    folder: ModelFolder,
    part: str,
    dtype_of: Callable[[str], torch.dtype],
    device: str,
) -> None:
    """Give an empty network its weights, moved to the device as they are read."""
    held = {
        name: value.to(device, dtype_of(name) if value.is_floating_point() else None)
        for name, value in folder.tensors(part)
    }
    try:
        model.load_state_dict(held, strict=False, assign=True)
    except RuntimeError as error:
        raise _unfitting(folder, part, first_line(error)) from error
    if hasattr(model, "tie_weights"):
        model.tie_weights()
    empty = [name for name, weight in model.named_parameters() if weight.is_meta]
    if empty:
        raise _unfitting(folder, part, ", ".join(sorted(empty)[:3]))


def _damaged(folder: ModelFolder, part: str, error: Exception) -> UserError:
    path = folder.path / part
    return UserError(f"the weights in {path} cannot be loaded: {first_line(error)}", hint=RESTORE)


def _unfitting(folder: ModelFolder, part: str, which: str) -> UserError:
    path = folder.path / part
    return UserError(f"the weights in {path} do not fit its config.json: {which}", hint=RESTORE)


def _speak_through_errors_alone() -> None:
    """Keep the libraries' progress bars and warnings out of the build's own progress display."""
    import diffusers.utils.logging
    import transformers.utils.logging

    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
