"""Stored results made again in a separate folder, and how far the two differ."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fwd_report.errors import Problem, UserError
from fwd_report.plan.plan import Plan
from fwd_report.plan.run import Run
from fwd_report.running import recompute
from fwd_report.spec.suggest import did_you_mean
from fwd_report.store.manifest import Manifest
from fwd_report.store.store import DamagedEntryError, Store

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 0.01
"""How far values may differ before a result counts as different: in a range of 2, little more than
one step of an 8-bit PNG; for a metric, a hundredth of its value."""
PLACES = ("device", "hardware", "dtype", "precision", "deterministic")
"""What of the provenance, besides versions, can explain a difference."""


@dataclass(frozen=True)
class Comparison:
    """A stored result beside one made now.

    exact: all files and numbers are equal. difference: the largest absolute difference of the
    values of pictures (in the model's range) and weights, and the largest relative difference of a
    metric. psnr: of the pictures as shown, 8 bits, in dB; inf if they are equal, None if there are
    none. stored, now: where their provenance differs. failure: why it could not be made now.
    folder: where it was made.
    """

    name: str
    key: str
    exact: bool = False
    difference: float = inf
    psnr: float | None = None
    stored: Mapping[str, str] = field(default_factory=dict)
    now: Mapping[str, str] = field(default_factory=dict)
    failure: str | None = None
    folder: Path | None = None

    def within(self, tolerance: float) -> bool:
        """Whether the two count as the same result."""
        return self.failure is None and self.difference <= tolerance


def named_runs(plan: Plan, names: Sequence[str]) -> list[Run]:
    """The runs of `section`, `section.experiment` or `section.experiment[index]`, in order.

    Raises UserError, with suggestions, for names that are none of these.
    """
    known: dict[str, list[Run]] = {}
    for run in plan.runs:
        for name in (run.section, f"{run.section}.{run.experiment}", run.name):
            known.setdefault(name, []).append(run)
    problems = [
        Problem(f"there is no run '{name}'", hint=did_you_mean(name, list(known)))
        for name in names
        if name not in known
    ]
    if problems:
        raise UserError(problems)
    chosen = {run.name for name in names for run in known[name]}
    return [run for run in plan.runs if run.name in chosen]


def reproduce(plan: Plan, store: Store, runs: Sequence[Run], scratch: Path) -> Iterator[Comparison]:
    """Make stored runs again under `scratch`, and compare. Nothing is added to the store.

    A damaged entry is moved aside, as always when it is read. What a run needs is read from the
    store, even if it is also made again.
    """
    for number, together in enumerate(_waves(runs)):
        damage = {run.key: _damage(store, run) for run in together}
        for run in together:
            if damage[run.key]:
                yield Comparison(run.name, run.key, failure=damage[run.key])
        wave = [run for run in together if not damage[run.key]]
        made = Store(scratch / f"{number}")
        needed = {need.key: need for run in wave for need in _all_needs(run)}
        for need in needed.values():
            shutil.copytree(store.folder(need.key), made.folder(need.key))
        failures = {failure.run.key: failure.cause for failure in recompute(plan, made, wave)}
        for run in wave:
            if not made.has(run.key):
                why = failures.get(run.key, "another run of its experiment failed")
                yield Comparison(run.name, run.key, failure=why)
                continue
            before, now = store.read(run.key), made.read(run.key)
            yield _compared(run, store.folder(run.key), before, made.folder(run.key), now)


def _damage(store: Store, run: Run) -> str | None:
    """What is wrong with the stored results of a run, and of the runs it needs."""
    try:
        for each in (run, *_all_needs(run)):
            store.read(each.key)
    except DamagedEntryError as error:
        return str(error)
    return None


def _waves(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs, each once, in waves such that no run shares a wave with one it needs."""
    waves: dict[int, list[Run]] = {}
    for run in {run.key: run for run in runs}.values():
        waves.setdefault(_depth(run), []).append(run)
    return [waves[depth] for depth in sorted(waves)]


def _depth(run: Run) -> int:
    return max((1 + _depth(need) for group in run.needs.values() for need in group), default=0)


def _all_needs(run: Run) -> Iterator[Run]:
    for group in run.needs.values():
        for need in group:
            yield need
            yield from _all_needs(need)


def _compared(run: Run, old: Path, before: Manifest, new: Path, now: Manifest) -> Comparison:
    names = sorted({*before.files, *now.files})
    numbers = (before.metrics, before.series) == (now.metrics, now.series)
    equal = [
        name
        for name in names
        if name in before.files
        and name in now.files
        and before.files[name]["sha256"] == now.files[name]["sha256"]
    ]
    differences = [_metric_difference(before.metrics, now.metrics)]
    squares: list[float] = []
    for name in names:
        if name in equal:
            squares += [0.0] * name.endswith((".png", ".npy"))
        elif name not in before.files or name not in now.files:
            differences.append(inf)
        elif name.endswith(".safetensors"):
            differences.append(_tensor_difference(old / name, new / name))
        elif name.endswith((".png", ".npy")):
            squares.append(_mean_square(_levels(old / name), _levels(new / name)))
    stored, made = _unlike(before.provenance, now.provenance)
    return Comparison(
        name=run.name,
        key=run.key,
        exact=len(equal) == len(names) and numbers,
        difference=max(differences),
        psnr=_psnr(max(squares)) if squares else None,
        stored=stored,
        now=made,
        folder=new,
    )


def _metric_difference(before: Mapping[str, float], now: Mapping[str, float]) -> float:
    """The largest relative difference of a number; inf if one of them is missing."""
    if before.keys() != now.keys():
        return inf
    found = [0.0]
    for name, value in before.items():
        if value == now[name] or (value != value and now[name] != now[name]):
            continue
        part = abs(value - now[name]) / max(abs(value), abs(now[name]))
        found.append(part if part == part else inf)
    return max(found)


def _tensor_difference(old: Path, new: Path) -> float:
    from safetensors.numpy import load_file

    before, now = load_file(old), load_file(new)
    if {n: v.shape for n, v in before.items()} != {n: v.shape for n, v in now.items()}:
        return inf
    gaps = (abs(now[name].astype("f8") - value).max(initial=0.0) for name, value in before.items())
    return max((float(gap) if gap == gap else inf for gap in gaps), default=0.0)


def _levels(path: Path) -> np.ndarray:
    import numpy as np
    from PIL import Image

    if path.suffix == ".npy":
        levels: np.ndarray = np.load(path).astype(np.float64)
        return levels
    with Image.open(path) as picture:
        return np.asarray(picture, dtype=np.float64)


def _mean_square(before: np.ndarray, now: np.ndarray) -> float:
    return float(((before - now) ** 2).mean()) if before.shape == now.shape else inf


def _psnr(square: float) -> float:
    """The peak signal-to-noise ratio in dB of 8-bit pictures with that mean squared difference."""
    return 10 * log10(255**2 / square) if square else inf


def _unlike(
    before: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, str]]:
    """How two provenances differ, in what can explain a difference of results."""
    pairs = [(name, before.get(name), now.get(name)) for name in PLACES]
    old, new = before.get("versions") or {}, now.get("versions") or {}
    pairs += [(name, old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])]
    unlike = [(name, a, b) for name, a, b in pairs if a != b]
    return {name: str(a) for name, a, _ in unlike}, {name: str(b) for name, _, b in unlike}
