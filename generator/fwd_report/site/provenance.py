"""How a figure was made, from the manifests of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fwd_report.plan.rates import duration
from fwd_report.site.candidates import candidates
from fwd_report.store.entry import Entry


def facts(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """(name, value) pairs for a page, in reading order; what no run recorded is left out."""
    if not entries:
        return []
    drawn = candidates(entries)
    provenance = [entry.provenance for entry in (*entries, *drawn)]
    found = [
        ("Runs", str(len(entries))),
        ("Chosen", f"by the scorer among {len(drawn):,} candidates" if drawn else ""),
        ("Seed", ranges(sorted({entry.seed for entry in entries}))),
        ("Model", _model(provenance)),
        ("Device", _distinct(provenance, "device")),
        ("Hardware", _distinct(provenance, "hardware")),
        ("Precision", _precision(provenance)),
        ("Deterministic", _deterministic(provenance)),
        ("Not reproducible", "draws from a global generator" if recorded_draws(entries) else ""),
        ("Network steps", _total(provenance, "network_steps", "{:,.0f}")),
        ("Time", _seconds(provenance)),
        ("Versions", _versions(provenance)),
        ("Commit", _commits(provenance)),
    ]
    return [(name, value) for name, value in found if value]


def recorded_draws(entries: Sequence[Entry]) -> Mapping[str, Any] | None:
    """What the first run recorded that drew from a global generator: "from", the libraries, and
    "at", the place in the plug-in.
    """
    made = (*entries, *candidates(entries))
    return next((found for each in made if (found := each.provenance.get("global_draws"))), None)


def keys(entries: Sequence[Entry]) -> list[str]:
    """The distinct keys, in order."""
    return list(dict.fromkeys(entry.key for entry in entries))


def ranges(numbers: Sequence[int]) -> str:
    """Sorted numbers with consecutive ones joined: 1, 2, 3, 7 is "1–3, 7"."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)


def _distinct(provenance: Sequence[Mapping[str, Any]], name: str) -> str:
    values = (str(item[name]) for item in provenance if item.get(name) is not None)
    return ", ".join(dict.fromkeys(values))


def _precision(provenance: Sequence[Mapping[str, Any]]) -> str:
    """The number formats, and where float32 was rounded to less than float32."""
    coarse = {str(item["precision"]) for item in provenance if "TF32" in str(item.get("precision"))}
    return "; ".join([_distinct(provenance, "dtype"), *sorted(coarse)])


def _deterministic(provenance: Sequence[Mapping[str, Any]]) -> str:
    """Whether equal machines produce equal bytes, if any run was made that way."""
    fixed = [bool(item.get("deterministic")) for item in provenance]
    return "yes" if all(fixed) else "in part" if any(fixed) else ""


def _model(provenance: Sequence[Mapping[str, Any]]) -> str:
    models = (str(item["model"]) for item in provenance if item.get("model"))
    return ", ".join(dict.fromkeys(model.rstrip("/").rsplit("/", 1)[-1] for model in models))


def _total(provenance: Sequence[Mapping[str, Any]], name: str, form: str) -> str:
    values = [item[name] for item in provenance if isinstance(item.get(name), int | float)]
    return form.format(sum(values)) if values and sum(values) else ""


def _seconds(provenance: Sequence[Mapping[str, Any]]) -> str:
    values = [
        item["seconds"] for item in provenance if isinstance(item.get("seconds"), int | float)
    ]
    return duration(sum(values)) if values else ""


def _versions(provenance: Sequence[Mapping[str, Any]]) -> str:
    found: dict[str, None] = {}
    for item in provenance:
        versions = item.get("versions")
        if isinstance(versions, Mapping):
            found |= dict.fromkeys(f"{name} {version}" for name, version in versions.items())
    return ", ".join(found)


def _commits(provenance: Sequence[Mapping[str, Any]]) -> str:
    found: dict[str, None] = {}
    for item in provenance:
        if git := item.get("git"):
            changed = ", with local changes" if git.get("dirty") else ""
            found[f"{git['commit'][:10]}{changed}"] = None
    return "; ".join(found)
