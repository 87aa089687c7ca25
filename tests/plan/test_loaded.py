"""A process stores results only of the code that its plan read."""

from __future__ import annotations

import hashlib
import importlib
import os
import py_compile
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fwd_report import sources
from fwd_report.errors import CodeChangedError
from fwd_report.plan.loaded_code import LoadedCode
from fwd_report.plugins.importing import Travelling
from fwd_report.training.parallel import _work

NAME = "some_counted_module"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The source of a module that can be imported, as it is when the process begins."""
    path = tmp_path / f"{NAME}.py"
    path.write_text("BETA = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setitem(sources.AT_START, str(path), sources.stamp_of(path))
    yield path
    sys.modules.pop(NAME, None)


def planned(path: Path) -> LoadedCode:
    return LoadedCode({NAME: hashlib.sha256(path.read_bytes()).hexdigest()})


def test_code_that_nobody_touches_may_be_stored_with_whatever_happens_later(source: Path) -> None:
    code = planned(source)
    code.load([NAME])
    source.write_text("BETA = 2\n")
    assert sys.modules[NAME].BETA == 1, "what runs is what was hashed"
    code.check([NAME])


def test_an_edit_between_the_plan_and_the_import_is_seen(source: Path) -> None:
    code = planned(source)
    source.write_text("BETA = 2\n")
    with pytest.raises(CodeChangedError, match=NAME):
        code.load([NAME])


def test_an_edit_between_the_import_and_the_plan_is_seen(source: Path) -> None:
    importlib.import_module(NAME)
    source.write_text("BETA = 2\n")
    with pytest.raises(CodeChangedError, match=NAME):
        planned(source).load([NAME])


def test_an_edit_and_an_edit_back_are_seen(source: Path) -> None:
    code = planned(source)
    stat = source.stat()
    source.write_text("BETA = 2\n")
    importlib.import_module(NAME)
    source.write_text("BETA = 1\n")
    os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(CodeChangedError, match=NAME):
        code.load([NAME])


def test_a_module_that_is_imported_later_is_looked_at_when_its_result_is_stored(
    source: Path,
) -> None:
    code = planned(source)
    code.check([NAME])
    source.write_text("BETA = 2\n")
    importlib.import_module(NAME)
    with pytest.raises(CodeChangedError, match=NAME):
        code.check([NAME])


def test_a_compiled_module_of_the_same_second_and_size_is_no_module_of_the_source(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_time = py_compile.PycInvalidationMode.TIMESTAMP
    compiled = Path(py_compile.compile(str(source), invalidation_mode=by_time) or "")
    stat = source.stat()
    source.write_text("BETA = 2\n")
    os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    monkeypatch.setitem(sources.AT_START, str(source), sources.stamp_of(source))
    importlib.invalidate_caches()
    assert importlib.import_module(NAME).BETA == 1, "so does Python"
    with pytest.raises(CodeChangedError, match="compiled from"):
        planned(source).load([NAME])
    assert not compiled.exists()
    del sys.modules[NAME]
    planned(source).load([NAME])
    assert sys.modules[NAME].BETA == 2


def test_a_process_that_helps_to_train_runs_the_code_of_the_one_it_helps() -> None:
    task: Any = None  # it is not looked at
    other = dict.fromkeys(sources.AT_START, "another")
    with pytest.raises(CodeChangedError):
        _work(1, 2, 0, print, Travelling(), task, other)
    sources.require_untouched(sources.AT_START)
