"""Formulas are converted in a process of their own: what they do to it is about them alone."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from fwd_report.site import converter as converting
from fwd_report.site.converter import ConversionError, Converter


@pytest.fixture
def converter() -> Iterator[Converter]:
    made = Converter(json.dumps({r"\R": r"\mathbb{R}"}))
    yield made
    made.close()


def test_a_formula_is_converted_also_where_an_event_loop_runs(converter: Converter) -> None:
    async def convert() -> str:
        return converter.convert(r"\R", display=False)

    # In a thread, since other tests in a browser leave a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        assert "<math" in thread.submit(asyncio.run, convert()).result(), "as in a notebook"


def test_an_ended_converter_is_begun_again(converter: Converter) -> None:
    converter.convert("x", display=False)
    assert converter._process is not None
    converter._process.kill()
    converter._process.wait()
    assert converter.convert("x", display=False).startswith("made <math")


def test_what_takes_too_long_is_an_error_and_the_next_formula_is_not(
    converter: Converter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting, "MOST_SECONDS", 0.05)
    with pytest.raises(ConversionError, match="Timeout"):
        converter.convert(r"\frac{1}{" * 400 + "x" + "}" * 400 + r"\sqrt{x}" * 2000, display=False)
    monkeypatch.setattr(converting, "MOST_SECONDS", 10)
    assert converter.convert("x", display=False).startswith("made <math")


def test_no_converter_outlives_its_command() -> None:
    command = (
        "from fwd_report.site.converter import converter; made = converter('{}')\n"
        "made.convert('x', False); print(made._process.pid)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, timeout=60, check=True
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int(answer.stdout), 0)
