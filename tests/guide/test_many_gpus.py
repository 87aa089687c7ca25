"""The page on several GPUs: its job is a script that Slurm reads."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.helpers.guide import blocks_of

(JOB,) = (block.text for block in blocks_of("many-gpus.md", "bash"))


def test_the_job_is_a_script() -> None:
    done = subprocess.run(["bash", "-n"], input=JOB, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = JOB.splitlines()
    assert lines[0] == "#!/bin/bash"
    last = max(number for number, line in enumerate(lines) if line.startswith("#SBATCH"))
    assert all(line.startswith("#") for line in lines[: last + 1]), "Slurm reads no further"


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ({}, 'no ray: pip install "fwd-report[ray]"'),
        ({"ray": "echo no cluster yet; exit 1"}, "in two minutes: no cluster yet"),
    ],
)
def test_the_job_does_not_wait_for_ever(
    tmp_path: Path, commands: dict[str, str], said: str
) -> None:
    for name, does in {"srun": "exit 0", "hostname": "echo here", **commands}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    quick = tmp_path / "quick.sh"
    quick.write_text("sleep() { SECONDS=$((SECONDS + 30)); }\n")
    found = {"PATH": str(tmp_path), "BASH_ENV": str(quick), "SLURM_SUBMIT_DIR": str(tmp_path)}
    bash = next(path for folder in os.get_exec_path() if (path := Path(folder) / "bash").is_file())
    job = tmp_path / "many.sh"
    job.write_text(JOB)
    done = subprocess.run(
        [str(bash), str(job)], env=found, text=True, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert said in done.stderr
