"""Two workers against one, a core and a thread each: how much faster.

python bench/two_workers.py [--samples 64] [--rounds 3]

Both run the same samples of the embedded model by a Ray of this machine, in turns. Counted is the
time from the first order to the last result, so that starting does not count; and since other
programs may want the cores too, the processor time of the workers for each run: with that, the
ratio is what two free cores would give.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from fwd_report.build import Options, build
from fwd_report.executors.actors import RayCrew
from fwd_report.executors.cluster import set_up

SECTION = """\
title: Dogs
experiments:
  - {{id: dogs, technique: sample, prompt: a dog, steps: 10, samples: {0}, caption: Dogs.}}
"""


def measured(workers: int, samples: int) -> tuple[float, float]:
    """Seconds by the clock, and of the workers' processors, for so many samples."""
    set_up()
    import ray

    began: list[float] = []
    give = RayCrew.give

    def noted(crew: RayCrew, *order: object) -> None:
        if not began:
            began.extend((time.monotonic(), processor()))
        give(crew, *order)  # type: ignore[arg-type]

    with tempfile.TemporaryDirectory() as name:
        experiments = Path(name) / "experiments"
        experiments.mkdir()
        (experiments / "report.yaml").write_text("title: Two workers\n")
        (experiments / "dogs.yaml").write_text(SECTION.format(samples))
        ray.init(num_cpus=workers, include_dashboard=False, _node_ip_address="127.0.0.1")
        ended: list[float] = []
        close = RayCrew.close
        RayCrew.give = noted  # type: ignore[assignment, method-assign]

        def last(crew: RayCrew) -> None:
            ended.extend((time.monotonic(), processor()))
            close(crew)

        RayCrew.close = last  # type: ignore[assignment, method-assign]
        try:
            build(Path(name), Options(executor="ray", workers=workers))
        finally:
            RayCrew.give, RayCrew.close = give, close  # type: ignore[method-assign]
            ray.shutdown()
    return ended[0] - began[0], ended[1] - began[1]


def processor() -> float:
    """Seconds that the workers have computed so far."""
    mine = psutil.Process().children(recursive=True)
    times = [each.cpu_times() for each in mine if each.name().startswith("ray::")]
    return float(sum(each.user + each.system for each in times))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    clock, work = [], []
    for _ in range(given.rounds):
        one, two = measured(1, given.samples), measured(2, given.samples)
        clock.append(one[0] / two[0])
        work.append(2 * one[1] / two[1])
        for count, (seconds, computed) in ((1, one), (2, two)):
            print(f"{count}: {seconds:.1f} s by the clock, {computed:.1f} s of processors")
    print(
        f"two workers are {statistics.median(clock):.2f} times as fast by the clock, "
        f"{statistics.median(work):.2f} by processor time"
    )


if __name__ == "__main__":
    main()
