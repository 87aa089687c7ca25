"""`deterministic: true`: equal bytes, whatever else is in the plan and whatever batch is set."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from tests.helpers.project import Project

from fwd_report.build import Options, build, load_plan


def built(project: Project, only: tuple[str, ...], *overrides: str) -> dict[str, dict[str, bytes]]:
    """The files of every run that a build from nothing makes, by run."""
    shutil.rmtree(project.root / ".fwd-report", ignore_errors=True)
    options = Options(only=only, overrides=overrides)
    assert not build(project.root, options).failures
    plan, store = load_plan(project.root, options)
    return {
        run.name: {
            path.name: path.read_bytes()
            for path in store.folder(run.key).iterdir()
            if path.suffix in (".safetensors", ".png", ".npy")
        }
        for run in plan.runs
        if store.has(run.key)
    }


def test_equal_bytes_alone_and_among_others_in_any_batch(deterministic: Project) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        among = built(deterministic, (), "batch=16")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert not torch.are_deterministic_algorithms_enabled()
    alone = {
        **built(deterministic, ("trained",), "batch=1"),
        **built(deterministic, ("hybrids",), "batch=1"),
    }
    assert alone.keys() == {name for name in among if not name.startswith("noise.")}
    for name, files in alone.items():
        assert files == among[name], name


def test_it_is_no_part_of_the_key_and_stands_on_the_page(deterministic: Project) -> None:
    built(deterministic, ("hybrids",))
    page = deterministic.root / "docs" / "report" / "hybrids.md"
    assert "Deterministic" in page.read_text()
    plan, _ = load_plan(deterministic.root, Options(overrides=("deterministic=false",)))
    assert [run.status for run in plan.runs if run.section == "hybrids"] == ["fresh"]
    manifest = next(Path(deterministic.root / ".fwd-report" / "store").glob("*/*/manifest.json"))
    assert '"deterministic": true' in manifest.read_text()
