"""A key's code is all that runs: what a run of any technique calls and loads is in its closure."""

from __future__ import annotations

import builtins
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from PIL import Image
from tests.helpers.tiny_if import tiny_tokenizer

import fwd_report
from fwd_report.engine.engine import Engine
from fwd_report.engine.progress import Progress
from fwd_report.engine.workbench import Workbench
from fwd_report.models.towers import Towers, TowersScorer
from fwd_report.plan.code import COUNTED, Code
from fwd_report.plan.loaded_code import LoadedCode
from fwd_report.plan.plan import Plan, make_plan
from fwd_report.plan.rates import Rates
from fwd_report.plan.run import Run
from fwd_report.plan.syntax import read_module
from fwd_report.spec.load import load_project
from fwd_report.store.memory import Memory
from fwd_report.store.store import Store
from fwd_report.techniques.registry import all_techniques

PACKAGE = Path(fwd_report.__file__).parent
REPORT = "title: All\nmodel: model/stage_1\nupscaler: model/stage_2\nscorer: judge\nseed: 3\n"
PICTURE = "image: experiments/images/dot.png"
SECTION = f"""\
title: All
experiments:
  - {{id: sample, technique: sample, prompt: a dog, steps: 2, trajectory: true,
     dynamic_thresholding: 0.9, caption: c}}
  - {{id: forward, technique: forward, {PICTURE}, caption: c}}
  - {{id: blur, technique: blur, {PICTURE}, caption: c}}
  - {{id: one-step, technique: one_step, {PICTURE}, caption: c}}
  - {{id: iterative, technique: iterative, {PICTURE}, i_start: 31, caption: c}}
  - {{id: sdedit, technique: sdedit, {PICTURE}, i_start: 31, caption: c}}
  - {{id: ddim, technique: sample, prompt: a dog, steps: 3, spacing: trailing, sampler: ddim,
     eta: 0.5, guidance_rescale: 0.5, guidance_interval: [100, 900], negative_prompt: a skull,
     caption: c}}
  - {{id: repaint, technique: inpaint, {PICTURE}, mask: experiments/images/mask.png, steps: 3,
     resample: 2, jump_length: 1, caption: c}}
  - {{id: inpaint, technique: inpaint, {PICTURE}, mask: experiments/images/mask.png, steps: 2,
     caption: c}}
  - {{id: anagram, technique: anagram, prompt: a man, flipped: a dog, steps: 2, caption: c,
     sweep: {{view: [flip, jigsaw]}}}}
  - {{id: hybrid, technique: hybrid, low: a skull, high: a dog, kernel_size: 5, steps: 2,
     caption: c, sweep: {{split: [frequency, colour]}}}}
  - {{id: upsample, technique: upsample, of: hybrid, steps: 2, caption: c}}
  - {{id: upside, technique: upsample, of: anagram, steps: 2, caption: c}}
  - {{id: larger, technique: upsample, of: sample, steps: 2, caption: c}}
  - {{id: alignment, technique: alignment, of: [hybrid, sample], caption: c}}
  - {{id: compare, technique: compare, of: [forward, blur], caption: c}}
  - {{id: noising, technique: noising, caption: c}}
  - {{id: architecture, technique: architecture, hidden: 4, caption: c}}
  - {{id: denoiser, technique: train, objective: denoiser, hidden: 4, epochs: 1, examples: 64,
     caption: c}}
  - {{id: train, technique: train, objective: ddpm, conditioning: class, hidden: 4, epochs: 1,
     examples: 64, caption: c}}
  - {{id: flow, technique: train, objective: flow, hidden: 4, epochs: 1, examples: 64,
     caption: c}}
  - {{id: curves, technique: curves, of: [train, flow], caption: c}}
  - {{id: denoise, technique: denoise, model: denoiser, images: 4, caption: c}}
  - {{id: classify, technique: classify, epochs: 1, caption: c}}
  - {{id: digits, technique: sample, model: train@1, steps: 2, samples: 2, sweep: {{digit: [1, 2]}},
     caption: c}}
  - {{id: flows, technique: sample, model: flow, steps: 2, caption: c}}
  - {{id: evaluate, technique: evaluate, of: digits, classifier: classify, caption: c}}
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, tiny_if: Path) -> tuple[Plan, Store]:
    """A report with an experiment of every technique, none of it run."""
    root = tmp_path_factory.mktemp("report")
    (root / "experiments" / "images").mkdir(parents=True)
    ramp = Image.linear_gradient("L")
    ramp.convert("RGB").save(root / "experiments/images/dot.png")
    ramp.point(lambda level: 255 * (level > 127)).save(root / "experiments/images/mask.png")
    (root / "model").symlink_to(tiny_if)
    TowersScorer(Towers(60, 8, (8, 8, 8, 8)), tiny_tokenizer()).save(root / "judge")
    (root / "experiments" / "report.yaml").write_text(REPORT)
    (root / "experiments" / "all.yaml").write_text(SECTION)
    store = Store(root)
    return make_plan(load_project(root), store), store


@cache
def counted_file(name: str) -> str | None:
    """The counted file that a code object's file name is, relative to the package, or None."""
    if not name.startswith(f"{PACKAGE}{os.sep}"):
        return None
    file = Path(name).relative_to(PACKAGE)
    return file.as_posix() if file.parts[0] in COUNTED else None


def works_for(frame: FrameType | None, files: set[str]) -> bool:
    """Whether a function of these files is among a frame's callers."""
    while frame is not None:
        if counted_file(frame.f_code.co_filename) in files:
            return True
        frame = frame.f_back
    return False


