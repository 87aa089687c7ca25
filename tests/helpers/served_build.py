"""What `serve` runs in its tests: pages of one picture whose caption stands in a file.

`python -m tests.helpers.served_build ROOT`
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.helpers.fabricate import Fabric, Sample, picture

from fwd_report.site.render import render_site


def build(root: Path) -> int:
    """Write the project's pages; return the exit code of a build."""
    caption = (root / "experiments" / "caption.txt").read_text()
    if caption == "wrong":
        print(
            "experiments/a.yaml:3:5: <b>wrong</b>\n    caption: <b>\n            ^", file=sys.stderr
        )
        return 2
    if caption == "failed":
        print("1 run failed", file=sys.stderr)
    (root / "pid").write_text(str(os.getpid()))
    if caption == "slow":
        print("3/9 network steps · 2 s left", file=sys.stderr, flush=True)
        time.sleep(60)
    with TemporaryDirectory() as aside:  # a build writes nothing where specs lie
        fabric = Fabric(Path(aside))
        entries = [fabric.entry("a", "one", Sample(), picture(len(caption), 8))]
        experiment = fabric.experiment("one", Sample, entries, caption=caption)
        written = render_site(fabric.report(fabric.section("a", "A", [experiment])), root)
    print(f"wrote {sum(path.suffix == '.md' for path in written)} page")
    return int(caption == "failed")


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1])))
