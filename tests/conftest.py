"""Fixtures shared by all tests."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import pytest
from tests.helpers.hub_server import model_hub
from tests.helpers.made_once import made_once

from fwd_report.threads import spin_briefly

__all__ = ["model_hub"]
spin_briefly()  # as the command line does
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # of a shell's `&`: tests send interrupts
    signal.signal(signal.SIGINT, signal.default_int_handler)

LONGEST_FIRST = (
    "site/test_reading.py",
    "site/test_browser.py",
    "cli/test_gpu_profile.py",
    "executors/test_on_ray.py",
    "cli/test_unchanged.py",
    "site/test_incremental.py",
    "executors/test_foreman.py",
    "remotes/test_two_clones.py",
    "api/test_colab.py",
    "remotes/test_faults.py",
    "site/test_serve.py",
    "site/test_template_bounds.py",
    "remotes/test_slow_links.py",
    "site/publishing/test_publish.py",
    "models/test_hub_refusals.py",
    "plugins/test_protocols.py",
    "plugins/test_program_mistakes.py",
    "attack/test_damage.py",
    "cli/test_build.py",
    "site/test_render.py",
    "api/test_every_technique.py",
    "plugins/test_example.py",
    "training/test_resume.py",
    "remotes/test_distrusted.py",
    "attack/test_places.py",
)
"""Files of ten seconds and more: begun last, one would keep a worker busy and the others idle."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a GPU, or several, where there are not as many; and say why."""
    marker = item.get_closest_marker("gpu")
    if marker is None:
        return
    import torch

    wanted = marker.args[0] if marker.args else 1
    there = torch.cuda.device_count()
    if there < wanted:
        needs = "a CUDA device" if wanted == 1 else f"{wanted} CUDA devices"
        have = f"there are {there}" if torch.version.cuda else "this torch is built without CUDA"
        pytest.skip(f"needs {needs}: {have}")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Leave what is imported for the tests out of every search for garbage: it is never any."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest files first."""
    ranks = {Path(__file__).parent / name: rank for rank, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """A command called in this process is parsed from its functions once, not at each call."""
    import typer.main
    import typer.testing

    command = cache(typer.main.get_command)
    with (
        mock.patch.object(typer.main, "get_command", command),
        mock.patch.object(typer.testing, "_get_command", command),
    ):
        yield


@pytest.fixture(autouse=True)
def stays_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that would replace this process, as after an edit of its own code, fails here."""
    own = os.getpid()
    replace = os.execve

    def execve(*arguments: Any) -> NoReturn:
        if os.getpid() == own:
            raise AssertionError("a command of this process begins anew: its code was edited")
        replace(*arguments)

    monkeypatch.setattr(os, "execve", execve)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute on this thread alone: a fork has none of the others, and would wait for them."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_if(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small random cascade: stage_1/ and stage_2/ in diffusers' IF layout."""
    import torch
    from tests.helpers.tiny_if import save_tiny_if

    torch.set_num_threads(1)  # its tensors are so small that threads only wait for each other
    return save_tiny_if(tmp_path_factory.mktemp("tiny-if"))


@pytest.fixture(scope="session")
def every_technique(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The writeup of tests/golden, built once for all workers; tests only read it."""
    from tests import golden

    def make(root: Path) -> None:
        golden.write_project(root)
        golden.run_all(root)

    return made_once(tmp_path_factory, "every-technique", make)
