"""The notebook for Colab runs as it stands in any kernel, and again after a runtime died."""

from __future__ import annotations

import os
import signal
import sys
import time
import zipfile
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import KernelManager, start_new_kernel
from nbclient import NotebookClient
from tests.api.conftest import write
from tests.api.test_notebook import ROOT, SECONDS, embedded, shown
from tests.helpers.command import command
from tests.helpers.forked import fork
from tests.helpers.notebooks import run_cells
from tests.helpers.shim import programs

from fwd_report.spec.load import load_project
from fwd_report.starter import copy_starter

NOTEBOOK = ROOT / "notebooks" / "colab.ipynb"
TAG = "parameters"
MANY = """\
title: Many
order: 10
experiments:
  - {id: dogs, technique: sample, prompt: a dog, steps: 6, samples: 4, caption: Dogs.}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run the notebook in, with the commands of this environment and no account."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "generator"))
    monkeypatch.setenv(
        "PATH",
        os.pathsep.join(
            [str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        ),
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    place = tmp_path / "place"
    place.mkdir()
    return place


def notebook(**parameters: object) -> Any:
    """The notebook with other values in its first cell of code, as a reader types them."""
    read = nbformat.read(NOTEBOOK, as_version=4)
    (cell,) = (cell for cell in read.cells if TAG in cell.metadata.get("tags", ()))
    lines = cell.source.splitlines()
    for name, value in parameters.items():
        (at,) = (number for number, line in enumerate(lines) if line.startswith(f"{name} = "))
        lines[at] = f"{name} = {value!r}"
    cell.source = "\n".join(lines)
    return read


def code(read: Any) -> list[Any]:
    return [cell for cell in read.cells if cell.cell_type == "code"]


def test_it_is_kept_without_outputs() -> None:
    read = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(read)
    assert all(not cell.outputs and cell.execution_count is None for cell in code(read))
    assert read.metadata.accelerator == "GPU"


def run_here(read: Any, place: Path) -> str:
    """What the cells say, run in this process and forks of it."""
    with programs(place.parent / "bin"):
        return run_cells((cell.source for cell in code(read)), place)


def run_in_a_kernel(read: Any, place: Path) -> str:
    resources = {"metadata": {"path": place}}
    NotebookClient(read, timeout=SECONDS, resources=resources).execute()
    return "\n".join(text for cell in code(read) for text in shown(cell).values())


@embedded
@pytest.mark.parametrize("run", [run_here, pytest.param(run_in_a_kernel, marks=pytest.mark.slow)])
def test_it_makes_a_writeup_runs_it_shows_it_and_packs_it(
    place: Path, run: Callable[[Any, Path], str]
) -> None:
    read = notebook(PROFILE="embedded", BARE=False, ONLY=["forward"], WRITEUP="mine")
    text = run(read, place)
    assert f"torch=={version('torch')}" in text, "what pip is told to keep"
    assert "Your writeup is in" in text
    assert "would stop a build" not in text, "the doctor finds nothing"
    assert "3 runs to run" in text
    assert "ran 3 runs" in text
    assert 'src="data:image/png;base64,' in text
    assert "a skull" not in text, "prompts are of the chosen section"
    with zipfile.ZipFile(place / "mine-site.zip") as archive:
        names = set(archive.namelist())
    assert {"index.html", "report/forward/index.html"} <= names
    assert not list(place.glob("**/kept.txt"))


def starting(read: Any) -> list[str]:
    """The parameters and the cell that starts a writeup."""
    cells = code(read)
    return [
        "from pathlib import Path\nCOLAB = False",
        *(cell.source for cell in cells if TAG in cell.metadata.get("tags", ())),
        *(cell.source for cell in cells if "fwd-report init" in cell.source),
    ]


def test_a_new_writeup_asks_what_the_courses_file_of_prompts_holds(place: Path) -> None:
    """The finished example has prompts of its own, for which a student has no text encoder."""
    run_cells(starting(notebook(WRITEUP="course")), place)
    run_cells(starting(notebook(WRITEUP="example", BARE=False)), place)
    course, example = (_prompts(place / name) for name in ("course", "example"))
    assert "a lighthouse" in example
    assert "a lighthouse" not in course
    assert "a lithograph of a skull" in course


def test_it_stops_where_there_is_no_writeup(place: Path) -> None:
    (place / "mine").mkdir()
    (place / "mine" / "mkdocs.yml").write_text("of somebody else")
    with pytest.raises(SystemExit, match="no writeup yet: the message above"):
        run_cells(starting(notebook(WRITEUP="mine")), place)


def test_its_zip_is_looked_at_through_a_server() -> None:
    """Its pages, opened as files, lead to folders."""
    (said,) = (c.source for c in notebook().cells if "as a zip" in c.source)
    assert "python3 -m http.server" in said
    assert "open `index.html`" not in said


def _prompts(root: Path) -> str:
    return command("prompts", "--profile", "gpu", cwd=root).stdout


def test_what_it_runs_with_is_in_the_report(tmp_path: Path) -> None:
    """So that a build at home, which knows nothing of the notebook, has the same keys."""
    (cell,) = (cell for cell in code(notebook()) if '"embeddings": EMB' in cell.source)
    copy_starter(tmp_path, ["forward"])  # where the file of prompts already lies
    report = tmp_path / "experiments" / "report.yaml"
    before = report.read_text()
    cell_of = partial(exec, cell.source)
    cell_of({"root": tmp_path, "PROFILE": "gpu", "EMBEDDINGS": "", "MODEL": ""})
    assert report.read_text() == before, "nothing is said, nothing is changed"
    report.write_text(before + "embeddings@gpu:\n  - a.pth\n  - b.pth\nbatch: 3")
    for name in ("first.pth", 'my "second".pth'):
        cell_of({"root": tmp_path, "PROFILE": "gpu", "EMBEDDINGS": name, "MODEL": "own/model"})
        read = load_project(tmp_path, "gpu").report
        assert (read.embeddings, read.model, read.batch) == ((name,), "own/model", 3)
    assert load_project(tmp_path).report.model == "emoji-if"
    commands = "\n".join(cell.source for cell in code(notebook()))
    assert "--set" not in commands
    assert "overrides" not in commands


def in_kernel(place: Path) -> tuple[KernelManager, Any]:
    manager, client = start_new_kernel(cwd=str(place))
    return manager, client


@pytest.fixture
def many(place: Path) -> Path:
    """A writeup of four pictures, which are drawn one after the other."""
    root = place / "mine"
    (root / "experiments").mkdir(parents=True)
    write(root, "report", "title: Mine\nbatch: 1\n")
    write(root, "many", MANY)
    return root


@embedded
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a fork stands in for the runtime")
def test_what_was_drawn_before_a_runtime_died_is_there_in_the_next(
    many: Path, place: Path, one_thread: None
) -> None:
    """The cells up to the run, in a fork that is killed; then in this process."""
    cells = [cell.source for cell in code(notebook(PROFILE="embedded", WRITEUP="mine"))]
    cells = cells[: _running(cells) + 1]
    runtime = fork(place, run_cells, cells, place)
    stored = _wait_for_results(many, runtime.is_alive)
    assert runtime.pid is not None
    os.kill(runtime.pid, signal.SIGKILL)
    runtime.join()
    _leave_a_lock(many)
    assert "ran " in run_cells(cells, place)
    _assert_kept(stored, _stored(many))


@embedded
@pytest.mark.slow
def test_a_runtime_that_dies_loses_only_what_was_being_drawn(many: Path, place: Path) -> None:
    """The same with kernels, all cells of which run."""
    root = many
    read = notebook(PROFILE="embedded", WRITEUP="mine")
    cells = [cell.source for cell in code(read)]
    until = _running(cells)
    manager, client = in_kernel(place)
    try:
        for source in cells[:until]:
            reply = client.execute_interactive(source, timeout=SECONDS, output_hook=_unheard)
            assert reply["content"]["status"] == "ok", reply["content"]
        client.execute(cells[until])
        stored = _wait_for_results(root, manager.is_alive)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    _leave_a_lock(root)
    run_in_a_kernel(read, place)
    _assert_kept(stored, _stored(root))


def _running(cells: list[str]) -> int:
    """The number of the cell that runs the report."""
    return next(number for number, source in enumerate(cells) if "report.run" in source)


def _wait_for_results(root: Path, alive: Callable[[], bool]) -> dict[str, int]:
    began = time.monotonic()
    while not (stored := _stored(root)):
        assert alive()
        assert time.monotonic() - began < SECONDS
        time.sleep(0.05)
    return stored


def _leave_a_lock(root: Path) -> None:
    """As a host does that is gone."""
    (root / ".fwd-report" / "locks" / "guard.lock.soft").write_text("12\na-runtime-that-died\n")


def _assert_kept(stored: dict[str, int], after: dict[str, int]) -> None:
    assert len(stored) < 4, "it was killed in time"
    assert len(after) == 4
    assert {name: after[name] for name in stored} == stored, "they did not run again"


def _stored(root: Path) -> dict[str, int]:
    """When each stored result was written, by its key."""
    manifests = (root / ".fwd-report" / "store").glob("??/[!.]*/manifest.json")
    return {path.parent.name: path.stat().st_mtime_ns for path in manifests}


def _unheard(message: dict[str, Any]) -> None:
    """What a cell shows is not of interest."""
