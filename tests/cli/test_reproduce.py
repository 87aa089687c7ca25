"""`reproduce`: stored results made again elsewhere, and how far they are apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.helpers.project import Project, deterministic_project
from typer.testing import CliRunner, Result

from fwd_report.build import Options, build, load_plan
from fwd_report.cli import app
from fwd_report.errors import UserError
from fwd_report.store.store import Store


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tiny_if: Path) -> Path:
    """A project with all results; tests change copies of it."""
    project = deterministic_project(tmp_path_factory.mktemp("made"), tiny_if)
    assert not build(project.root, Options()).failures
    return project.root


@pytest.fixture
def built(made: Path, tmp_path: Path) -> Project:
    return Project(shutil.copytree(made, tmp_path / "built", symlinks=True))


def run(project: Project, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["reproduce", "-C", str(project.root), *arguments])


def stored_files(root: Path) -> dict[str, tuple[int, bytes]]:
    """The bytes and times of everything in the store."""
    store = root / ".fwd-report" / "store"
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(store.rglob("*"))
    }


def tampered(project: Project, name: str, by: float) -> None:
    """Store, as whole, a result that the run did not make."""
    plan, store = load_plan(project.root, Options())
    chosen = next(run for run in plan.runs if run.name == name)
    manifest = store.read(chosen.key)
    tensors = load_file(store.folder(chosen.key) / "tensors.safetensors")
    with store.writing(chosen.key) as folder:
        save_file({key: value + np.float32(by) for key, value in tensors.items()},
                  folder / "tensors.safetensors")  # fmt: skip
        for path in store.folder(chosen.key).iterdir():
            if path.suffix in (".png", ".npy"):
                (folder / path.name).write_bytes(path.read_bytes())
        store.seal(
            folder,
            chosen.key,
            parts=manifest.parts,
            metrics=manifest.metrics,
            series=manifest.series,
            provenance={**manifest.provenance, "hardware": "another machine",
                        "versions": {**manifest.provenance["versions"], "torch": "1.0"}},
        )  # fmt: skip


def test_everything_is_exact_and_the_store_is_untouched(built: Project) -> None:
    before = stored_files(built.root)
    answer = run(built, "--all")
    assert answer.exit_code == 0, answer.output
    plan, _ = load_plan(built.root, Options())
    for each in plan.runs:
        assert f"{each.name}: exact" in answer.output
    assert f"{len(plan.runs)} runs: {len(plan.runs)} exact" in answer.output
    assert stored_files(built.root) == before


def test_a_difference_is_measured_and_explained(built: Project) -> None:
    tampered(built, "hybrids.skull[0]", 0.25)
    before = stored_files(built.root)
    answer = run(built, "hybrids.skull[0]", "noise.dot[1]")
    assert answer.exit_code == 1
    assert "hybrids.skull[0]: differs by 0.25 at most, pictures equal, beyond 0.01" in answer.output
    assert "    hardware: another machine stored, " in answer.output
    assert "    torch: 1.0 stored, " in answer.output
    assert "noise.dot[1]: exact" in answer.output
    assert stored_files(built.root) == before
    assert run(built, "hybrids.skull", "--tolerance", "0.3").exit_code == 0


@pytest.mark.slow
def test_for_programs(built: Project) -> None:
    tampered(built, "noise.photos[1]", 0.001)
    answer = run(built, "noise.photos", "--json")
    assert answer.exit_code == 0, answer.output
    content: dict[str, Any] = json.loads(answer.stdout[answer.stdout.index("{") :])
    runs = {each["run"]: each for each in content["runs"]}
    assert set(runs) == {f"noise.photos[{k}]" for k in range(3)}
    assert runs["noise.photos[0]"]["exact"]
    changed = runs["noise.photos[1]"]
    assert changed["difference"] == pytest.approx(0.001, rel=1e-2)
    assert changed["within"]
    assert changed["stored"]["torch"] == "1.0"
    assert content["tolerance"] == 0.01


@pytest.mark.slow
def test_results_that_need_others_are_made_from_the_stored_ones(
    built: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kept = tmp_path_factory.mktemp("kept") / "new"
    answer = run(built, "trained.samples", "--keep", str(kept))
    assert answer.exit_code == 0, answer.output
    assert sorted(path.name for path in kept.iterdir()) == [
        f"trained.samples[{k}]" for k in range(3)
    ]
    assert (kept / "trained.samples[0]" / "image.png").is_file()
    refused = run(built, "trained.samples", "--keep", str(kept))
    assert isinstance(refused.exception, UserError)


@pytest.mark.slow
def test_a_damaged_result_is_said_to_be(built: Project) -> None:
    plan, store = load_plan(built.root, Options())
    chosen = next(run for run in plan.runs if run.name == "noise.dot[0]")
    (store.folder(chosen.key) / "image.png").write_bytes(b"damaged")
    answer = run(built, "noise.dot")
    assert answer.exit_code == 1
    assert "noise.dot[0]: could not be made: " in answer.output
    assert "noise.dot[1]: exact" in answer.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["noise.dott"], "there is no run 'noise.dott'"),
        ([], "reproduce which runs"),
        (["noise", "--all"], "reproduce which runs"),
    ],
)
def test_what_is_no_run(project: Project, arguments: list[str], says: str) -> None:
    answer = run(project, *arguments)
    assert isinstance(answer.exception, UserError)
    assert says in str(answer.exception)


def test_what_is_not_stored(project: Project) -> None:
    answer = run(project, "noise.dot[0]")
    assert "has no stored result" in str(answer.exception)
    assert run(project, "--all").exit_code == 0
    assert not Store(project.root).keys()
