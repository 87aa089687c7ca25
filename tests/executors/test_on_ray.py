"""Workers of a real Ray: the same results as in one process, whoever is killed; nothing left."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.helpers.project import Project
from tests.helpers.ray_cluster import Killer, cluster_of_two_nodes, workers
from tests.helpers.writeup import RUNS, SECTION, Writeup, write_project

from fwd_report.executors import foreman
from fwd_report.store.store import Store

pytest.importorskip("ray", reason="Ray is not installed")

BY_RAY = ("build", "--executor", "ray", "--workers", "1")
FEW = "".join(re.split(r"(?=^  - )", SECTION, flags=re.MULTILINE)[part] for part in (0, 1, 3))
"""A noised picture and a training: with no model of pictures, a worker starts in half the time."""
LONG = """\
title: Long
experiments:
  - {id: net, technique: train, objective: flow, hidden: 2, batch: 16, epochs: 40,
     examples: 64, precision: fp32, caption: A net.}
  - {id: drawn, technique: sample, model: net, steps: 3, samples: 4, caption: Drawn.}
  - {id: photos, technique: sample, prompt: a photo of a dog, sweep: {steps: [3, 60, 61, 62]},
     caption: Samples.}
"""


def left_by(process: int) -> list[str]:
    """What of a build by that process is still there: processes of Ray, folders."""
    mark = f"fwdr-{process}-"
    found = [path.name for path in Path("/tmp").glob(f"{mark}*")]
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        found += [command] if mark in command else []
    return found


def by_a_fork(writeup: Writeup) -> tuple[int | None, str, int]:
    process = writeup.start(*BY_RAY)
    process.join(400)
    assert process.pid is not None
    return process.exitcode, writeup.said(process), process.pid


def by_a_process(writeup: Writeup) -> tuple[int | None, str, int]:
    process = Project(writeup.root).start(*BY_RAY)
    out, errors = process.communicate(timeout=400)
    return process.returncode, out + errors, process.pid


@pytest.mark.parametrize(
    ("built", "section", "runs"),
    [(by_a_fork, FEW, 3), pytest.param(by_a_process, SECTION, RUNS, marks=pytest.mark.slow)],
    ids=["by_a_fork", "by_a_process"],
)
def test_a_build_by_ray_is_a_build(
    writeup: Writeup,
    tmp_path: Path,
    tiny_if: Path,
    one_thread: None,
    built: Callable[[Writeup], tuple[int | None, str, int]],
    section: str,
    runs: int,
) -> None:
    """What workers do with samples, test_foreman shows without Ray and fast."""
    (writeup.root / "experiments/all.yaml").write_text(section)
    project = Project(writeup.root)
    code, said, process = built(writeup)
    assert code == 0, said
    assert f"ran {runs} of {runs} runs" in said
    assert "ray" not in re.sub(r"\S*/\S*", "", said).lower(), "Ray itself says nothing"
    assert left_by(process) == []
    assert writeup.left() == []
    local = write_project(tmp_path / "local", tiny_if)
    (local.root / "experiments/all.yaml").write_text(section)
    local.build()
    assert_close(local.root, writeup.root)
    assert project("build").stdout.startswith("nothing to run")


@pytest.mark.slow
def test_two_nodes_of_which_a_worker_is_killed_each(
    writeup: Writeup,
    tmp_path: Path,
    tiny_if: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(foreman, "CHECKPOINT_EVERY", 0.2)
    (writeup.root / "experiments/all.yaml").write_text(LONG)
    with cluster_of_two_nodes() as cluster, Killer(writeup.root) as killer:
        outcome = writeup.build(executor="ray", address=cluster.address)
    said = capsys.readouterr().err
    assert set(killer.killed) == {"training", "sampling"}, said
    assert said.count("its process ended") == 2
    assert outcome.failures == ()
    assert outcome.ran == outcome.runs
    local = write_project(tmp_path / "local", tiny_if)
    (local.root / "experiments/all.yaml").write_text(LONG)
    local.build()
    assert_close(local.root, writeup.root)
    assert writeup.left() == []
    assert writeup.build().ran == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_build_that_is_ended_leaves_nothing_of_its_cluster(
    writeup: Writeup, number: signal.Signals
) -> None:
    (writeup.root / "experiments/all.yaml").write_text(LONG)
    project = Project(writeup.root)
    process = project.start("build", "--executor", "ray", "--workers", "1")
    wait_for(lambda: bool(workers()))
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    wait_for(lambda: not [each for each in left_by(process.pid) if not each.startswith("fwdr-")])
    wait_for(lambda: not workers())
    project.process("build", "--executor", "ray", "--workers", "1")
    assert left_by(process.pid) == [], "the next build removed the folder of a killed one"
    assert writeup.left() == []


def wait_for(reached: Callable[[], bool], seconds: float = 200) -> None:
    ends = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < ends
        time.sleep(0.05)


def assert_close(local: Path, other: Path) -> None:
    """The same runs, files and numbers, up to what another number of threads rounds otherwise."""
    ours, theirs = Store(local), Store(other)
    assert ours.keys() == theirs.keys()
    for key in ours.keys():  # noqa: SIM118
        one, two = ours.read(key), theirs.read(key)
        assert one.files.keys() == two.files.keys()
        assert one.metrics == pytest.approx(two.metrics, rel=1e-3)
        assert one.provenance["run"] == two.provenance["run"]
        for name in one.files:
            if name.endswith(".png"):
                pictures = (Image.open(store.folder(key) / name) for store in (ours, theirs))
                a, b = (np.asarray(picture, dtype=int) for picture in pictures)
                assert abs(a - b).max() <= 1, one.provenance["run"]
