"""What a worker tells of its trainings' states, however they come and go meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from fwd_report.executors import relay as relay_module
from fwd_report.executors.messages import Checkpoint, Message
from fwd_report.executors.packing import files_in
from fwd_report.executors.relay import Relay, checkpoints_told

OLD, NEW, WEIGHTS = ".state-000000004", ".state-000000008", "epoch-001.safetensors"
CONTENT = {OLD: b"old", NEW: b"new", WEIGHTS: b"weights"}


def save(folder: Path) -> None:
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)


def heard_of(relay: Relay) -> list[Message]:
    """All that it was told, at its end."""
    relay.close()
    return [message for batch in relay.read() for message in batch]


def test_a_state_is_told_of_that_is_saved_before_the_watching_thread_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, told = threading.Event(), threading.Event()

    class Late(threading.Thread):
        def run(self) -> None:
            assert saved.wait(60)
            super().run()

    class Telling(Relay):
        def put(self, message: Message) -> None:
            super().put(message)
            told.set()

    relay = Telling(lambda key: pytest.fail(key))
    monkeypatch.setattr(threading, "Thread", Late)
    with checkpoints_told(relay, {"key": tmp_path}, every=0.01):
        save(tmp_path)
        saved.set()
        assert told.wait(10)
    assert heard_of(relay) == [Checkpoint("key", sorted(CONTENT), CONTENT)]


@pytest.mark.parametrize(
    ("gone", "left"), [((OLD,), [NEW, WEIGHTS]), ((OLD, NEW), []), ((OLD, NEW, WEIGHTS), [])]
)
def test_a_state_that_goes_while_it_is_read_is_not_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: tuple[str, ...], left: list[str]
) -> None:
    """The driver deletes what it is not told of: all its states, for one that never comes."""
    read = threading.Event()

    def reading(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
        for name in gone:
            (folder / name).unlink(missing_ok=True)
        found = files_in(folder, names)
        read.set()
        return found

    monkeypatch.setattr(relay_module, "files_in", reading)
    relay = Relay(lambda key: pytest.fail(key))
    with checkpoints_told(relay, {"key": tmp_path}, every=0.01):
        save(tmp_path)
        assert read.wait(10)
    files = {name: CONTENT[name] for name in left}
    assert heard_of(relay) == ([Checkpoint("key", left, files)] if left else [])
