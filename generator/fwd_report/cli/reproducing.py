"""`reproduce` and `script`: make a stored result again, here or with plain diffusers."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fwd_report.cli.options import (
    FAILED,
    Overrides,
    Profile,
    Root,
    Untrusted,
    named_path,
    options_of,
)
from fwd_report.errors import UserError, counted, say, say_exactly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fwd_report.reproduce import Comparison


def reproduce(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SECTION[.EXPERIMENT[INDEX]]]…", show_default=False),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every stored run.")] = False,
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            show_default="0.01",
            help="How far values of pictures (mostly in -1 to 1) and weights may be off, and "
            "metrics by part.",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", parser=named_path, help="Keep what was made there.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    profile: Profile = None,
    overrides: Overrides = None,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Make stored results again, in a folder of their own, and say how far they are apart."""
    from fwd_report.build import load_plan
    from fwd_report.reproduce import TOLERANCE, named_runs
    from fwd_report.reproduce import reproduce as made_again

    if bool(runs) == everything:
        raise UserError(
            "reproduce which runs?", hint="name them, as section.experiment[index], or give --all"
        )
    allowed = TOLERANCE if tolerance is None else tolerance
    plan, store = load_plan(root.resolve(), options_of(None, profile, overrides, untrusted, root))
    chosen = list(plan.runs) if runs is None else named_runs(plan, runs)
    absent = [run for run in chosen if not store.has(run.key)]
    if absent and not everything:
        raise UserError(
            f"{absent[0].name} has no stored result of what the specs say now",
            hint="fwd-report build runs it; fwd-report plan --why says what changed",
        )
    stored = [run for run in chosen if store.has(run.key)]
    found = []
    with _scratch(keep) as scratch:
        for comparison in made_again(plan, store, stored, scratch):
            found.append(comparison)
            if keep is not None and comparison.folder is not None:
                shutil.move(comparison.folder, keep / comparison.name)
            if not as_json:
                say("\n".join(_lines(comparison, allowed)))
    if as_json:
        content = {"tolerance": allowed, "runs": [_plain(each, allowed) for each in found]}
        say(json.dumps(content, indent=1, allow_nan=False))
    else:
        say(_summary(found, allowed))
    if not all(comparison.within(allowed) for comparison in found):
        raise typer.Exit(FAILED)


def script(
    run: Annotated[str, typer.Argument(metavar="SECTION.EXPERIMENT[INDEX]", show_default=False)],
    profile: Profile = None,
    overrides: Overrides = None,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Print the plain diffusers script that makes one picture again."""
    from fwd_report.build import load_plan
    from fwd_report.plan.describe import find_run
    from fwd_report.scripts.script import script_of

    plan, store = load_plan(root.resolve(), options_of(None, profile, overrides, untrusted, root))
    say_exactly(script_of(plan.project, store, find_run(plan, run)), end="")


@contextmanager
def _scratch(keep: Path | None) -> Iterator[Path]:
    """A folder for results, on the same disk as the folder they are to be kept in, if they are."""
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UserError(f"{keep} is there and not empty", hint="name a new folder")
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fwd-report-", dir=keep) as made:
        yield Path(made)


def _lines(found: Comparison, tolerance: float) -> Iterator[str]:
    """What is printed about a run: one line, and one for each difference of provenance."""
    if found.failure is not None:
        yield f"{found.name}: could not be made: {found.failure}"
        return
    if found.exact:
        yield f"{found.name}: exact"
    else:
        shown = "" if found.psnr is None else f", pictures {_decibels(found.psnr)}"
        beyond = "" if found.within(tolerance) else f", beyond {tolerance:g}"
        yield f"{found.name}: differs by {found.difference:.2g} at most{shown}{beyond}"
    for name, value in found.stored.items():
        yield f"    {name}: {value} stored, {found.now[name]} now"


def _decibels(psnr: float) -> str:
    return "equal" if math.isinf(psnr) and psnr > 0 else f"{psnr:.1f} dB"


def _summary(found: list[Comparison], tolerance: float) -> str:
    exact = sum(each.exact for each in found)
    within = sum(each.within(tolerance) for each in found) - exact
    beyond = len(found) - exact - within
    parts = [f"{exact} exact", f"{within} within {tolerance:g}", f"{beyond} beyond or failed"]
    return f"{counted(len(found), 'run')}: " + ", ".join(parts)


def _plain(found: Comparison, tolerance: float) -> dict[str, Any]:
    """A comparison as JSON holds it: null for what is not finite."""

    def finite(value: float | None) -> float | None:
        return value if value is not None and math.isfinite(value) else None

    return {
        "run": found.name,
        "key": found.key,
        "exact": found.exact,
        "within": found.within(tolerance),
        "difference": finite(found.difference),
        "psnr": finite(found.psnr),
        "stored": dict(found.stored),
        "now": dict(found.now),
        "failure": found.failure,
    }
