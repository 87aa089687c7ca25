"""The recipe, a command a step, from data to score."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer

from emoji_if import (
    cli_judge,
    cli_measures,
    layouts,
    pipelines,
    reading,
    scorer_training,
    stage_one,
    stage_two,
)
from emoji_if import export as exporting
from emoji_if.checkpoint import save
from emoji_if.command_options import (
    DEVICE,
    FOLDER,
    WORK,
    WORKERS,
    Batch,
    Course,
    Device,
    Folder,
    Minutes,
    Noise,
    Rate,
    Resume,
    Start,
    Width,
    Work,
    Workers,
)
from emoji_if.judge_pictures import pool
from emoji_if.judging import HELD_OUT
from emoji_if.objective import Emphasis
from emoji_if.optimisation import Schedule, Settings
from emoji_if.plainly import plainly
from emoji_if.stage_networks import stage_2
from emoji_if.stream import Pictures, Stream
from emoji_if.things import LISTED
from emoji_if.workspace import Workspace

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Make emoji-IF: data, training, export and measurement.",
)
app.add_typer(cli_judge.app)
app.add_typer(cli_measures.app)


REPEAT = 3
"""How often stage I sees a composed picture, each time under other noise."""


COMPOSED = 256
"""Pictures that a process composes at a time for a GPU."""


def _rate(start: Path | None) -> float:
    """What has learnt already is taught in smaller steps."""
    return 0.5 if start else 1.0


@app.command()
@plainly
def data(
    work: Work = WORK,
    vocabulary: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The things to learn.")
    ] = LISTED,
) -> None:
    """Fetch the drawings from npm and take in the vocabulary."""
    work.mkdir(parents=True, exist_ok=True)
    Workspace(work).make_data(vocabulary)


@app.command()
@plainly
def read(
    work: Work = WORK,
    minutes: Minutes = 6,
    batch: Batch = 64,
    workers: Workers = WORKERS,
    resume: Resume = False,
    device: Device = DEVICE,
) -> None:
    """Teach the text encoder to tell captions apart."""
    space = Workspace(work)
    reader = reading.teach(
        space.tokenizer(),
        space.things(),
        space.reading,
        Settings(minutes, batch, workers, resume, torch.device(device)),
    )
    right = reading.told_apart(reader, space.things())
    typer.echo("  ".join(f"{question} {part:.1%}" for question, part in right.items()))


@app.command()
@plainly
def layout(
    work: Work = WORK,
    pictures: Annotated[int, typer.Option(min=20, help="From how many pictures to learn.")] = (
        120_000
    ),
    workers: Workers = WORKERS,
) -> None:
    """Teach stage I's layout which mean picture a caption stands for."""
    space = Workspace(work)
    torch.manual_seed(0)
    model = space.untaught_stage_1()
    drawn = Pictures(space.composer(), None, 64, 64, seed=0)
    texts, features = layouts.examples(Stream(drawn, workers), model.embed, pictures)
    told = layouts.teach(model.lookup, texts, features)
    save(dict(model.lookup.state_dict()), space.layout)
    typer.echo(f"tells {told:.1%} of the variance of pictures it has not seen")


@app.command()
@plainly
def train(
    work: Work = WORK,
    minutes: Minutes = 900,
    batch: Batch = 32,
    width: Width = 128,
    workers: Workers = WORKERS,
    resume: Resume = False,
    device: Device = DEVICE,
    start: Start = None,
    rate: Rate = 1.0,
    schedule: Course = Schedule.constant,
    emphasis: Noise = Emphasis.both,
    mirror: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="A second folder for the averaged weights, from which a lost machine's training "
            "goes on.",
        ),
    ] = None,
) -> None:
    """Train stage I, by default at a constant rate that `cooldown` ends."""
    _train_stage_1(
        Workspace(work),
        Settings(
            minutes,
            batch,
            workers,
            resume,
            torch.device(device),
            rate * _rate(start),
            schedule,
            mirror,
        ),
        emphasis,
        lambda space: space.exported_stage_1(start) if start else space.new_stage_1(width),
    )


