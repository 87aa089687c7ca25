"""The recipe, a command a step: data, read, train, upscale, scorer, export, sheet, score."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec

import torch
import typer

from emoji_if import export as exporting
from emoji_if import reading, sample, scorer_training, stage_one, stage_two
from emoji_if.drawings import DataError
from emoji_if.loop import Settings
from emoji_if.networks import stage_2
from emoji_if.objective import Emphasis
from emoji_if.report import ASSIGNMENT, measure
from emoji_if.workspace import Workspace

P = ParamSpec("P")

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Make emoji-IF: data, training, export and measurement.",
)


class Vocabulary(StrEnum):
    """Which things the model learns."""

    starter = "starter"
    all = "all"


Work = Annotated[Path, typer.Option(help="Working folder, kept out of git.")]
Minutes = Annotated[float, typer.Option(min=0.01, help="Wall-clock budget of the training.")]
Batch = Annotated[int, typer.Option(min=1, help="Pictures a step.")]
Width = Annotated[
    int,
    typer.Option(
        min=16,
        callback=lambda width: _sixteens(width),
        help="Channels of the network's first level, a multiple of 16.",
    ),
]
Workers = Annotated[int, typer.Option(min=1, help="Threads that share a step; 1 on a GPU.")]
Resume = Annotated[bool, typer.Option(help="Continue from the checkpoint, its time counted.")]
Start = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        file_okay=False,
        help="An exported folder whose weights to go on from, at half the learning rate.",
    ),
]
Device = Annotated[str, typer.Option(help="Where to train.")]
Folder = Annotated[Path, typer.Option(help="The exported folder.")]

WORK = Path(".cache/emoji_if")
FOLDER = Path("generator/fwd_report/models/emoji-if")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
WORKERS = 1 if DEVICE == "cuda" else os.cpu_count() or 1


def _sixteens(width: int) -> int:
    if width % 16:
        raise typer.BadParameter(f"{width} is no multiple of 16")
    return width


def _rate(start: Path | None) -> float:
    """What has learnt already is taught in smaller steps."""
    return 0.5 if start else 1.0


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Turn a user's mistake into one line and exit code 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except DataError as error:
            typer.echo(f"emoji_if: {error}", err=True)
            raise typer.Exit(2) from None

    return run


@app.command()
@plainly
def data(
    work: Work = WORK,
    vocabulary: Annotated[Vocabulary, typer.Option(help="What to learn.")] = Vocabulary.starter,
    pictures: Annotated[int, typer.Option(min=1, help="Composed pictures of 64 px.")] = 24000,
    large_pictures: Annotated[int, typer.Option(min=1, help="Those of 256 px.")] = 2000,
) -> None:
    """Fetch the drawings from npm and compose the training pictures."""
    work.mkdir(parents=True, exist_ok=True)
    Workspace(work).make_data(vocabulary is Vocabulary.all, pictures, large_pictures)


@app.command()
@plainly
def read(
    work: Work = WORK,
    minutes: Minutes = 2,
    batch: Batch = 64,
    resume: Resume = False,
    device: Device = DEVICE,
) -> None:
    """Teach the text encoder to tell captions apart."""
    space = Workspace(work)
    reading.teach(
        space.tokenizer(),
        space.things(),
        space.reading,
        Settings(minutes, batch, 1, resume, torch.device(device)),
    )


@app.command()
@plainly
def train(
    work: Work = WORK,
    minutes: Minutes = 90,
    batch: Batch = 32,
    width: Width = 48,
    workers: Workers = WORKERS,
    resume: Resume = False,
    device: Device = DEVICE,
    start: Start = None,
    emphasis: Annotated[
        Emphasis,
        typer.Option(help="Strong noise, where words become shapes, or all noise alike."),
    ] = Emphasis.shape,
) -> None:
    """Train stage I."""
    space = Workspace(work)
    torch.manual_seed(0)
    stage_one.train(
        space.exported_stage_1(start) if start else space.new_stage_1(width),
        space.pool(64),
        space.things(),
        space.stage_1,
        Settings(minutes, batch, workers, resume, torch.device(device), _rate(start)),
        emphasis,
    )


@app.command()
@plainly
def upscale(
    work: Work = WORK,
    minutes: Minutes = 12,
    batch: Batch = 8,
    width: Width = 48,
    crop: Annotated[int, typer.Option(min=32, max=256, help="Pixels square.")] = 128,
    workers: Workers = WORKERS,
    resume: Resume = False,
    device: Device = DEVICE,
    start: Start = None,
) -> None:
    """Train stage II."""
    space = Workspace(work)
    torch.manual_seed(0)
    stage_two.train(
        sample.load_stage_2(start).unet if start else stage_2(width),
        space.pool(256),
        space.things(),
        space.exported_stage_1(start) if start else space.trained_stage_1(),
        space.stage_2,
        Settings(minutes, batch, workers, resume, torch.device(device), _rate(start)),
        crop,
    )


@app.command()
@plainly
def scorer(
    work: Work = WORK,
    folder: Folder = FOLDER,
    minutes: Minutes = 5,
    batch: Batch = 128,
    resume: Resume = False,
    device: Device = DEVICE,
) -> None:
    """Train the scorer, tell how it does on an icon set it has not seen, and export it."""
    space = Workspace(work)
    trained, accuracy = scorer_training.train(
        space.pool(64),
        space.things(),
        space.tokenizer(),
        space.scorer,
        Settings(minutes, batch, 1, resume, torch.device(device)),
    )
    exporting.export_scorer(trained, folder)
    typer.echo(f"top-1 on {scorer_training.HELD_OUT}, not seen in training: {accuracy:.1%}")


@app.command()
@plainly
def export(work: Work = WORK, folder: Folder = FOLDER) -> None:
    """Write the averaged weights in diffusers' IF layout."""
    space = Workspace(work)
    exporting.export_stage_1(space.trained_stage_1(), space.things(), folder)
    if space.stage_2.exists():
        exporting.export_stage_2(space.trained_stage_2(), folder)


@app.command()
@plainly
def sheet(
    folder: Folder = FOLDER,
    to: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("sheet.png"),
    prompt: Annotated[list[str] | None, typer.Option(help="What to draw; repeatable.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds 0 to this, a column each.")] = 8,
    guidance: Annotated[float, typer.Option(help="Scale of the guidance.")] = 5.0,
    large: Annotated[bool, typer.Option(help="Enlarge with stage II.")] = False,
) -> None:
    """Draw the assignment's prompts, one a row, the first seeds in order."""
    pipeline = sample.load_stage_1(folder)
    prompts = [text for text in prompt or ASSIGNMENT for _ in range(seeds)]
    numbers = list(range(seeds)) * (len(prompts) // seeds)
    pictures = sample.draw(pipeline, prompts, numbers, guidance)
    if large:
        second = sample.load_stage_2(folder)
        pictures = sample.enlarge(pipeline, second, pictures, prompts, numbers)
    sample.grid(pictures, seeds).quantize(256).save(to, optimize=True)


@app.command()
@plainly
def score(
    folder: Folder = FOLDER,
    work: Work = WORK,
    names: Annotated[int, typer.Option(min=2, help="At most so many names.")] = 200,
    seeds: Annotated[int, typer.Option(min=1, help="Pictures a name.")] = 4,
    guidance: Annotated[float, typer.Option(help="Scale of the guidance.")] = 5.0,
) -> None:
    """Top-1 retrieval of the prompted thing among all names, as JSON."""
    things = Workspace(work).things()
    typer.echo(json.dumps(measure(folder, things, names, seeds, guidance), indent=1))
