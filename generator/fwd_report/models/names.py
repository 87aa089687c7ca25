"""What a model's name in a spec refers to: the embedded model, a folder or a hub id. No torch."""

from __future__ import annotations

import re
from pathlib import Path

from fwd_report.errors import UserError

OUTSIDE_KEYS = "a name only leads to weights, whose digest is in the keys"
EMBEDDED = "emoji-if"
MAIN = "main"
"""The revision of a hub id without one."""
_HUB_ID = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}(?:@(?!.*\.\.)[\w][\w./-]{0,127})?", re.ASCII)


def model_place(name: str, stage: int, root: Path) -> Path | str:
    """The folder of stage 1 or 2 of the model `name`, or the hub id it is.

    name: the embedded model's name; a folder, absolute or relative to `root`, that holds one
    stage in diffusers' IF layout or both as `stage_1` and `stage_2`; or a hub id, `owner/name` or
    `owner/name@revision`, where a revision is a branch, a tag or a commit.
    Raises UserError if it is none of these.
    """
    folder = _folder_or_hub_id(
        name, root, "model folder", "in diffusers' IF layout", "DeepFloyd/IF-I-XL-v1.0"
    )
    if isinstance(folder, str):
        return folder
    if (folder / "unet").is_dir():
        return folder
    if (folder / f"stage_{stage}").is_dir():
        return folder / f"stage_{stage}"
    raise UserError(
        f"{folder} holds no model in diffusers' IF layout",
        hint=f"it should have a folder unet/, or stage_{stage}/ with one inside",
    )


def resolve_scorer(name: str, root: Path) -> Path | str:
    """The folder of the scorer `name`, or the hub id it is.

    name: the embedded model's name; a folder, absolute or relative to `root`, with a config.json
    or with a folder `scorer` that has one; or a hub id. Raises UserError if it is none of these.
    """
    folder = _folder_or_hub_id(
        name,
        root,
        "scorer",
        "with a CLIP model in transformers' layout",
        "openai/clip-vit-large-patch14",
    )
    if isinstance(folder, str):
        return folder
    for place in (folder / "scorer", folder):
        if (place / "config.json").is_file():
            return place
    raise UserError(f"{folder} holds no scorer", hint="it should have a config.json")


def _folder_or_hub_id(name: str, root: Path, noun: str, layout: str, example: str) -> Path | str:
    """What the name refers to; raises UserError that lists the possibilities if it is none of
    them.
    """
    folder = _folder(name, root)
    if folder is not None:
        return folder
    if _HUB_ID.fullmatch(name):
        return name
    raise UserError(
        f"there is no {noun} '{name}'",
        hint=f"name {EMBEDDED}, a folder {layout}, or a hub id such as {example}, "
        "with @ and a branch, tag or commit after it if you like",
    )


def _folder(name: str, root: Path) -> Path | None:
    """The folder that a name refers to, or None; a name may be too long for any path."""
    try:
        folder = (
            Path(__file__).parent / name if name == EMBEDDED else root / Path(name).expanduser()
        )
        return folder if folder.is_dir() else None
    except (OSError, ValueError, RuntimeError):
        return None


def split_hub_id(hub_id: str) -> tuple[str, str]:
    """`owner/name` and the revision of a hub id."""
    name, _, revision = hub_id.partition("@")
    return name, revision or MAIN
