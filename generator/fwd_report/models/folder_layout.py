"""Which files of a model's folder are read: diffusers' IF layout, and a scorer's. No torch.

These files determine a model's digest, so the choice depends only on file names: not on the device
or the precision, nor on whether the files lie in a folder or on the hub.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from fwd_report.errors import UserError
from fwd_report.outside import shown

TOKENS = 77
"""Tokens that a prompt is padded or cut to: the length DeepFloyd IF was trained with."""
WHOLE = "."
"""The part of a model that is the folder itself: a scorer."""
UNET_PARTS = {
    1: ("unet", "scheduler"),
    2: ("unet", "scheduler", "image_noising_scheduler"),
}
"""The parts of each stage that draw."""
ENCODER_PARTS = ("text_encoder", "tokenizer")
"""The parts of stage I that read prompts, for both stages."""
STAGE_PARTS = {1: UNET_PARTS[1] + ENCODER_PARTS, 2: UNET_PARTS[2]}
"""All parts of each stage."""
CONFIG = "config.json"
SCHEDULE = "scheduler_config.json"
PREPROCESSOR = "preprocessor_config.json"
TOKENIZER = (
    "tokenizer_config.json",
    "tokenizer.json",
    "spiece.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)
"""The files that a tokenizer may consist of; the first is required."""
NETWORKS = ("unet", "text_encoder", WHOLE)
"""The parts that have weights."""
RESTORE = shown(
    "restore the model folder: copy or download it again, or reinstall the package for the "
    "embedded model"
)
_WEIGHTS = re.compile(
    r"(?:diffusion_pytorch_model|model)(\.fp16)?(?:-(\d{5})-of-(\d{5}))?(\.fp16)?\.safetensors"
)


def files_read(names: Collection[str], parts: Iterable[str], place: object) -> list[str]:
    """The files of `parts` that are read, sorted, as `part/file`; `names`: all files that exist.

    place: the folder or hub id they lie in, for messages. Raises UserError that names the first
    missing file.
    """
    read: set[str] = set()
    for part in parts:
        prefix = "" if part == WHOLE else f"{part}/"
        files = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
        wanted = _expected(part)
        if part in NETWORKS:
            wanted += weight_files(files, f"{place}/{prefix}".rstrip("/"))
        for file in wanted:
            if file not in files:
                raise UserError(f"the model's {place}/{prefix}{file} is missing", hint=RESTORE)
        wanted += [file for file in _optional(part) if file in files]
        read |= {prefix + file for file in wanted}
    return sorted(read)


def weight_files(files: Collection[str], place: object) -> list[str]:
    """The safetensors files a network's weights are read from, among the `files` of its part.

    Half-precision files are preferred, because a download fetches those, and shards with an index
    are preferred to one file, as in diffusers. Raises UserError if there are none.
    """
    found = [match for file in sorted(files) if (match := _WEIGHTS.fullmatch(file))]
    half = [match for match in found if match[1] or match[4]]
    chosen = half or found
    if not chosen:
        hint = f"it holds no *.safetensors file; other formats are not read; {RESTORE}"
        raise UserError(f"{place} has no weights", hint=hint)
    whole = [match for match in chosen if match[3] is None]
    shards = [match for match in chosen if match[3] is not None]
    indexed = any(
        file.endswith(".json") and ".index" in file and bool(half) == (".fp16" in file)
        for file in files
    )
    if whole and not (shards and indexed):
        return [whole[0][0]]
    first = shards[0]
    start, end = first.span(2)
    return [f"{first[0][:start]}{n:05d}{first[0][end:]}" for n in range(1, int(first[3]) + 1)]


def _expected(part: str) -> list[str]:
    """The files that a part requires, except its weights."""
    if part == WHOLE:
        return [CONFIG, TOKENIZER[0]]
    if part in NETWORKS:
        return [CONFIG]
    return [TOKENIZER[0]] if part == "tokenizer" else [SCHEDULE]


def _optional(part: str) -> tuple[str, ...]:
    if part == WHOLE:
        return (PREPROCESSOR, *TOKENIZER)
    return TOKENIZER if part == "tokenizer" else ()
