"""Results that were made under another profile than the one of the command."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from fwd_report.errors import UserError, counted
from fwd_report.plan.plan import Plan, make_plan
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store


def advice_on_profile(
    plan: Plan, store: Store, names: Sequence[str], overrides: Sequence[str]
) -> str | None:
    """Advise another profile if results of it are stored, and none that only this one has.

    names: the sections and experiments in question; empty: all. Runs that are the same under both
    profiles tell nothing, so they do not count.
    """
    project = plan.project
    mine = {run.key for run in plan.selected(names)}
    stored: dict[str, int] = {}
    for profile in project.report.profiles:
        if profile == project.profile:
            continue
        with suppress(UserError):  # said by a command under that profile
            other = load_project(project.root, profile, overrides, trusted=project.trusted)
            theirs = {run.key for run in make_plan(other, store).selected(names)}
            if not any(store.has(key) for key in mine - theirs):
                stored[profile] = sum(store.has(key) for key in theirs - mine)
    profile, count = max(stored.items(), key=lambda item: item[1], default=("", 0))
    if not count:
        return None
    found = f"{counted(count, 'result')} {'is' if count == 1 else 'are'} here"
    return f"{found} under the profile {profile}: add --profile {profile}"
