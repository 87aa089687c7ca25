"""What commands do where a remote fails or holds something damaged, and how it is mended."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import pytest
from tests.helpers.clones import REPORT, pages, right
from tests.helpers.project import Project


def test_a_remote_that_fails_is_one_warning_and_the_build_goes_on(
    clones: tuple[Project, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)  # as if it were not there
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


def damaged(place: Path) -> Path:
    """A file of a result in a folder of results, with as many bytes as before and none of them."""
    file = next((place / "files").glob("*/*"))
    file.write_bytes(b"\0" * file.stat().st_size)
    return file


def manifests(place: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in (place / "results").glob("*/*.json")}


def test_what_is_forced_to_run_again_is_sent_again(clones: tuple[Project, Project]) -> None:
    made, shown = clones
    right(made("build"))
    shared = made.root.parent / "shared"
    file, before = damaged(shared), manifests(shared)
    time.sleep(1.1)  # a manifest has the second in which its run ended
    assert "sent 2 results to" in right(made("build", "--force", "--only", "noise"))
    after = manifests(shared)
    assert after.keys() == before.keys()
    assert sum(after[key] != before[key] for key in after) == 2, "those of another time"
    assert "sent 2 results to" in right(made("build", "--force", "--only", "more"))
    assert set(file.read_bytes()) != {0}
    assert "took 4 results from" in right(shown("store", "pull"))


def test_push_again_mends_what_another_clone_refuses(clones: tuple[Project, Project]) -> None:
    made, shown = clones
    right(made("build"))
    damaged(made.root.parent / "shared")
    assert shown("store", "pull").returncode == 1
    assert "nothing to send" in right(made("store", "push")), "it knows of no damage"
    assert "sent 4 results to" in right(made("store", "push", "--again"))
    assert "took 1 result from" in right(shown("store", "pull"))
    assert "nothing to send" in right(shown("store", "push")), "nor is it damaged any more"


def test_who_saw_a_damage_and_has_the_result_mends_it_by_a_push(
    clones: tuple[Project, Project],
) -> None:
    """In another command too."""
    made, shown = clones
    right(made("build"))
    damaged(made.root.parent / "shared")
    shown.write("report", REPORT.replace("push: true", "push: false"))
    said = right(shown("build"))
    assert "took 3 results from" in said
    assert "ran 1 of 4 runs" in said
    assert "sent 1" not in said
    assert "sent 1 result to" in right(shown("store", "push"))
    assert "nothing to send" in right(shown("store", "push"))
    shutil.rmtree(made.root / ".fwd-report" / "store")
    assert "took 4 results from" in right(made("store", "pull"))
