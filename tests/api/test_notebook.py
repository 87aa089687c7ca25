"""The notebook and the guide's code run as they stand; Ctrl-C leaves a kernel alive."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from jupyter_client.manager import KernelManager, start_new_kernel
from nbclient import NotebookClient
from PIL import Image
from tests.api.conftest import write
from tests.helpers.forked import fork, said
from tests.helpers.guide import blocks_of
from tests.helpers.notebooks import show_cells

from fwd_report import open_report
from fwd_report.api.exceptions import UnknownNameError
from fwd_report.diffusion.ddpm import DDPM
from fwd_report.models.names import EMBEDDED

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "api.ipynb"
BLOCKS = [*blocks_of("README.md", "python"), *blocks_of("python.md", "python")]
STAGE_1 = ROOT / "generator" / "fwd_report" / "models" / EMBEDDED / "stage_1"
embedded = pytest.mark.skipif(
    not STAGE_1.is_dir(), reason="the embedded model's weights are absent"
)
HYBRIDS = """\
title: Hybrids
experiments:
  - id: skull
    technique: hybrid
    low: a skull
    high: a waterfall
    steps: 2
    caption: Near and far.
"""
LONG = """\
title: Long
experiments:
  - id: first
    technique: forward
    image: experiments/images/dot.png
    t: 250
    caption: Noise.
  - id: last
    technique: sample
    prompt: a photo of a dog
    steps: 1000
    samples: 20
    caption: Dogs.
"""
INTERRUPTED = """\
from fwd_report import open_report
report = open_report()
report.run()
"""
AFTERWARDS = """\
import signal, torch
print(report["long.first"][0].status, report["long.last"][0].status)
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, torch.get_default_dtype())
print(report.run("long.first"))
report["long.second"]
"""
SECONDS = 240


@pytest.fixture
def writeup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny writeup for the embedded model, which kernels and this process work in."""
    root = tmp_path / "writeup"
    (root / "experiments").mkdir(parents=True)
    write(root, "report", "title: Tiny\n")
    write(root, "hybrids", HYBRIDS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "generator")]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(root)
    return root


def run_here(cells: list[Any], folder: Path) -> list[dict[str, str]]:
    return show_cells((cell.source for cell in cells), folder)


def run_in_a_kernel(cells: list[Any], folder: Path) -> list[dict[str, str]]:
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": folder}}).execute()
    return [shown(cell) for cell in notebook.cells]


@embedded
@pytest.mark.parametrize("run", [run_here, pytest.param(run_in_a_kernel, marks=pytest.mark.slow)])
def test_the_notebook_runs(
    writeup: Path, run: Callable[[list[Any], Path], list[dict[str, str]]]
) -> None:
    """By default in this process: a kernel would import torch anew."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    _, ran, again, figure, picture, _, by_hand = run(cells, writeup)
    assert "ran 1 run" in ran["text/plain"]
    assert "<progress" in ran["text/html"]
    assert "nothing to run" in again["text/plain"]
    assert "<progress" not in again.get("text/html", "")
    assert 'src="data:image/png;base64,' in figure["text/html"]
    assert "Near and far." in figure["text/html"]
    assert "image/png" in picture
    assert "image/png" in by_hand
    assert open_report(writeup)["hybrids.skull"][0].status == "fresh"


@embedded
def test_the_code_of_the_guide_runs(writeup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = DDPM.timesteps
    short = lambda self, steps=None: whole(self, steps or 2)  # noqa: E731
    monkeypatch.setattr(DDPM, "timesteps", short)
    threads = torch.get_num_threads()
    for block in BLOCKS:
        exec(compile(block.text, str(block), "exec"), {})
    for name in ("180", "rocket", "as-it-is", "upside-down", "hybrid"):
        with Image.open(writeup / f"{name}.png") as image:
            assert image.size == (64, 64)
    assert torch.get_num_threads() == threads


@pytest.fixture
def kernel(project: Path, writeup: Path) -> Iterator[tuple[KernelManager, Any]]:
    write(project, "long", LONG)
    for name in ("noise", "hybrids"):
        (project / "experiments" / f"{name}.yaml").unlink()
    manager, client = start_new_kernel(cwd=str(project))
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.slow
def test_an_interrupt_keeps_what_is_done_and_the_kernel(
    kernel: tuple[KernelManager, Any],
) -> None:
    manager, client = kernel
    bars: list[str] = []
    interrupted = []

    def watch(message: dict[str, Any]) -> None:
        if message["msg_type"] in ("display_data", "update_display_data"):
            bars.append(message["content"]["data"]["text/html"])
            steps = re.search(r"value=.(\d+)", bars[-1])
            if steps and int(steps[1]) > 4 and not interrupted:
                interrupted.append(True)
                manager.interrupt_kernel()

    reply = client.execute_interactive(INTERRUPTED, timeout=SECONDS, output_hook=watch)
    assert interrupted
    assert (reply["content"]["status"], reply["content"]["ename"]) == ("error", "KeyboardInterrupt")
    said: list[str] = []
    errors: list[str] = []

    def note(message: dict[str, Any]) -> None:
        content = message["content"]
        said.append(content.get("text", ""))
        errors.extend(content.get("traceback", []))

    reply = client.execute_interactive(AFTERWARDS, timeout=SECONDS, output_hook=note)
    words = "".join(said)
    assert "fresh missing" in words
    assert "True torch.float32" in words
    assert "nothing to run; 1 run stored before" in words
    assert reply["content"]["ename"] == "UnknownNameError"
    assert errors == ["there is no experiment 'long.second'\n    did you mean 'long.last'?"]
    assert manager.is_alive()


PLAIN = """\
import os, signal, threading, time
from fwd_report import open_report
signal.signal(signal.SIGINT, signal.default_int_handler)  # what starts tests may have it ignored
report = open_report()
first = report["long.first"][0]
def watch():
    while first.status != "fresh":
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=watch, daemon=True).start()
try:
    report.run("long")
except KeyboardInterrupt:
    print(report["long.first"][0].status, report["long.last"][0].status)
    import torch
    print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, torch.get_default_dtype())
    print(report.run("long.first"))
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_an_interrupt_in_plain_python_is_an_exception_like_any_other(project: Path) -> None:
    write(project, "long", LONG)
    process = fork(project, exec, PLAIN, {})
    process.join(SECONDS)
    printed = said(project, process)
    assert process.exitcode == 0, printed
    after = "fresh missing\nTrue torch.float32\nnothing to run; 1 run stored before\n"
    assert after in printed
    assert "stopped; what was done is stored" in printed


def test_a_mistake_is_shown_without_a_traceback(project: Path) -> None:
    """As notebooks ask an error to show itself."""
    write(project, "long", LONG)
    with pytest.raises(UnknownNameError) as mistaken:
        open_report(project)["long.second"]
    shown_lines = mistaken.value._render_traceback_()
    assert shown_lines == ["there is no experiment 'long.second'\n    did you mean 'long.last'?"]


def shown(cell: Any) -> dict[str, str]:
    """Everything a cell shows, by kind."""
    found: dict[str, str] = {}
    for output in cell.outputs:
        for kind, value in output.get("data", {"text/plain": output.get("text", "")}).items():
            found[kind] = found.get(kind, "") + value
    return found
