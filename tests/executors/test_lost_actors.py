"""What the crew does with what Ray says when a worker is gone, in Ray's own words and classes."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.executors.test_actors import FakeRay, started

from fwd_report.errors import RunError
from fwd_report.executors.actors import RayCrew
from fwd_report.executors.messages import Order, Packed, Ready, Stored
from fwd_report.executors.workers import Lost

exceptions = pytest.importorskip("ray.exceptions", reason="Ray is not installed")

NO_MEMORY = exceptions.OutOfMemoryError(
    "1 worker(s) were killed due to the node running low on memory. Memory on the node (IP: "
    "192.0.2.2, ID: f0895c) was 22.9GB used / 23.54GB limit (0.97)\nOOM kill reason: Memory usage"
)
"""As Ray 2.60 raises it where its memory monitor has killed an actor."""
NODE_GONE = exceptions.NodeDiedError("Task failed because the node it was running on is dead")


def task_error(cause: Exception) -> Exception:
    """As Ray raises it where an actor's method has raised."""
    error: Exception = exceptions.RayTaskError("work", "Traceback …", cause)
    return error


class Answer:
    """A reference to what a method answers, or raises."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Failing(FakeRay):
    """A worker on each of these places."""

    exceptions = exceptions

    def __init__(self, *places: str) -> None:
        super().__init__()
        self.places = places
        self.killed = 0
        opened = [Ready(place, "cpu", 16) for place in places]
        self.answers = {
            "lay_out": deque(Answer([]) for _ in range(5)),
            "open": deque(Answer(ready) for ready in opened),
            "encoded": deque(Answer({}) for _ in range(5)),
        }

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": {"CPU": 4.0}} for _ in self.places]

    def get(self, reference: Any) -> Any:
        if isinstance(reference.value, Exception):
            raise reference.value
        return reference.value

    def kill(self, actor: SimpleNamespace) -> None:
        self.killed += 1


def crew_that_hears(ray: Failing, folder: Path, *said: Any) -> tuple[RayCrew, list[Any]]:
    """A crew whose first worker says this of its order; what the crew hears."""
    crew = started(ray, folder)
    for _ in range(3):
        list(crew.hear(0))
    assert crew.idle() == [str(number + 1) for number in range(len(ray.places))]
    ray.answers["work"] = deque([map(Answer, said)])
    crew.give("1", Order(("a", "b"), True, (), 1.0), [])
    return crew, [heard for _ in said for _, heard in crew.hear(0)]


def hear_much(crew: RayCrew) -> None:
    for _ in range(9):
        list(crew.hear(0))


def members(crew: RayCrew, ray: Failing) -> int:
    """How many workers it has when it has looked again."""
    ray.answers["open"].append(Answer(Ready("here", "cpu", 16)))
    list(crew.hear(0))
    return crew.size


def test_a_node_without_memory_goes_on_with_fewer_workers(tmp_path: Path) -> None:
    """Two of them were too many: another one would be killed as well."""
    ray = Failing("here", "here")
    crew, heard = crew_that_hears(ray, tmp_path, [Stored(Packed("a", b"", {}))], NO_MEMORY)
    assert heard == [
        [Stored(Packed("a", b"", {}))],
        Lost("its node ran out of memory, which goes on with 1 worker", blamed=False),
    ]
    assert members(crew, ray) == 1


def test_the_only_worker_of_a_node_without_memory_is_replaced(tmp_path: Path) -> None:
    """What it ran is in question, and goes on in smaller pieces."""
    ray = Failing("here", "there")
    crew, heard = crew_that_hears(ray, tmp_path, NO_MEMORY)
    assert heard == [Lost("its node ran out of memory", blamed=True)]
    assert members(crew, ray) == 2


@pytest.mark.parametrize("error", [MemoryError("no room"), RuntimeError("CUDA out of memory.")])
def test_a_worker_that_ran_out_of_memory_is_ended_and_replaced(
    tmp_path: Path, error: Exception
) -> None:
    ray = Failing("here", "here")
    crew, heard = crew_that_hears(ray, tmp_path, task_error(error))
    assert heard == [Lost("it ran out of memory", blamed=True)]
    assert ray.killed == 1
    assert members(crew, ray) == 2


def test_another_error_of_a_worker_ends_the_build(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        crew_that_hears(Failing("here"), tmp_path, task_error(ZeroDivisionError()))


def test_a_node_that_leaves_is_not_held_against_its_runs(tmp_path: Path) -> None:
    _, heard = crew_that_hears(Failing("here", "there"), tmp_path, NODE_GONE)
    assert heard == [Lost("its node left the cluster", blamed=False)]


def test_workers_that_have_no_memory_to_start_with_end_the_build(tmp_path: Path) -> None:
    ray = Failing("here")
    ray.answers["open"] = deque(Answer(task_error(MemoryError())) for _ in range(3))
    crew = started(ray, tmp_path)
    with pytest.raises(RunError, match="ended during startup: it ran out of memory"):
        hear_much(crew)
