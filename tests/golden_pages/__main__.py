"""`python -m tests.golden_pages [NAME…]`: write what is expected of the pages anew."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests import golden_pages

for name in sys.argv[1:] or golden_pages.NAMES:
    with tempfile.TemporaryDirectory() as folder:
        golden_pages.write(name, Path(folder))
    print(f"wrote tests/golden_pages/{name}/expected; look at it with git diff")
