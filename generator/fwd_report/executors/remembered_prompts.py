"""Caches workers' encoded prompts on the driver, so that the next build loads no text encoder."""

from __future__ import annotations

from collections.abc import Mapping

from fwd_report.executors.messages import Ready
from fwd_report.store.memory import Memory


def recalled(memory: Memory, ready: Ready) -> dict[str, bytes]:
    """Return the cached encodings of a worker's prompts, by their text."""
    found = {prompt: memory.get(name) for prompt, name in ready.prompts.items()}
    return {prompt: content for prompt, content in found.items() if content is not None}


def keep(memory: Memory, ready: Ready, encoded: Mapping[str, bytes]) -> None:
    """Cache the prompts that a worker encoded, under its cache names."""
    for prompt, name in ready.prompts.items():
        if prompt in encoded and memory.get(name) is None:
            memory.put(name, encoded[prompt])
