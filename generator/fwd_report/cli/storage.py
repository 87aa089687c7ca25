"""`store verify`, `gc` and `path`: the store of results."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fwd_report.cli.options import FAILED, Overrides, Profile, Root, Untrusted, options_of
from fwd_report.errors import UserError, counted, say, say_exactly

if TYPE_CHECKING:
    from fwd_report.build import Options
    from fwd_report.store.collect import Unused

app = typer.Typer(help="The results: kept here, and in remotes.", no_args_is_help=True)

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
KEEP = "30d"


@app.command()
def verify(root: Root = Path()) -> None:
    """Check every stored file against its digest; damaged results are moved aside."""
    from fwd_report.store.store import Store

    store = Store(root.resolve())
    wrong = store.verify()
    for message in wrong.values():
        say(message)
    damaged = [key for key in wrong if not store.has(key)]
    whole = len(set(store.keys()) - set(wrong))
    unread = len(wrong) - len(damaged)
    said = f", {unread} could not be read and stay as they are" if unread else ""
    say(f"{counted(whole, 'result')} whole, {len(damaged)} damaged{said}")
    if damaged:
        say("what was damaged is moved aside; the next build makes it again")
    if wrong:
        raise typer.Exit(FAILED)


@app.command()
def gc(
    dry_run: Annotated[
        bool, typer.Option(help="Say what would be deleted; delete nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    keep: Annotated[
        str, typer.Option(metavar="AGE", help="Keep what is younger: 30d, 12h, 0.")
    ] = KEEP,
    keep_cost: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Keep what takes longer to make again."),
    ] = None,
    linked: Annotated[
        bool, typer.Option(help="Also behind links that lead out of the project.")
    ] = False,
    overrides: Overrides = None,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Delete the results that no run of the present specs has, under any profile.

    It lists them first, with their age and the seconds they take to make again, and asks. While
    nothing is known of a hub model, what may be its is kept.
    """
    from fwd_report.store.collect import delete, kept_back, survey
    from fwd_report.store.store import Store

    root = root.resolve()
    age = seconds_of(keep)
    store = Store(root)
    used, unknown = _used_keys(root, options_of(None, None, overrides, untrusted, root))
    found = survey(store, used, linked)
    for reason in found.left:
        say(f"left alone: {reason}")
    perhaps = [item for item in found.unused if unknown and item.asks]
    if perhaps:
        models = ", ".join(unknown)
        say(f"kept: {_sum(perhaps)}; nothing is known here of {models}, whose results they may be")
    unused = [item for item in found.unused if item not in perhaps]
    kept = kept_back(unused, age, math.inf if keep_cost is None else keep_cost)
    doomed = [item for item in unused if item not in kept]
    if kept:
        costly = "" if keep_cost is None else f" or takes longer than {keep_cost:g} s"
        say(f"kept: {_sum(kept)}, which is younger than {keep}{costly}")
    if not doomed:
        say("nothing to delete")
        return
    for line in _table(doomed):
        say(line)
    if dry_run:
        say(f"would delete {_sum(doomed)}")
        return
    if not yes and not _agreed(f"delete {_sum(doomed)}?"):
        say("nothing was deleted")
        return
    gone = delete(store, doomed)
    say(f"deleted {_sum(gone)}")
    if len(gone) < len(doomed):
        say(f"{len(doomed) - len(gone)} are in use by another process and stay")


@app.command()
def path(
    run: Annotated[
        str | None, typer.Argument(metavar="SECTION.EXPERIMENT[INDEX]", show_default=False)
    ] = None,
    profile: Profile = None,
    overrides: Overrides = None,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Print where the store, or one run's result, lies."""
    from fwd_report.build import load_plan
    from fwd_report.plan.describe import find_run
    from fwd_report.plan.other_profiles import advice_on_profile
    from fwd_report.store.store import Store

    if run is None:
        say_exactly(str(Store(root.resolve()).root))
        return
    the_plan, store = load_plan(
        root.resolve(), options_of(None, profile, overrides, untrusted, root)
    )
    found = find_run(the_plan, run)
    if not store.has(found.key):
        advice = advice_on_profile(
            the_plan, store, [f"{found.section}.{found.experiment}"], overrides or ()
        )
        raise UserError(f"{found.name} has not run yet", hint=advice or "fwd-report build runs it")
    say_exactly(str(store.folder(found.key)))


def seconds_of(text: str) -> float:
    """The seconds of an age such as 30d, 12h, 90m or 0. Raises UserError for anything else."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([smhdw]?)", text.strip())
    if match is None or (not match[2] and float(match[1])):
        raise UserError(
            f"--keep {text} is no age", hint="a number with s, m, h, d or w, such as 30d; or 0"
        )
    return float(match[1]) * UNITS.get(match[2], 1)


def _used_keys(root: Path, options: Options) -> tuple[set[str], list[str]]:
    """The keys of every run under every profile, and the models that cannot be resolved.

    Runs that ask such a model have no known key, and are not among these.
    """
    from fwd_report.build import load_plan
    from fwd_report.plan.asked_models import unknown_models
    from fwd_report.plan.plan import make_plan

    plan, store = load_plan(root, options)
    others = set(plan.project.report.profiles) - {plan.project.profile}
    plans = [plan, *(make_plan(options.project(root, profile), store) for profile in others)]
    keys = {run.key for each in plans for run in each.runs}
    unknown = (unknown_models(each.project, each.runs, store) for each in plans)
    return keys, sorted({model for models in unknown for model in models})


def _agreed(question: str) -> bool:
    """Ask the person at the terminal for a yes. Raises UserError where nobody is there."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise UserError(
            "nothing was deleted: there is no terminal to ask at",
            hint="fwd-report store gc --yes deletes what is listed; --dry-run only lists it",
        )
    return typer.confirm(question)


def _sum(items: Sequence[Unused]) -> str:
    """How many results, their bytes, and what it costs to make them again."""
    from fwd_report.plan.rates import duration

    counts: dict[str, int] = {}
    for item in items:
        noun = "result" if item.kind == "result" else f"{item.kind} folder"
        counts[noun] = counts.get(noun, 0) + 1
    named = ", ".join(counted(count, noun) for noun, count in counts.items()) or "nothing"
    size = sum(item.size for item in items) / 1e6
    return f"{named}, {size:.1f} MB, {duration(sum(item.cost for item in items))} to make again"


def _table(items: Sequence[Unused]) -> list[str]:
    """One line for each experiment: number of results, age of the youngest, cost, size."""
    from fwd_report.plan.rates import duration

    groups: dict[str, list[Unused]] = {}
    for item in items:
        name = item.name.partition("[")[0] if item.kind == "result" else f"{item.kind} {item.name}"
        groups.setdefault(name, []).append(item)
    width = max(map(len, groups))
    return [
        f"{name:{width}}  {len(group):4}  {_days(min(item.age for item in group))} old  "
        f"{duration(sum(item.cost for item in group))} to make again  "
        f"{sum(item.size for item in group) / 1e6:.1f} MB"
        for name, group in sorted(groups.items())
    ]


def _days(seconds: float) -> str:
    """An age in the largest fitting unit."""
    for unit in ("d", "h", "m"):
        if seconds >= UNITS[unit]:
            return f"{seconds / UNITS[unit]:.0f} {unit}"
    return f"{seconds:.0f} s"
