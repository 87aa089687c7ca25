"""What every project and every command works out anew, worked out once for all of a process.

A new project has no memory. So each of the hundreds that the tests make would measure the same tiny
networks and write the same schemas, and each command in this process would be parsed from the same
functions. Here that is done once. What is worked out, and when, the tests of those parts show.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock

import typer.main

from fwd_report.plugins.offers import NOTHING, Plugins
from fwd_report.spec import schema
from fwd_report.store.memory import Memory
from fwd_report.techniques.registry import all_techniques

FOOTPRINT = "fwd_report.models.footprint"


@contextmanager
def worked_out_once() -> Iterator[None]:
    """Within the block, the sizes of networks, the package's own schemas and its commands."""
    with (
        mock.patch.object(Memory, "recall", _recalled(Memory.recall)),
        mock.patch.object(schema, "schema_texts", _made(schema.schema_texts)),
        mock.patch.object(typer.main, "get_command", cache(typer.main.get_command)),
    ):
        yield


def _recalled(recall: Callable[..., Any]) -> Callable[..., Any]:
    """A project's memory, beside which what networks take is known by the same names.

    A name is a digest of all that the value is computed from, but for what a test puts in place.
    """
    sizes: dict[tuple[str, Any], Any] = {}

    def recalled(memory: Memory, digest: str, find: Callable[[], Any]) -> Any:
        def known() -> Any:
            by = digest, sys.modules[FOOTPRINT].picture_size
            if by not in sizes:
                sizes[by] = find()
            return sizes[by]

        return recall(memory, digest, known if find.__module__ == FOOTPRINT else find)

    return recalled


def _made(texts: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """The schemas, kept where neither the project nor an installed package adds anything."""
    made: dict[frozenset[Any], dict[str, str]] = {}

    def schema_texts(plugins: Plugins = NOTHING, sound_only: bool = False) -> dict[str, str]:
        if plugins.folder is not None or plugins.packaged:
            return texts(plugins, sound_only)
        techniques = frozenset(all_techniques().items())
        if techniques not in made:
            made[techniques] = texts(plugins, sound_only)
        return dict(made[techniques])

    return schema_texts
