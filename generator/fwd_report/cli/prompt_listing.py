"""`fwd-report prompts`: list the prompts that the runs need encoded, or write a file of them
encoded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fwd_report.cli.options import Only, Overrides, Profile, Root, Untrusted, named_path, options_of
from fwd_report.errors import UserError, counted, quoted, say


def prompts(
    only: Only = None,
    profile: Profile = None,
    overrides: Overrides = None,
    encode: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            parser=named_path,
            help="Encode them with the model's text encoder into a .pth or .safetensors file.",
        ),
    ] = None,
    within: Annotated[
        Path | None,
        typer.Option(
            "--in",
            metavar="FILE",
            parser=named_path,
            help="List those that a .pth or .safetensors file holds instead.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON list.")] = False,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """List the prompts of the report or of a file, a line each, or encode them into a file."""
    from fwd_report.encoding import encode_prompts, held_prompts, planned_prompts

    if within is not None and encode is not None:
        raise UserError("--in lists a file's prompts and --encode writes a file: choose one")
    options = options_of(only, profile, overrides, untrusted, root)
    if within is not None:
        found = held_prompts(root.resolve(), within)
    else:
        found = planned_prompts(root.resolve(), options)
    if encode is not None:
        encode_prompts(root.resolve(), options, found, encode, force)
        say(f"encoded {counted(len(found), 'prompt')} into {encode}")
    elif as_json:
        say(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for prompt in found:
            say(prompt_line(prompt))


def prompt_line(prompt: str) -> str:
    """A prompt on one line: quoted where it would be read as another, or as none."""
    plain = prompt.isprintable() and prompt == prompt.strip() and not prompt.startswith('"')
    return prompt if prompt and plain else quoted(prompt)
