"""Options that several of the recipe's commands take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import torch
import typer

from emoji_if.objective import Emphasis
from emoji_if.optimisation import Schedule

WORK = Path(".cache/emoji_if")
FOLDER = Path("generator/fwd_report/models/emoji-if")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
WORKERS = 1 if DEVICE == "cuda" else os.cpu_count() or 1


def _sixteens(width: int) -> int:
    if width % 16:
        raise typer.BadParameter(f"{width} is no multiple of 16")
    return width


Work = Annotated[Path, typer.Option(help="Working folder, kept out of git.")]
Minutes = Annotated[float, typer.Option(min=0.01, help="Wall-clock budget of the training.")]
Batch = Annotated[int, typer.Option(min=1, help="Pictures a step.")]
Width = Annotated[
    int,
    typer.Option(
        min=16,
        callback=_sixteens,
        help="Channels of the network's first level, a multiple of 16.",
    ),
]
Workers = Annotated[int, typer.Option(min=1, help="Processes that share a step; 1 on a GPU.")]
Resume = Annotated[bool, typer.Option(help="Continue from the checkpoint, its time counted.")]
Start = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        file_okay=False,
        help="An exported folder whose weights to go on from, at half the learning rate.",
    ),
]
Rate = Annotated[
    float,
    typer.Option(
        min=0.001, max=10, help="Factor of the learning rates: the longer trained, the smaller."
    ),
]
Course = Annotated[
    Schedule,
    typer.Option(help="How the rate goes: constant for as long as there is time, or to an end."),
]
Noise = Annotated[
    Emphasis,
    typer.Option(help="Strong noise, where words become shapes; that and detail; or all alike."),
]
Device = Annotated[str, typer.Option(help="Where to train.")]
Folder = Annotated[Path, typer.Option(help="The exported folder.")]
