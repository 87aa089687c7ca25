"""Downloads models from the hub; says which of them are on this machine."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from fwd_report.errors import UnavailableError, UserError, first_line
from fwd_report.models.layout import NETWORKS


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


def snapshot(hub_id: str) -> Path | None:
    """The folder in the hub's local cache that `hub_id` was downloaded to, if it was."""
    repository = _hub_cache() / f"models--{hub_id.replace('/', '--')}"
    try:
        commit = (repository / "refs" / "main").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    folder = repository / "snapshots" / commit
    return folder if folder.is_dir() else None


def _hub_cache() -> Path:
    """Where huggingface_hub keeps downloads, by the environment variables it reads."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    home = os.environ.get("HF_HOME")
    base = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return (Path(home) if home else Path(base) / "huggingface").expanduser() / "hub"


def _is_complete(model: Path, part: str) -> bool:
    """Whether a downloaded part has its files, and its weights if it is a network."""
    import torch

    from fwd_report.models.weights import check_weights

    folder = model / part
    if part not in NETWORKS:
        return folder.is_dir()
    try:
        check_weights(folder, torch.float16)
    except UserError:
        return False
    return all((folder / file).is_file() for file in NETWORKS[part])
