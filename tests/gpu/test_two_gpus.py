"""Two workers, on a GPU each, make what one process makes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.gpu.helpers import built, differences, write_samples
from tests.gpu.test_equality import bound

pytest.importorskip("ray", reason="Ray is not installed")


@pytest.mark.parametrize(
    "device",
    [pytest.param("cpu", marks=pytest.mark.slow), pytest.param("cuda", marks=pytest.mark.gpu(2))],
    scope="session",  # as the fixture of that name, which others of that scope use
)
def test_two_workers_make_what_one_process_makes(
    device: str, model: list[str], tmp_path: Path
) -> None:
    write_samples(tmp_path / "one", 8)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    values = [*model, f"device={device}", "dtype=float32", "batch=2"]
    one = built(tmp_path / "one", values)
    two = built(tmp_path / "two", values, executor="ray", workers=2)
    assert len(two) == 16
    for name, (largest, _) in differences(one, two).items():
        assert largest <= bound(), name
        assert two[name]["provenance"]["device"].startswith(device)
        assert two[name]["provenance"]["hardware"] == one[name]["provenance"]["hardware"]
