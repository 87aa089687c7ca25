"""What the crew of Ray actors asks and keeps, with a stand-in for Ray; and what each gets."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from tests.helpers.command import command
from tests.helpers.writeup import write_project

from fwd_report import capacity
from fwd_report.executors.actors import RayCrew
from fwd_report.executors.means import Means, means_of
from fwd_report.executors.messages import Failed, Message, Order, Packed, Ready, Stored
from fwd_report.executors.project_copy import ProjectCopy
from fwd_report.store.memory import Memory

READY, NOTHING = Ready("here", "cpu", 16), MappingProxyType[str, bytes]({})


class Method:
    """A method of an actor: notes what it is given, and answers what the ray has for it."""

    def __init__(self, ray: FakeRay, name: str) -> None:
        self._ray, self._name = ray, name

    def options(self, **options: Any) -> Method:
        return self

    def remote(self, *given: Any) -> Any:
        self._ray.asked.append((self._name, given))
        return self._ray.answers[self._name].popleft()


class FakeRay:
    """As much of Ray as the crew uses: one node, references that are the values themselves."""

    exceptions = SimpleNamespace(RayTaskError=LookupError, RayError=ArithmeticError)

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.answers: dict[str, deque[Any]] = {"lay_out": deque(["laid out"])}
        self.values: dict[Any, Any] = {"laid out": []}

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": {"CPU": 4.0}}]

    def put(self, value: Any) -> Any:
        return value

    def get(self, reference: Any) -> Any:
        return self.values.get(reference, reference) if isinstance(reference, str) else reference

    def wait(self, waits: list[Any], **options: Any) -> tuple[list[Any], list[Any]]:
        return waits, []

    def remote(self, actor: type) -> Any:
        made = {name: Method(self, name) for name in ("lay_out", "open", "encoded", "work")}

        def start(*given: Any) -> SimpleNamespace:
            self.asked.append(("start", given))
            return SimpleNamespace(**made)

        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=start))


def started(ray: FakeRay, folder: Path) -> RayCrew:
    """A crew that has asked for its workers. folder: of the driver's memory."""
    copy = ProjectCopy("embedded", (), True, b"", {})
    pack = partial(Packed, manifest=b"", files={})
    return RayCrew(ray, Means(False, 4, None), copy, [], pack, print, Memory(folder))


def crew_of(
    ray: FakeRay, folder: Path, ready: Ready = READY, encoded: Mapping[str, bytes] = NOTHING
) -> RayCrew:
    """A crew of one worker, that is ready. encoded: what it answers when asked for prompts."""
    ray.answers |= {"open": deque(["opened"]), "encoded": deque(["encoded"])}
    ray.values |= {"opened": ready, "encoded": encoded}
    crew = started(ray, folder)
    for _ in range(3):
        list(crew.hear(0))
    assert crew.idle() == ["1"]
    return crew


def given(ray: FakeRay) -> list[str]:
    """The keys of the results that went along with the last order."""
    name, (_, *entries) = ray.asked[-1]
    assert name == "work"
    return [entry.key for entry in entries]


def test_a_worker_has_what_it_made_and_not_what_it_was_asked_for(tmp_path: Path) -> None:
    """It failed at `a`, which another worker made since, and made `b`."""
    ray = FakeRay()
    crew = crew_of(ray, tmp_path)

    def said() -> Iterator[list[Message]]:
        yield [Failed("a", "no memory"), Stored(Packed("b", b"", {}))]

    ray.answers["work"] = deque([Hashed(said()), Hashed(iter(()))])
    crew.give("1", Order(("a", "b"), True, (), 1.0), [])
    for _ in range(2):
        list(crew.hear(0))
    crew.give("1", Order(("c",), True, (), 1.0), ["a", "b"])
    assert given(ray) == ["a"]


class Hashed(Iterator[Any]):
    """A stream of messages."""

    def __init__(self, said: Iterator[Any]) -> None:
        self._said = said

    def __next__(self) -> Any:
        return next(self._said)


def test_the_driver_keeps_what_was_encoded_for_the_next_build(tmp_path: Path) -> None:
    """Under the worker's own name for it: one of another kind encodes anew."""
    here, there = (Ready("here", "cpu", 16, (), {"a dog": name * 64}) for name in "ab")
    asked = []
    for ready in (here, here, there):
        ray = FakeRay()
        crew_of(ray, tmp_path, ready, {"a dog": b"numbers"})
        asked += [given for name, (given,) in ray.asked[2:] if name == "encoded"]
    assert asked == [{}, {"a dog": b"numbers"}, {}]


@pytest.mark.parametrize(
    ("nodes", "device", "workers", "means", "together"),
    [
        ([{"CPU": 64.0, "GPU": 4.0}], "auto", None, Means(True, 16, None), 4),
        ([{"CPU": 64.0, "GPU": 4.0}], "cuda", 2, Means(True, 16, 2), 2),
        ([{"CPU": 2.0, "GPU": 4.0}], "auto", None, Means(True, 1, None), 2),
        ([{"CPU": 64.0, "GPU": 4.0}, {"CPU": 8.0}], "auto", None, Means(True, 16, None), 4),
        (
            [{"CPU": 8.0, "GPU": 1.0}, {"CPU": 8.0, "GPU": 4.0}],
            "auto",
            None,
            Means(True, 2, None),
            4,
        ),
        ([{"CPU": 64.0, "GPU": 4.0}], "cpu", None, Means(False, 4, None), 16),
        ([{"CPU": 64.0}], "auto", 2, Means(False, 32, 2), 2),
        ([{}], "auto", None, Means(False, 4, None), 1),
    ],
)
def test_what_a_worker_gets(
    nodes: list[dict[str, float]], device: str, workers: int | None, means: Means, together: int
) -> None:
    """The cores of a node are shared among its GPUs, its memory among its workers."""
    assert means_of(nodes, device, workers) == means
    assert means.together(nodes) == together


def test_a_worker_is_told_how_many_share_its_node(tmp_path: Path) -> None:
    ray = FakeRay()
    ray.nodes = lambda: [{"Alive": True, "Resources": {"CPU": 16.0}}]  # type: ignore[method-assign]
    ray.answers["lay_out"] = deque(["laid out"] * 4)
    started(ray, tmp_path)
    assert [given for name, given in ray.asked if name == "start"] == [(4, 4)] * 4


def test_processes_that_share_a_host_have_a_part_of_its_memory_each() -> None:
    whole = capacity.host_memory()
    capacity.share_host(4)
    try:
        part = capacity.host_memory()
    finally:
        capacity.share_host(1)
    assert part.total == whole.total // 4
    assert part.free <= part.total


def test_a_gpu_by_its_number_is_refused_at_its_line(tmp_path: Path, tiny_if: Path) -> None:
    writeup = write_project(tmp_path / "w", tiny_if)
    report = writeup.root / "experiments/report.yaml"
    report.write_text(report.read_text().replace("device: cpu", "device: cuda:1"))
    answer = command("build", "--executor", "ray", cwd=writeup.root)
    assert answer.returncode == 2
    assert "report.yaml:6:" in answer.stderr
    assert "device cuda:1 is one GPU of this machine" in answer.stderr
    assert "device: cuda`" in answer.stderr
