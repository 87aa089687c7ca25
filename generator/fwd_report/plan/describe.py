"""A plan as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from fwd_report.errors import Problem, UserError, counted
from fwd_report.plan.entries import drawn_as_stored
from fwd_report.plan.plan import Plan
from fwd_report.plan.rates import Rates, first_rates, steps_by_cost
from fwd_report.plan.run import Run, distinct
from fwd_report.spec.suggest import did_you_mean
from fwd_report.store.files import strict_json
from fwd_report.store.store import Store


def as_json(runs: Sequence[Run], store: Store, there: Mapping[str, str] | None = None) -> str:
    """Every run with its parameters, key, status, why it is stale, and where its result is.

    there: for keys that are not stored, the remote that has them; None: they were not asked.
    """
    return strict_json(
        [
            {
                "section": run.section,
                "experiment": run.experiment,
                "index": run.index,
                "technique": run.technique.name,
                "params": run.technique.model_dump(mode="json"),
                "axes": dict(run.axes),
                "seed": drawn_as_stored(store, run).seed,
                "key": run.key,
                "status": run.status,
                "why": list(run.why),
                "network_steps": run.network_steps,
                "path": str(store.folder(run.key)),
                **({} if there is None else {"remote": there.get(run.key)}),
            }
            for run in runs
        ],
        indent=1,
    )


def as_text(runs: Sequence[Run], store: Store, why: bool) -> str:
    """One line per experiment, then totals and an estimate; with `why`, one line for each
    change.
    """
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.section, run.experiment), []).append(run)
    width = max((len(f"{section}.{name}") for section, name in groups), default=0)
    lines = []
    for (section, name), shown in groups.items():
        group = distinct(shown)
        due = [run for run in group if run.status != "fresh"]
        state = "fresh" if not due else f"{len(due)} to run, {_steps(due)}"
        noun = "run " if len(group) == 1 else "runs"
        lines.append(f"{section + '.' + name:{width}}  {len(group):4,} {noun}  {state}")
        if why:
            reasons: dict[str, list[int]] = {}
            for run in due:
                for reason in run.why:
                    reasons.setdefault(reason, []).append(run.index)
            for reason, indices in reasons.items():
                which = "" if len(indices) == len(group) else f" (runs {_brief(indices)})"
                lines.append(f"{'':{width}}  {reason}{which}")
    different = distinct(runs)
    due = [run for run in different if run.status != "fresh"]
    lines.append(_total(different, due, store))
    return "\n".join(lines)


def taken(due: Sequence[Run], store: Store, there: Mapping[str, str]) -> str:
    """How many of the runs that are due each remote has, and what is left to run then."""
    different = distinct(due)
    lines = [
        f"{count:,} of these are in {remote}: fwd-report build takes them"
        for remote, count in Counter(there.values()).items()
    ]
    left = [run for run in different if run.key not in there]
    if not lines:
        return "none of these are in a remote" if left else "no result is missing here"
    runs = f"{counted(len(left), 'run')}, {_cost(left, store)}" if left else "nothing"
    return "\n".join([*lines, f"and runs {runs}"])


def find_run(plan: Plan, name: str) -> Run:
    """The run called `section.experiment[index]`; the index may be left out for the first.

    Raises UserError, with a suggestion, if there is none.
    """
    wanted = name if name.endswith("]") else f"{name}[0]"
    by_name = {run.name: run for run in plan.runs}
    if wanted not in by_name:
        raise UserError(
            Problem(f"there is no run '{name}'", hint=did_you_mean(wanted, list(by_name)))
        )
    return by_name[wanted]


def _total(runs: Sequence[Run], due: Sequence[Run], store: Store) -> str:
    if not due:
        return f"{counted(len(runs), 'run')}, all fresh: nothing to run"
    return f"{len(due):,} of {counted(len(runs), 'run')} to run, {_cost(due, store)}"


def _cost(runs: Sequence[Run], store: Store) -> str:
    time = Rates(store.base, first_rates(runs)).estimate(steps_by_cost(runs))
    return f"{_steps(runs)}, {time}"


def _steps(runs: Sequence[Run]) -> str:
    return counted(sum(run.network_steps for run in runs), "network step")


def _brief(indices: Sequence[int]) -> str:
    shown = ", ".join(str(index) for index in indices[:6])
    return shown + (", …" if len(indices) > 6 else "")