@app.command()
@plainly
def cooldown(
    work: Work = WORK,
    minutes: Minutes = 60,
    batch: Batch = 32,
    workers: Workers = WORKERS,
    resume: Resume = False,
    device: Device = DEVICE,
    emphasis: Noise = Emphasis.both,
) -> None:
    """End the training of stage I: its rate goes down to nothing. `train` may still go on."""
    space = Workspace(work)
    _train_stage_1(
        space,
        Settings(minutes, batch, workers, resume, torch.device(device), schedule=Schedule.cooldown),
        emphasis,
        Workspace.stage_1_so_far,
        space.cooled,
        space.stage_1,
    )


def _train_stage_1(
    space: Workspace,
    settings: Settings,
    emphasis: Emphasis,
    model: Callable[[Workspace], stage_one.TextToImage],
    checkpoint: Path | None = None,
    start: Path | None = None,
) -> None:
    seed = time.time_ns() % 2**32  # every sitting sees pictures of its own
    torch.manual_seed(seed)
    network = model(space)
    at_once = settings.share if settings.on_cpu else COMPOSED
    pictures = space.pictures(64, at_once, seed, emphasis.restored)
    stage_one.train(
        network,
        Stream(pictures, settings.composers, repeat=REPEAT if settings.on_cpu else 1),
        checkpoint or space.stage_1,
        settings,
        emphasis,
        space.yardstick(pictures),
        start,
    )


@app.command()
@plainly
def upscale(
    work: Work = WORK,
    minutes: Minutes = 12,
    batch: Batch = 8,
    width: Width = 32,
    crop: Annotated[int, typer.Option(min=32, max=256, help="Pixels square.")] = 128,
    workers: Workers = WORKERS,
    resume: Resume = False,
    device: Device = DEVICE,
    start: Start = None,
) -> None:
    """Train stage II."""
    space = Workspace(work)
    seed = time.time_ns() % 2**32
    torch.manual_seed(seed)
    settings = Settings(minutes, batch, workers, resume, torch.device(device), _rate(start))
    stage_two.train(
        pipelines.load_stage_2(start).unet if start else stage_2(width),
        Stream(space.pictures(256, settings.share, seed), settings.composers),
        space.trained_stage_1(),
        space.stage_2,
        settings,
        crop,
    )


@app.command()
@plainly
def scorer(
    work: Work = WORK,
    folder: Folder = FOLDER,
    minutes: Minutes = 20,
    batch: Batch = 128,
    pictures: Annotated[int, typer.Option(min=1, help="How many to learn from.")] = 40_000,
    resume: Resume = False,
    device: Device = DEVICE,
    rate: Rate = 1.0,
) -> None:
    """Train the scorer by the judge, tell how it does on drawings it has not seen, export it."""
    space = Workspace(work)
    settings = Settings(minutes, batch, 1, resume, torch.device(device), rate)
    drawn = space.judged(batch, time.time_ns() % 2**32)
    trained = scorer_training.train(
        pool(Stream(drawn, settings.composers), pictures),
        space.things(),
        space.tokenizer(),
        space.trained_judge()[0],
        space.scorer,
        settings,
    )
    exporting.export_scorer(trained, folder)
    told = scorer_training.examine(trained, space.composer())
    typer.echo(json.dumps({f"{HELD_OUT}, not seen in training": told}, indent=1))


@app.command()
@plainly
def export(
    work: Work = WORK,
    folder: Folder = FOLDER,
    length: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=0.25, help="Average stage I over this part of its training instead."
        ),
    ] = None,
) -> None:
    """Write the averaged weights in diffusers' IF layout."""
    space = Workspace(work)
    exporting.export_stage_1(space.trained_stage_1(length), space.things(), folder)
    if space.stage_2.exists():
        exporting.export_stage_2(space.trained_stage_2(), folder)
