"""`store push`, `pull`, `status`, `export` and `import`: results go from machine to machine."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fwd_report import stopping
from fwd_report.cli.options import (
    FAILED,
    Only,
    Overrides,
    Profile,
    Root,
    Untrusted,
    named_path,
    options_of,
)
from fwd_report.errors import UserError, counted, say

if TYPE_CHECKING:
    from fwd_report.plan.plan import Plan
    from fwd_report.plan.run import Run
    from fwd_report.report_remotes import ReportRemotes
    from fwd_report.store.store import Store

STOPPED = "stopped; what has arrived stays, and the same command goes on from there"
NAMED_NOWHERE = "name one as `store:` in experiments/report.yaml, or here: fwd-report store"
Remote = Annotated[
    str | None,
    typer.Argument(
        metavar="[REMOTE]",
        help="A folder or URL; what report.yaml or FWD_REPORT_STORE names where left out.",
        show_default=False,
    ),
]
File = Annotated[Path, typer.Argument(metavar="FILE", parser=named_path, show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="Also results that no present run has.")]
Again = Annotated[
    bool,
    typer.Option("--again", help="Send all of them, and replace what the remotes have of them."),
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to those of `store`."""
    app.command()(push)
    app.command()(pull)
    app.command()(status)
    app.command()(export)
    app.command("import")(import_)


