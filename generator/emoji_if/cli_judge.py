"""The recipe's command that trains and examines the judge."""

from __future__ import annotations

import json
import time
from typing import Annotated

import torch
import typer

from emoji_if.command_options import DEVICE, WORK, WORKERS, Batch, Device, Work
from emoji_if.efficient_lite import pretrained_on_photographs
from emoji_if.judge import Judge
from emoji_if.judge_pictures import pool
from emoji_if.judge_training import TeachingPlan, examine_judge, teach_judge
from emoji_if.optimisation import idle_processors
from emoji_if.plainly import plainly
from emoji_if.stream import Stream
from emoji_if.workspace import Workspace

app = typer.Typer()

COMPOSED_FOR_JUDGE = 128
"""Pictures that a process composes at a time."""


@app.command()
@plainly
def judge(
    work: Work = WORK,
    pictures: Annotated[int, typer.Option(min=1, help="How many to learn from.")] = 40_000,
    epochs: Annotated[float, typer.Option(min=0.01, help="How often each is seen.")] = 4,
    batch: Batch = 64,
    workers: Annotated[
        int, typer.Option(min=1, help="On a CPU, processes that compose, then threads that train.")
    ] = WORKERS,
    again: Annotated[
        bool, typer.Option(help="Go on from the judge that is there, at a lower rate.")
    ] = False,
    device: Device = DEVICE,
) -> None:
    """Train the judge, which `score` measures by, and tell how it does on unseen drawings."""
    space, began = Workspace(work), time.monotonic()
    if again:
        network, examined = space.trained_judge()
        sittings = examined["sittings"]
    else:
        network, sittings = Judge(len(space.things()), pretrained_on_photographs()), []
    seed = len(sittings) + 1  # every sitting sees pictures of its own
    torch.manual_seed(seed)
    torch.set_num_threads(workers)
    drawn = space.judged_by_more(COMPOSED_FOR_JUDGE, seed)
    composers = workers if device == "cpu" else idle_processors()
    images, things = pool(Stream(drawn, composers), pictures)
    lesson = TeachingPlan(epochs, batch).again() if again else TeachingPlan(epochs, batch)
    taught = teach_judge(network, images, things, lesson, torch.device(device))
    sitting = {
        "icon sets": drawn.composer.sets,
        "pictures": len(images),
        "epochs": epochs,
        "batch": batch,
        "again": again,
        "device": device,
        "minutes": round((time.monotonic() - began) / 60, 1),
    }
    told = {**examine_judge(taught, space.composer()), "sittings": [*sittings, sitting]}
    space.keep_judge(taught.cpu(), told)
    typer.echo(json.dumps(told, indent=1, ensure_ascii=False))
