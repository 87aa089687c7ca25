"""Encoded prompts of workers in the driver's memory, so that the next build's load no encoder."""

from __future__ import annotations

from collections.abc import Mapping

from fwd_report.executors.messages import Ready
from fwd_report.store.memory import Memory


def recalled(memory: Memory, ready: Ready) -> dict[str, bytes]:
    """What is remembered of the prompts of a worker that is ready, by their text."""
    found = {prompt: memory.get(name) for prompt, name in ready.prompts.items()}
    return {prompt: content for prompt, content in found.items() if content is not None}


def keep(memory: Memory, ready: Ready, encoded: Mapping[str, bytes]) -> None:
    """Remember what it encoded, or took over, under its own names for it."""
    for prompt, name in ready.prompts.items():
        if prompt in encoded and memory.get(name) is None:
            memory.put(name, encoded[prompt])
