"""A new writeup is complete, from a checkout and from an installed wheel."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from tests.helpers.command import command

from fwd_report import starter
from fwd_report.part_of_rubric import write_part
from fwd_report.spec.load import load_project
from fwd_report.spec.rubric import load_rubric
from fwd_report.starter import copy_starter
from fwd_report.techniques.registry import all_techniques

REPOSITORY = Path(__file__).parents[2]
SECTIONS = sorted(
    path.stem for path in (REPOSITORY / "experiments").glob("*.yaml") if path.stem != "report"
)


def test_a_new_writeup_can_be_planned_at_once(tmp_path: Path) -> None:
    assert command("init", "mine", cwd=tmp_path).returncode == 0
    plan = command("plan", cwd=tmp_path / "mine")
    assert plan.returncode == 0, plan.stderr
    assert "hybrids.skull" in plan.stdout
    assert ".fwd-report/" in (tmp_path / "mine" / ".gitignore").read_text()


def test_a_new_writeup_of_some_sections_waits_for_its_author(tmp_path: Path) -> None:
    answer = command("init", "mine", "--only", "forward", "--only", "inpainting", cwd=tmp_path)
    assert answer.returncode == 0
    folder = tmp_path / "mine" / "experiments"
    assert sorted(path.stem for path in folder.glob("*.yaml")) == [
        "forward",
        "inpainting",
        "report",
    ]
    assert "the report has no author" in command("check", cwd=tmp_path / "mine").stdout

    unknown = command("init", "other", "--only", "hibrids", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "did you mean 'hybrids'?" in unknown.stderr
    assert not (tmp_path / "other").exists()


def test_of_some_sections_the_rubric_asks_for_no_others(tmp_path: Path) -> None:
    for name, options in (("some", ()), ("bare", ("--bare",))):
        command("init", name, "--only", "forward", "--only", "inpainting", *options, cwd=tmp_path)
        project = load_project(tmp_path / name)
        assert project.rubric is not None
        assert [item.id for item in project.rubric.items] == ["1.1", "1.7.2"]
        whole = load_rubric("cs180-fa25", tmp_path, [], all_techniques())
        assert [item.show for item in project.rubric.items] == [
            whole.item(item.id).show for item in project.rubric.items
        ]
        assert "no section covers" not in command("check", cwd=tmp_path / name).stdout
    described = load_project(tmp_path / "some").report.description
    assert described == "In this report: The forward process; Inpainting."


def test_where_no_section_covers_anything_there_is_no_rubric(tmp_path: Path) -> None:
    whole = load_rubric("cs180-fa25", tmp_path, [], all_techniques())
    assert write_part(tmp_path, whole, []) == "none"
    assert write_part(tmp_path, whole, [item.id for item in whole.items]) == "cs180-fa25"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("section", SECTIONS)
def test_any_section_alone_brings_what_it_refers_to(tmp_path: Path, section: str) -> None:
    copy_starter(tmp_path / "mine", [section])
    project = load_project(tmp_path / "mine")
    names = {chosen.name for chosen in project.sections}
    assert section in names
    for path in (tmp_path / "mine" / "experiments").glob("*.yaml"):
        linked = re.findall(r"\(([\w-]+)\.md", path.read_text("utf-8"))
        assert set(linked) <= names, path.name


def test_what_comes_along_is_said(tmp_path: Path) -> None:
    answer = command("init", "mine", "--only", "flow-matching", cwd=tmp_path)
    assert answer.stdout.startswith("class-conditional, time-conditional came along")


@pytest.mark.parametrize("options", [("--only", "forward"), ("--bare", "--only", "forward")])
def test_init_leaves_files_of_others(tmp_path: Path, options: tuple[str, ...]) -> None:
    others = {"prompts.pth": b"mine", "experiments/images/me.jpg": b"me", "docs/notes.md": b"n"}
    for name, content in others.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    answer = command("init", ".", *options, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert {name: (tmp_path / name).read_bytes() for name in others} == others
    assert load_project(tmp_path).sections


@pytest.mark.parametrize("options", [(), ("--bare",)])
@pytest.mark.parametrize("name", ["mkdocs.yml", ".gitignore", "experiments/report.yaml"])
def test_init_overwrites_nothing(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    answer = command("init", ".", *options, cwd=tmp_path)
    assert answer.returncode == 2
    assert f"has files that a new writeup has too: {name}\n" in answer.stderr
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == [tmp_path / name], "nothing else was written"
    assert left[0].read_text() == "mine"


@pytest.mark.parametrize("options", [("--only", "forward"), ("--bare", "--only", "forward")])
def test_init_completes_what_an_interrupted_one_began(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert command("init", ".", *options, cwd=tmp_path).returncode == 0
    whole = {path for path in tmp_path.rglob("*") if path.is_file()}
    again = command("init", ".", *options, cwd=tmp_path)
    assert "has files that a new writeup has too: experiments/report.yaml\n" in again.stderr
    shutil.rmtree(tmp_path / "experiments")
    (tmp_path / ".fwd-report" / "schema" / "report.json").write_text("cut")
    answer = command("init", ".", *options, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == whole
    assert load_project(tmp_path).sections


def test_a_folder_is_a_writeup_only_when_it_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(starter, "copy_file", lambda _, to: copied.append(to.name))
    copy_starter(tmp_path / "mine", ["forward"])
    assert len(copied) > 5
    assert copied[-1] == "report.yaml"


def test_init_writes_through_no_link_and_over_no_file(tmp_path: Path) -> None:
    elsewhere, mine = tmp_path / "elsewhere", tmp_path / "mine"
    elsewhere.mkdir()
    mine.mkdir()
    (mine / "experiments").symlink_to(elsewhere)
    (mine / "site_templates").write_text("a file")
    answer = command("init", "mine", cwd=tmp_path)
    assert answer.returncode == 2
    assert "too: experiments, site_templates\n" in answer.stderr
    assert not list(elsewhere.iterdir())
    assert command("init", "mine/site_templates", cwd=tmp_path).returncode == 2


def test_outside_a_writeup_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    answer = command("build", cwd=tmp_path)
    assert answer.returncode == 2
    assert "fwd-report init" in answer.stderr


@pytest.mark.slow
def test_the_wheel_carries_the_starter_and_the_model(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet",
         "--wheel-dir", str(tmp_path), str(REPOSITORY)],
        check=True,
        timeout=300,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("fwd_report-*.whl")
    assert wheel.stat().st_size < 60e6
    venv.create(tmp_path / "venv", with_pip=True, system_site_packages=False)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", wheel], check=True)
    libraries = Path(pytest.__file__).parents[1]
    answer = subprocess.run(
        [python, "-m", "fwd_report", "init", "mine"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(libraries)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    plan = subprocess.run(
        [python, "-m", "fwd_report", "plan"],
        cwd=tmp_path / "mine",
        env={"PYTHONPATH": str(libraries)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "hybrids.skull" in plan.stdout, plan.stderr
    with zipfile.ZipFile(wheel) as packed:
        assert "fwd_report/py.typed" in packed.namelist()
    code = "import fwd_report; print(fwd_report.open_report()['hybrids.skull'][0].status)"
    opened = subprocess.run(
        [python, "-c", code],
        cwd=tmp_path / "mine",
        env={"PYTHONPATH": str(libraries)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert opened.stdout == "missing\n", opened.stderr