def push(
    remote: Remote = None,
    only: Only = None,
    everything: Everything = False,
    again: Again = False,
    profile: Profile = None,
    overrides: Overrides = None,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Send stored results to the remotes, which may have some of them already."""
    stopping.keeps(STOPPED)
    plan, store, remotes = _loaded(root, only, profile, overrides, untrusted, remote, "push")
    runs = _keys(plan.selected(only or ()))
    keys = _stored(store, runs, everything)
    sent = remotes.send(store, keys, keys if again else ())
    if not sent:
        say("nothing to send" if keys else "nothing is stored yet to send")
    _say_absent(plan, store, len(runs) - len(keys & runs), only, overrides)
    if remotes.failed:
        raise typer.Exit(FAILED)


def pull(
    remote: Remote = None,
    only: Only = None,
    everything: Everything = False,
    profile: Profile = None,
    overrides: Overrides = None,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Take results from the remotes; each is verified when it arrives."""
    stopping.keeps(STOPPED)
    plan, store, remotes = _loaded(root, only, profile, overrides, untrusted, remote, "pull")
    runs = plan.selected(only or ())
    wanted = _keys(runs)
    if everything:
        wanted = wanted.union(*(each.keys() for each in remotes.opened))
    missing = {key for key in wanted if not store.has(key)}
    if missing or everything:
        remotes.require_places()
    arrived = remotes.fetch(store, missing)
    for run in runs:
        if run.key in arrived:
            store.remember(run.name, run.key)
    if not missing:
        say("nothing to take: all results are here" if wanted else "nothing to take: no runs")
    absent = len(missing - arrived)
    if absent and not remotes.failed:
        say(f"{_are(absent, 'run')} in no remote; fwd-report build runs what is missing")
    if remotes.failed and (absent or everything):
        raise typer.Exit(FAILED)


def status(
    remote: Remote = None,
    only: Only = None,
    profile: Profile = None,
    overrides: Overrides = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same, as JSON.")] = False,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Say section by section how many results are here, in a remote, and in neither."""
    plan, store, remotes = _loaded(root, only, profile, overrides, untrusted, remote, "status")
    remotes.require_places()
    known = [each.keys() for each in remotes.opened if each.failed is None]
    there = frozenset().union(*known) if known else None
    groups: dict[str, set[str]] = {}
    for run in plan.selected(only or ()):
        groups.setdefault(run.section, set()).add(run.key)
    rows = {name: _counts(keys, store, there) for name, keys in groups.items()}
    if as_json:
        listed = [{"address": str(each), "failed": each.failed} for each in remotes.opened]
        sections = [{"section": name, **row} for name, row in rows.items()]
        say(json.dumps({"remotes": listed, "sections": sections}, indent=1))
    else:
        for line in _table(rows):
            say(line)
    if remotes.failed:
        raise typer.Exit(FAILED)


def export(
    file: File,
    only: Only = None,
    everything: Everything = False,
    profile: Profile = None,
    overrides: Overrides = None,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Write stored results to one file, to be imported elsewhere."""
    from fwd_report.build import load_plan
    from fwd_report.plan.other_profiles import advice_on_profile
    from fwd_report.remotes.archive import write_archive
    from fwd_report.report_remotes import progress_shown

    options = options_of(only, profile, overrides, untrusted, root)
    plan, store = load_plan(root.resolve(), options)
    runs = _keys(plan.selected(options.only))
    keys = _stored(store, runs, everything)
    if not keys:
        advice = advice_on_profile(plan, store, options.only, options.overrides)
        what = f"nothing is stored yet under the profile {plan.project.profile} to export"
        raise UserError(what, hint=advice or "fwd-report build runs it")
    with progress_shown(f"writing {file}", len(keys)) as show:
        left = write_archive(store, keys, file, show)
    say(f"wrote {counted(len(keys) - len(left), 'result')} to {file}")
    _say_absent(plan, store, len(runs) - len(keys & runs), only, overrides)
    _say_refused(left, "not written")


def import_(file: File, root: Root = Path()) -> None:
    """Take the results of an exported file; each is verified, and what is here stays."""
    from fwd_report.remotes.archive import opened_archive
    from fwd_report.remotes.transfer import fetch_entries
    from fwd_report.report_remotes import progress_shown
    from fwd_report.spec.load import report_file
    from fwd_report.store.store import Store

    stopping.keeps(STOPPED)
    report_file(root.resolve())
    store = Store(root.resolve())
    with opened_archive(file) as source:
        keys = source.keys()
        with progress_shown(f"reading {file}", len(keys)) as show:
            moves = fetch_entries(source, store, sorted(keys), show)
    here = len(keys) - len(moves.arrived) - len(moves.refused)
    said = f"; {here:,} were here" if here and not moves.failed else ""
    say(f"took {counted(len(moves.arrived), 'result')} from {file}{said}")
    if moves.failed is not None:
        raise UserError(f"{file} cannot be read: {moves.failed}")
    _say_refused(moves.refused, "not taken")


def _loaded(
    root: Path,
    only: list[str] | None,
    profile: str | None,
    overrides: list[str] | None,
    untrusted: bool,
    remote: str | None,
    command: str,
) -> tuple[Plan, Store, ReportRemotes]:
    """The plan, the store and the remotes. Raises UserError where no remote is named."""
    from fwd_report.build import load_plan
    from fwd_report.report_remotes import ReportRemotes

    options = options_of(only, profile, overrides, untrusted, root)
    plan, store = load_plan(root.resolve(), options)
    remotes = ReportRemotes(plan.project, None if remote is None else [remote])
    if not remotes.addresses:
        raise UserError("no remote is named", hint=f"{NAMED_NOWHERE} {command} FOLDER-OR-URL")
    return plan, store, remotes


def _stored(store: Store, runs: Iterable[str], everything: bool) -> set[str]:
    """The keys that have results here: of these runs, or of all."""
    return set(store.keys()) if everything else {key for key in runs if store.has(key)}


def _keys(runs: Iterable[Run]) -> set[str]:
    return {run.key for run in runs}


def _counts(keys: set[str], store: Store, there: frozenset[str] | None) -> dict[str, int | None]:
    """there: what the remotes have; None: it is not known of any."""
    here = {key for key in keys if store.has(key)}
    return {
        "runs": len(keys),
        "local": len(here),
        "remote": None if there is None else len(keys & there),
        "neither": None if there is None else len(keys - here - there),
    }


def _table(rows: dict[str, dict[str, int | None]]) -> list[str]:
    width = max((len(name) for name in rows), default=0)
    lines = [f"{'':{width}}  {'runs':>7}  {'here':>7}  {'remote':>7}  {'neither':>7}"]
    for name, row in rows.items():
        counts = ("?" if count is None else f"{count:,}" for count in row.values())
        lines.append(f"{name:{width}}  " + "  ".join(f"{count:>7}" for count in counts))
    return lines


def _are(count: int, noun: str) -> str:
    return f"{counted(count, noun)} {'is' if count == 1 else 'are'}"


def _say_absent(
    plan: Plan,
    store: Store,
    absent: int,
    only: list[str] | None,
    overrides: list[str] | None,
) -> None:
    """Say how many runs have no result here, and what to do about it; nothing where all have."""
    if not absent:
        return
    from fwd_report.plan.other_profiles import advice_on_profile

    advice = advice_on_profile(plan, store, only or (), overrides or ())
    what = advice or "fwd-report build runs what is missing"
    say(f"{_are(absent, 'run')} not in the store; {what}")


def _say_refused(refused: dict[str, str], what: str) -> None:
    """Say what was left out and why, and end as failed; nothing where nothing was."""
    for key, why in refused.items():
        say(f"{what}: {key[:12]}: {why}")
    if refused:
        raise typer.Exit(FAILED)
