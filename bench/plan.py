"""A plan of 10,000 runs: processor seconds.

python bench/plan.py [--times 5]

Four experiments; nine runs in ten are samples of one, one in ten is a value of a sweep, none has
run. The first plan of a process is counted apart: it reads the digests of the model and of the
counted code.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPORT = "title: Ten thousand runs\n"
SECTION = """\
title: Many
experiments:
  - {id: a, technique: sample, prompt: a photo of a dog, samples: 4000, steps: 5, caption: A.}
  - {id: b, technique: hybrid, low: a skull, high: waterfalls, samples: 3000, caption: B.}
  - {id: c, technique: anagram, prompt: a skull, flipped: a dog, samples: 2000, caption: C.}
  - {id: d, technique: sample, prompt: a photo of a dog, sweep: {guidance: RANGE}, caption: D.}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5, help="measurements")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT / "generator"))
    from fwd_report.plan.plan import make_plan
    from fwd_report.spec.load import load_project
    from fwd_report.store.store import Store

    seconds = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "experiments")
        folder.mkdir()
        (folder / "report.yaml").write_text(REPORT)
        (folder / "many.yaml").write_text(
            SECTION.replace("RANGE", str([number / 10 for number in range(1000)]))
        )
        project, store = load_project(Path(name)), Store(Path(name))
        for _ in range(given.times + 1):
            began = time.process_time()
            plan = make_plan(project, store)
            seconds.append(time.process_time() - began)
    first, *others = seconds
    print(f"{len(plan.runs):,} runs: {first:.2f} s, then {statistics.median(others):.2f} s")


if __name__ == "__main__":
    main()