@contextmanager
def watched(called: set[tuple[str, str]], imported: set[str], outside: set[str]) -> Iterator[None]:
    """Note the counted functions that are called, and what functions of this package import.

    outside: files marked OUTSIDE_KEYS; what they call is theirs.
    """
    plain_import = builtins.__import__
    settled: dict[int, CodeType] = {}  # by identity: a code's hash reads the whole of it

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event != "call" or id(code := frame.f_code) in settled:
            return
        is_function = code.co_flags & inspect.CO_OPTIMIZED  # not the body of a module or a class
        if is_function and (file := counted_file(code.co_filename)) is not None:
            if works_for(frame, outside):
                return
            called.add((file, code.co_qualname.partition(".<locals>")[0]))
        settled[id(code)] = code

    def importing(
        name: str, space: Any = None, local: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        if space is not None and space.get("__name__", "").startswith("fwd_report."):
            imported.update({name, *(f"{name}.{item}" for item in fromlist or ())})
        return plain_import(name, space, local, fromlist, level)

    builtins.__import__ = importing
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)
        builtins.__import__ = plain_import


def uncounted(run: Run, called: set[tuple[str, str]], code: Code) -> list[str]:
    """What was called and is neither in the run's key nor marked as outside of keys."""
    missing = []
    for file, name in called:
        defined = name.partition(".<")[0]
        by_value = defined.endswith(".readings")
        if name.startswith("<") or by_value or defined in run.parts["code"].get(file, {}):
            continue
        if not is_marked(file, defined, code):
            missing.append(f"{run.technique.name}: {file}: {name}")
    return sorted(missing)


def is_marked(file: str, name: str, code: Code) -> bool:
    """Whether the file or the function is marked as outside of keys."""
    module = next(module for module, its in code.files.items() if its == file)
    read = _read(code.texts[module], module)
    return read.outside or name not in read.definitions


_read = cache(read_module)


def test_what_a_run_calls_and_imports_is_in_its_key(report: tuple[Plan, Store]) -> None:
    plan, store = report
    assert {run.technique.name for run in plan.runs} | {"compare", "curves"} == set(
        all_techniques()
    ), "an experiment of every technique"
    for library in ("sentencepiece", "sklearn.datasets", "torchmetrics"):
        import_module(library)  # before anything is watched: that would take seconds
    code = Code(store.memory)
    workbench = Workbench(plan.project, store, LoadedCode(plan.sources))
    workbench.models.prepare(plan.runs)
    assert all(run.alt for run in plan.runs), "words for readers: made once, and in no result"
    marked = {name for name, text in code.texts.items() if _read(text, name).outside}
    files = {code.files[name] for name in marked}
    missing: list[str] = []
    for run in plan.runs:
        called: set[tuple[str, str]] = set()
        imported: set[str] = set()
        with Progress({}, 1, Rates(store.base)) as progress, watched(called, imported, files):
            assert not Engine(store, workbench, progress).run([run]), run.name
        missing += uncounted(run, called, code)
        loaded = {name for name in imported if name in code.files}
        missing += [f"{run.name} loads {name}" for name in loaded - marked - {*run.modules}]
    assert not missing


ONLY_SHOWN = ("labels", "words", "parts", "grids", "grid_layout", "sheets", "originals")
"""Modules of techniques that make figures of results, and their labels."""


def test_what_only_shows_a_result_is_in_no_key(report: tuple[Plan, Store]) -> None:
    """An architecture draws its picture itself, through hooks by which all that it knows counts."""
    plan, _ = report
    shown = {f"techniques/{name}.py" for name in ONLY_SHOWN}
    for run in plan.runs:
        if run.technique.name != "architecture":
            code = run.parts["code"]
            assert not shown & code.keys(), run.name
            methods = {name.partition(".")[2] for file in code.values() for name in file}
            assert not {"describe", "figure", "alt"} & methods, run.name


LOADS = """
import json, os, sys, types, unittest.mock
import torch, diffusers, transformers, pydantic, sklearn, PIL.Image, safetensors.torch, torchmetrics
import importlib
from fwd_report import sources, errors, outside, threads
modules, stand_ins = map(json.loads, sys.argv[1:])
class StandIn(types.ModuleType):  # for one outside of keys: what only that loads is in no closure
    def __getattr__(self, name):
        return unittest.mock.MagicMock()
for name in stand_ins:
    if name not in sys.modules:
        sys.modules[name] = StandIn(name)
report = {}
for name in modules:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        importlib.import_module(name)
        real = (each for each, module in sys.modules.items() if type(module) is not StandIn)
        loaded = [each for each in real if each.startswith("fwd_report.")]
        os.write(writer, json.dumps(loaded).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        report[name] = json.loads(answer.read())
    os.waitpid(child, 0)
print(json.dumps(report))
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="each import needs a process without the others"
)
def test_what_importing_a_module_loads_is_in_its_closure(tmp_path: Path) -> None:
    code = Code(Memory(tmp_path / "own" / "memory"))
    outside = {name for name, text in code.texts.items() if read_module(text, name).outside}
    lists = (json.dumps(sorted(names)) for names in (code.files.keys() - outside, outside))
    answer = subprocess.run(
        [sys.executable, "-c", LOADS, *lists], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    for name, loaded in json.loads(answer.stdout).items():
        counted = {each for each in loaded if each in code.files}
        assert counted - outside <= {*code.closure(name).modules}, name
