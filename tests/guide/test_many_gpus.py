"""The page on several GPUs: its job is a script that Slurm reads."""

from __future__ import annotations

import subprocess

from tests.helpers.guide import blocks_of

(JOB,) = (block.text for block in blocks_of("many-gpus.md", "bash"))


def test_the_job_is_a_script() -> None:
    done = subprocess.run(["bash", "-n"], input=JOB, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = JOB.splitlines()
    assert lines[0] == "#!/bin/bash"
    last = max(number for number, line in enumerate(lines) if line.startswith("#SBATCH"))
    assert all(line.startswith("#") for line in lines[: last + 1]), "Slurm reads no further"
