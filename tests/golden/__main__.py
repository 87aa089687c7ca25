"""Writes the golden results anew."""

import tempfile
from pathlib import Path

from tests import golden

with tempfile.TemporaryDirectory() as folder:
    golden.write_project(Path(folder) / "golden")
    golden.write(Path(folder) / "golden")
