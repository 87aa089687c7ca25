"""The recipe's commands that measure: recall a training, the others an exported folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from emoji_if import diversity as differing
from emoji_if import pipelines, restoration
from emoji_if import recall as recalling
from emoji_if.command_options import FOLDER, WORK, Folder, Work
from emoji_if.plainly import plainly
from emoji_if.retrieval import ASSIGNMENT, measure
from emoji_if.things import evenly
from emoji_if.workspace import Workspace

app = typer.Typer()


@app.command()
@plainly
def recall(
    work: Work = WORK,
    pictures: Annotated[int, typer.Option(min=2, help="Drawings a name.")] = 60,
) -> None:
    """How well the training so far knows each name by its mean picture, as JSON."""
    space = Workspace(work)
    composer = space.composer()
    drawn = recalling.drawings_by_name(composer, 64, pictures)
    names = [thing.name for thing in composer.things]
    typer.echo(json.dumps(recalling.measure(space.trained_stage_1(), names, drawn), indent=1))


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
    pipeline = pipelines.load_stage_1(folder)
    prompts = [text for text in prompt or ASSIGNMENT for _ in range(seeds)]
    numbers = list(range(seeds)) * (len(prompts) // seeds)
    pictures = pipelines.draw(pipeline, prompts, numbers, guidance)
    if large:
        second = pipelines.load_stage_2(folder)
        pictures = pipelines.enlarge(pipeline, second, pictures, prompts, numbers)
    pipelines.grid(pictures, seeds).quantize(256).save(to, optimize=True)


@app.command()
@plainly
def score(
    folder: Folder = FOLDER,
    work: Work = WORK,
    names: Annotated[int, typer.Option(min=2, help="At most so many names.")] = 200,
    seeds: Annotated[int, typer.Option(min=1, help="Pictures a name.")] = 4,
    guidance: Annotated[float, typer.Option(help="Scale of the guidance.")] = 5.0,
) -> None:
    """Top-1 of the prompted thing among all names, told by the judge, as JSON.

    With it comes how often the judge itself is right, on drawings that it has not seen.
    """
    space = Workspace(work)
    judge, examined = space.trained_judge()
    examined = {key: value for key, value in examined.items() if key != "plain confusions"}
    result = measure(folder, judge, space.things(), names, seeds, guidance)
    typer.echo(json.dumps({**result, "judge": examined}, indent=1))


@app.command()
@plainly
def diversity(
    folder: Folder = FOLDER,
    work: Work = WORK,
    names: Annotated[int, typer.Option(min=1, help="At most so many names.")] = 40,
    seeds: Annotated[int, typer.Option(min=2, help="Pictures a name.")] = 8,
    guidance: Annotated[float, typer.Option(help="Scale of the guidance.")] = 5.0,
) -> None:
    """How far seeds of one name lie apart, and from the nearest drawing, as JSON."""
    composer = Workspace(work).composer()
    asked = evenly(len(composer.things), names)
    typer.echo(json.dumps(differing.measure(folder, composer, asked, seeds, guidance), indent=1))


@app.command()
@plainly
def restore(
    photos: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="A folder of photographs.")
    ],
    folder: Folder = FOLDER,
) -> None:
    """PSNR of the one-step estimate of photographs, beside that of the best blur, as JSON."""
    typer.echo(json.dumps(restoration.measure(folder, photos), indent=1))
