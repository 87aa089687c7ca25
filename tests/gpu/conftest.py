"""Each test here runs on the CPU too, as far as it can, so that its own code is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

CUDA = pytest.param("cuda", marks=pytest.mark.gpu)


@pytest.fixture(scope="session", params=["cpu", CUDA])
def device(request: pytest.FixtureRequest) -> str:
    """The CPU, and under `-m gpu` the first GPU."""
    return str(request.param)


@pytest.fixture(params=[pytest.param("cpu", marks=pytest.mark.slow), CUDA])
def costly_on_a_cpu(request: pytest.FixtureRequest) -> str:
    """The same where the CPU takes long: there the test's code is tried by `make test-slow`."""
    return str(request.param)


@pytest.fixture(scope="session")
def model(device: str, tiny_if: Path) -> list[str]:
    """`--set` values: emoji-if on a GPU, a random model of its kind on the CPU, which is slow."""
    if device == "cpu":
        return [f"model={tiny_if}", f"upscaler={tiny_if}"]
    return ["model=emoji-if", "upscaler=emoji-if"]
