"""What commands do where a remote fails or holds something damaged, and how it is mended."""

from __future__ import annotations

import shutil

from tests.helpers.clones import REPORT, pages, right
from tests.helpers.project import Project


def test_a_remote_that_fails_is_one_warning_and_the_build_goes_on(
    clones: tuple[Project, Project],
) -> None:
    made, _ = clones
    made.write("report", REPORT.replace("../shared", "[../gone/shared, 'gs://bucket/report']"))
    answer = made("build")
    said = right(answer)
    assert "ran 4 of 4 runs" in said
    warnings = [line for line in answer.stderr.splitlines() if line.startswith("warning")]
    assert len(warnings) == 2
    assert "there is no folder" in warnings[0]
    assert 'pip install "fwd-report[gcs]"' in warnings[1]


def test_what_is_damaged_in_one_remote_comes_from_the_next(
    clones: tuple[Project, Project],
) -> None:
    made, shown = clones
    right(made("build"))
    right(made("store", "push", "../other"))
    damaged = next((made.root.parent / "shared" / "files").glob("*/*"))
    damaged.write_bytes(b"\0" * damaged.stat().st_size)
    shown.write("report", REPORT.replace("../shared", "[../shared, ../other]"))
    answer = shown("build", "--cached-only")
    said = right(answer)
    assert "took 3 results from" in said
    assert "took 1 result from" in said
    assert said.count("warning:") == 1
    assert pages(shown) == pages(made)


def test_a_pull_that_took_all_is_no_failure(clones: tuple[Project, Project]) -> None:
    made, shown = clones
    right(made("build"))
    one, all_of_it = made.root.parent / "shared", made.root.parent / "other"
    right(made("store", "push", str(all_of_it)))
    next((one / "files").glob("*/*")).write_bytes(b"no")
    shown.write("report", REPORT.replace("../shared", "[../gone/shared, ../shared, ../other]"))
    answer = shown("store", "pull")
    assert "took 1 result from" in right(answer)
    assert answer.stderr.count("warning:") == 2
    shutil.rmtree(shown.root / ".fwd-report" / "store")
    shutil.rmtree(all_of_it)
    assert shown("store", "pull").returncode == 1, "one result is missing still"
    assert shown("store", "pull", "../gone/shared", "--all").returncode == 1, "nobody knows of what"
