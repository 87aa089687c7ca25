"""What is too much is refused at its line, in seconds and little memory."""

from __future__ import annotations

import multiprocessing
import re
import resource
import time
from pathlib import Path

import psutil
import pytest
from tests.spec.conftest import Writeup

from fwd_report.errors import UserError
from fwd_report.spec import extent
from fwd_report.spec.load import load_project

SECONDS = 60
"""For what takes a few on an idle machine."""
BYTES = 2 << 30


def _load(root: Path, answer: multiprocessing.SimpleQueue) -> None:
    taken = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (taken + BYTES, taken + BYTES))
    try:
        load_project(root)
    except UserError as error:
        answer.put((str(error), len(error.problems)))
    else:
        answer.put(("", 0))


def bounded(root: Path) -> tuple[str, int]:
    """What loading a project says, and of how many problems: in bounded time and memory."""
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()
    process = context.Process(target=_load, args=(root, answer))
    process.start()
    process.join(SECONDS)
    try:
        assert process.exitcode == 0, "it ended in time, and by itself"
        return answer.get()
    finally:
        process.kill()


def experiments(count: int, fields: str = "prompt: a dog") -> str:
    return "title: S\nexperiments:\n" + "".join(
        f"  - {{id: e{n}, technique: sample, caption: C, {fields}}}\n" for n in range(count)
    )


def test_eleven_thousand_experiments_are_one_problem(writeup: Writeup) -> None:
    said, count = bounded(writeup.write("s.yaml", experiments(11_000)).root)
    assert count == 1
    assert said.startswith("experiments/s.yaml:10003:"), said[:200]
    assert "more than 10,000 experiments" in said


def test_the_experiments_of_all_sections_count(
    writeup: Writeup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extent, "MOST_EXPERIMENTS", 1_000)
    for name in "abc":
        writeup.write(f"{name}.yaml", experiments(400))
    said, count = bounded(writeup.root)
    assert count == 1
    assert said.startswith("experiments/c.yaml:203:")


@pytest.mark.slow
def test_as_many_experiments_as_are_allowed_load_in_time(writeup: Writeup) -> None:
    began = time.process_time()
    (section,) = (
        writeup.write("s.yaml", experiments(10_000).replace("technique: sample", "technique: draw"))
        .load()
        .sections
    )
    assert len(section.experiments) == 10_000
    assert time.process_time() - began < SECONDS


def test_sweeps_cannot_multiply_without_end(writeup: Writeup) -> None:
    """Each of them is small enough; none is expanded before all are counted."""
    axes = f"steps: {list(range(1, 301))}, guidance: {list(range(300))}"
    text = experiments(20, f"prompt: a dog, sweep: {{{axes}}}")
    said, count = bounded(writeup.write("s.yaml", text).root)
    assert count == 1
    assert said.startswith("experiments/s.yaml:4:")
    assert "more than 100,000 runs" in said


def test_samples_of_several_sections_count_together(writeup: Writeup) -> None:
    for name in "ab":
        writeup.write(f"{name}.yaml", experiments(1, "prompt: a dog, samples: 60000"))
    said, count = bounded(writeup.root)
    assert count == 1
    assert said.startswith("experiments/b.yaml:3:")


def test_a_chain_of_comparisons_cannot_double_without_end(writeup: Writeup) -> None:
    chain = experiments(1) + "".join(
        f"  - {{id: e{n}, technique: compare, caption: C, of: [e{n - 1}, e{n - 1}]}}\n"
        for n in range(1, 41)
    )
    assert len(chain) < 4_000
    said, count = bounded(writeup.write("s.yaml", chain).root)
    assert count == 1
    assert "more than 100,000 runs" in said


def test_many_comparisons_of_much_count_together(writeup: Writeup) -> None:
    many = experiments(1, "prompt: a dog, samples: 50000") + "".join(
        f"  - {{id: c{n}, technique: compare, caption: C, of: [e0]}}\n" for n in range(500)
    )
    said, count = bounded(writeup.write("s.yaml", many).root)
    assert count == 1
    assert "the report's figures show more than 100,000 runs" in said


def test_thousands_of_equal_ids_make_a_short_message(writeup: Writeup) -> None:
    text = re.sub(r"id: e\d+,", "id: same,", experiments(3_000))
    said, count = bounded(writeup.write("s.yaml", text).root)
    assert count == 2_999
    assert len(said) < 50_000
    assert said.endswith("… and 2,899 more")


@pytest.mark.parametrize(
    ("technique", "field"),
    [
        ("train", "epochs"), ("train", "batch"), ("train", "examples"), ("train", "timesteps"),
        ("train", "hidden"), ("classify", "epochs"), ("classify", "batch"), ("denoise", "images"),
        ("denoise", "example"), ("noising", "example"), ("hybrid", "kernel_size"),
        ("blur", "kernel_size"), ("iterative", "every"), ("sample", "steps"), ("sample", "samples"),
        ("sample", "seed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [10**12 + 1, 10**30 + 1])
def test_a_size_that_no_machine_has_is_wrong_at_its_line(
    writeup: Writeup, technique: str, field: str, value: int
) -> None:
    if (field, value) == ("seed", 10**12 + 1):
        return
    text = f"title: S\nexperiments:\n  - id: a\n    technique: {technique}\n    {field}: {value}\n"
    writeup.write("s.yaml", text)
    with pytest.raises(UserError) as caught:
        load_project(writeup.root)
    found = [problem for problem in caught.value.problems if problem.line == 5]
    assert len(found) == 1
    assert field in found[0].message


def test_samples_and_sweeps_multiply(writeup: Writeup) -> None:
    """Neither alone is too much."""
    fields = f"prompt: a dog, samples: 1000, sweep: {{seed: {[*range(101)]}}}"
    assert "samples" in bounded(writeup.write("s.yaml", experiments(1, fields)).root)[0]
    fields = f"prompt: a dog, samples: 1000, sweep: {{guidance: {[*range(101)]}}}"
    said, count = bounded(writeup.write("s.yaml", experiments(1, fields)).root)
    assert count == 1
    assert "runs" in said
    assert said.startswith("experiments/s.yaml:3:")
