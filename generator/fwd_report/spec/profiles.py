"""Profiles: under a profile, `key@profile: value` replaces the `key` beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fwd_report.errors import Problem
from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.suggest import did_you_mean
from fwd_report.spec.yaml_nodes import Node, Place, Scalar, YamlMapping, YamlSequence
from fwd_report.spec.yaml_source import SourceText

FIXED = ("id", "technique", "profiles")
"""Keys that are the same under every profile."""


def split_key(key: str) -> tuple[str, str | None]:
    """`steps@gpu` → ("steps", "gpu"); `steps` → ("steps", None)."""
    name, mark, profile = key.partition("@")
    return name, profile if mark else None


def named_profiles(node: Node) -> set[str]:
    """The profiles named by keys anywhere in the tree."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, YamlMapping):
            found |= {p for key, _, _ in item.entries if (p := split_key(key)[1]) is not None}
            waiting += [value for _, _, value in item.entries]
        elif isinstance(item, YamlSequence):
            waiting += item.items
    return found


def check_profiles(node: Node, source: SourceText, profiles: Sequence[str]) -> list[Problem]:
    """Problems of keys that name an unknown profile, or that profiles cannot change."""
    problems = []
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, YamlSequence):
            waiting += item.items
        if not isinstance(item, YamlMapping):
            continue
        for key, place, value in item.entries:
            waiting.append(value)
            name, profile = split_key(key)
            if profile is None:
                continue
            if profile not in profiles:
                hint = did_you_mean(profile, profiles)
                problems.append(source.problem(f"there is no profile '{profile}'", place, hint))
            elif name in FIXED:
                message = f"'{name}' is the same under every profile"
                problems.append(source.problem(message, place, f"write `{name}:`"))
    return problems


def under_profile(node: YamlMapping, source: SourceText, profile: str | None) -> Document:
    """The file's values under `profile` (None: those of the plain keys), with their places."""
    document = Document(source, {}, {}, {})
    document.data = plain_value(node, profile, (), document)
    return document


def plain_value(node: Node, profile: str | None, path: ValuePath, document: Document) -> Any:
    """The value of a tree under `profile`; records the places of everything below `path`."""
    document.places[path] = node.place
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, YamlSequence):
        return [
            plain_value(item, profile, (*path, index), document)
            for index, item in enumerate(node.items)
        ]
    chosen: dict[str, tuple[Place, Node]] = {}
    for key, place, value in node.entries:
        name, wanted = split_key(key)
        if wanted is None:
            chosen.setdefault(name, (place, value))
        elif wanted == profile:
            chosen[name] = (place, value)
    document.ends[path] = node.end_line
    values = {}
    for name, (place, value) in chosen.items():
        document.keys[(*path, name)] = place
        values[name] = plain_value(value, profile, (*path, name), document)
    return values
