"""Where memory ends, networks take turns, and no number of a result changes."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.helpers.project import Project, write_small_project
from tests.helpers.toy_engine import Copy, Walk, make_run

from fwd_report.engine.networks import Networks
from fwd_report.engine.turns import Turns
from fwd_report.models import weights
from fwd_report.models.foresight import Foresight
from fwd_report.models.placing import Placing
from fwd_report.plan.plan import make_plan
from fwd_report.plan.run import Run
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store
from fwd_report.techniques.upsample import Upsample

LARGE = """\
title: Large
order: 30
intro: Large.
experiments:
  - id: first
    technique: sample
    prompt: a skull
    samples: 2
    steps: 2
    caption: Small.
  - {id: large, technique: upsample, of: first, steps: 2, caption: Large.}
"""


@pytest.fixture
def project(tiny_if: Path, tmp_path: Path) -> Project:
    project = write_small_project(tmp_path / "writeup", tiny_if)
    project.write("large", LARGE)
    return project


class Watched:
    """The UNets that were loaded, and which of those before were still there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loads: list[str] = []
        self.still_there: list[int] = []
        self._networks: list[weakref.ref[Any]] = []
        load = weights.load_unet

        def watched(folder: Any, *given: Any) -> Any:
            gc.collect()
            self.still_there.append(sum(network() is not None for network in self._networks))
            self.loads.append(folder.path.name)
            network = load(folder, *given)
            self._networks.append(weakref.ref(network))
            return network

        monkeypatch.setattr(weights, "load_unet", watched)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "unet").glob("*.safetensors"))


def results(project: Project) -> dict[str, dict[str, bytes]]:
    store = Store(project.root)
    return {
        key: {
            path.name: path.read_bytes()
            for path in sorted(store.folder(key).iterdir())
            if path.name != "manifest.json"
        }
        for key in sorted(store.keys())
    }


def test_stage_one_is_gone_before_stage_two_is_loaded_and_nothing_changes(
    project: Project, tiny_if: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(monkeypatch)
    build = ("build", "--only", "large", "--set", "batch=1", "--set", "device=cpu")
    assert project(*build).returncode == 0
    assert watched.loads == ["stage_1", "stage_2"]
    assert watched.still_there == [0, 1], "without a limit both stay"
    expected = results(project)
    assert len(expected) == 4

    both = size_of(tiny_if / "stage_1") + size_of(tiny_if / "stage_2")
    monkeypatch.setenv("FWD_REPORT_DEVICE_MEMORY", str(both))
    limited = Watched(monkeypatch)
    done = project(*build, "--force")
    assert done.returncode == 0, done.stderr
    assert limited.loads == ["stage_1", "stage_2"], "each is loaded once"
    assert limited.still_there == [0, 0]
    assert results(project) == expected


def test_a_scorer_and_prompts_of_later_orders_count_from_the_first(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a worker is told them: all runs, then an order of some; stages are placed but once."""
    judged = "  - {id: judged, technique: alignment, of: [first], caption: c}\n"
    project.write("large", LARGE + judged)
    store = Store(project.root)
    loaded = load_project(project.root)
    runs = [run for run in make_plan(loaded, store).runs if run.section == "large"]
    placed: list[tuple[set[int], int]] = []
    monkeypatch.setattr(
        Foresight,
        "stages",
        lambda self, stages, scorers: placed.append((set(stages), len(scorers))) or Placing(),
    )
    networks = Networks(loaded, store, "cpu", torch.float32, 8)
    networks.prepare(runs)
    networks.prepare([])
    assert set(networks.encodings()) == {"", "a skull"}
    networks.evaluator("stage_1")
    assert placed == [({1, 2}, 1)]


def test_prompts_are_encoded_in_bfloat16_where_memory_ends_and_provenance_says_so(
    project: Project, tiny_if: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (encoder,) = (tiny_if / "stage_1" / "text_encoder").glob("*.safetensors")
    monkeypatch.setenv("FWD_REPORT_DEVICE_MEMORY", str(int(0.8 * encoder.stat().st_size)))
    loaded = []
    load = weights.load_text_encoder
    monkeypatch.setattr(
        weights, "load_text_encoder", lambda *given: loaded.append(given[1:]) or load(*given)
    )
    build = ("build", "--only", "large.first", "--set", "device=cpu")
    refused = project(*build)
    assert refused.returncode == 2, "its UNet is larger than its encoder"
    assert "the network of stage I takes" in refused.stderr
    assert loaded == [("cpu", torch.bfloat16)]

    monkeypatch.setattr("fwd_report.models.foresight.place_stages", lambda *_: Placing())
    done = project(*build)
    assert done.returncode == 0, done.stderr
    store = Store(project.root)
    for key in sorted(store.keys()):
        precision = store.read(key).provenance["precision"]
        assert precision == "float32 products in float32, prompts encoded on cpu in bfloat16"
    assert len(loaded) == 1, "they are remembered"


def test_an_encoder_that_fits_nowhere_is_an_error_with_the_way_out(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FWD_REPORT_DEVICE_MEMORY", "1KiB")
    refused = project("build", "--only", "large.first", "--set", "device=cpu")
    assert refused.returncode == 2
    assert "the text encoder takes" in refused.stderr
    assert "fwd-report prompts --encode FILE" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_who_takes_turns() -> None:
    """I, then II, then what asks I about II's results; runs without a stage whenever they can."""
    first = [asking(1, index) for index in range(3)]
    second = [asking(2, index, need) for index, need in enumerate(first)]
    again = asking(1, 9, second[0])
    free = make_run(5, Copy(), "copies", needs={"of": (second[0],)})
    runs = [*first, *second, again, free]
    turns = Turns(runs)
    pending = {run.key for run in runs}

    def early() -> list[Run]:
        return [run for run in runs if run.key in pending and turns.early(run, pending)]

    assert early() == [*second, again]
    pending -= {first[0].key, first[1].key}
    assert early() == [*second, again]
    pending -= {first[2].key}
    assert early() == [again]
    pending -= {run.key for run in second}
    assert early() == []
    lone = Turns(first)
    assert not any(lone.early(run, {run.key for run in first}) for run in first)


def asking(stage: int, index: int, need: Run | None = None) -> Run:
    needs = {} if need is None else {"of": (need,)}
    technique = Walk() if stage == 1 else Upsample(of="first")
    named = f"stage{stage}{'' if need is None else need.experiment}"
    return make_run(index, technique, named, needs=needs, model="a model")
