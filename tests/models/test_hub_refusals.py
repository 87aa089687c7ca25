"""A hub that refuses, that fails, that is not there: a way out, and the next build builds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants
from tests.helpers.hub_server import Hub, files_in
from tests.helpers.project import TRAINED, Project, write_small_project

from fwd_report.models import hub
from fwd_report.training import download

pytestmark = pytest.mark.usefixtures("hurried")


def logged_out(served: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    served.repositories["some/model"].licensed = True


def not_accepted(served: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    served.repositories["some/model"].licensed = True
    monkeypatch.setenv("HF_TOKEN", "hf_somebody")


def taken_back(served: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    served.unknown.add("hf_old")
    monkeypatch.setenv("HF_TOKEN", "hf_old")


def nobody(served: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


def broken(served: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    served.cuts += [0] * 200


@pytest.mark.parametrize(
    ("trouble", "code", "said", "way_out"),
    [
        (logged_out, 2, "this machine is not logged in", "run `hf auth login` with a read token"),
        (not_accepted, 2, "has not accepted the licence", "accept its licence at http"),
        (taken_back, 2, "does not know the token", "/settings/tokens"),
        (nobody, 1, "cannot be asked", "connect to the network"),
        (broken, 1, "cannot be asked", "the next build goes on from there"),
    ],
)
def test_a_build_ends_with_a_way_out_and_the_next_one_builds(
    model_hub: Hub,
    tiny_if: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[Hub, pytest.MonkeyPatch], None],
    code: int,
    said: str,
    way_out: str,
) -> None:
    repository = model_hub.add("some/model", tiny_if / "stage_1")
    repository.accepted.add("hf_right")
    project = one_picture(tmp_path, tiny_if)
    with monkeypatch.context() as meanwhile:
        trouble(model_hub, meanwhile)
        done = project("build")
        assert done.returncode == code, done.stderr
        assert said in done.stderr, done.stderr
        assert way_out in done.stderr
        assert "Traceback" not in done.stderr
        assert project("plan").returncode in (0, code), "what is known of it is still planned"
    model_hub.cuts.clear()
    model_hub.unknown.clear()
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    assert project("build").returncode == 0
    assert len(project.stored()) == 1


def test_a_report_stays_at_the_commit_that_it_has_seen(
    model_hub: Hub, tiny_if: Path, tmp_path: Path
) -> None:
    """In a new runtime, with an empty cache, after its branch has moved: nothing runs again."""
    repository = model_hub.add("some/model", tiny_if / "stage_1")
    first = repository.refs["main"]
    project = one_picture(tmp_path, tiny_if)
    assert project("build").returncode == 0
    (before,) = project.stored()
    shutil.rmtree(tmp_path / "hub-cache")
    files = files_in(tiny_if / "stage_1")
    config = "scheduler/scheduler_config.json"
    repository.commit({**files, config: files[config].replace(b"1000", b"900")})
    section = project.root / "experiments" / "one.yaml"
    cat = "  - {id: cat, technique: sample, prompt: a cat, steps: 2, caption: A cat.}\n"
    section.write_text(section.read_text() + cat)
    done = project("build")
    assert "ran 1 of 2 runs" in done.stdout, done.stdout + done.stderr
    assert len(project.stored()) == 2
    assert hub.snapshot("some/model") is not None
    assert hub.snapshot("some/model").name == first  # type: ignore[union-attr]

    shutil.rmtree(tmp_path / "hub-cache")
    del repository.commits[first]  # its history was rewritten
    section.write_text(section.read_text() + cat.replace("cat", "man"))
    done = project("build")
    assert "ran 3 of 3 runs" in done.stdout, done.stdout + done.stderr
    assert before in project.stored(), "nothing is lost"


def test_a_machine_that_is_told_to_be_offline(
    model_hub: Hub, tiny_if: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the guide's job script tells a node; what is there is used."""
    model_hub.add("some/model", tiny_if / "stage_1")
    project = one_picture(tmp_path, tiny_if)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")  # read when the library is imported
    done = project.process("build")
    assert done.returncode == 1
    assert "HF_HUB_OFFLINE forbids" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert not model_hub.asked
    monkeypatch.delenv("HF_HUB_OFFLINE")
    assert project("download").returncode == 0
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # as a process that imports it then
    model_hub.asked.clear()
    assert project("build").returncode == 0
    assert not model_hub.asked


def one_picture(tmp_path: Path, tiny_if: Path) -> Project:
    """A report of one picture by the hub's `some/model`."""
    project = write_small_project(tmp_path / "writeup", tiny_if)
    for name in ("hybrids", "noise"):
        (project.root / "experiments" / f"{name}.yaml").unlink()
    project.write("report", "title: One\nmodel: some/model\n")
    project.write(
        "one",
        "title: One\nintro: One.\nexperiments:\n"
        "  - {id: dog, technique: sample, prompt: a dog, steps: 2, caption: A dog.}\n",
    )
    return project


def two_models(tmp_path: Path, tiny_if: Path) -> Project:
    """A report that asks the hub for both stages."""
    project = one_picture(tmp_path, tiny_if)
    project.write("report", "title: Two\nmodel: some/model\nupscaler: some/upscaler\n")
    section = project.root / "experiments" / "one.yaml"
    large = "  - {id: large, technique: upsample, of: dog, steps: 2, caption: Large.}\n"
    section.write_text(section.read_text() + large)
    return project


@pytest.mark.parametrize(
    ("trouble", "code", "said"),
    [(not_accepted, 2, "has not accepted the licence of '{}'"), (nobody, 1, "'{}' is not on this")],
)
def test_all_that_cannot_be_had_is_said_at_once(
    model_hub: Hub, tiny_if: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[Hub, pytest.MonkeyPatch], None], code: int, said: str,
) -> None:  # fmt: skip
    model_hub.add("some/model", tiny_if / "stage_1")
    model_hub.add("some/upscaler", tiny_if / "stage_2", licensed=True)
    project = two_models(tmp_path, tiny_if)
    monkeypatch.setattr(hub, "_silent", {})
    trouble(model_hub, monkeypatch)
    for command in ("download", "build"):
        done = project(command)
        assert done.returncode == code, done.stderr
        for name in ("some/model", "some/upscaler"):
            assert said.format(name) in done.stderr, done.stderr
        assert done.stderr.count("connect to the network") == (trouble is nobody)
        assert "Traceback" not in done.stderr
    assert not [name for name in model_hub.downloads() if name.endswith(".safetensors")]


def test_one_refusal_is_said_before_another_model_comes(
    model_hub: Hub, tiny_if: Path, tmp_path: Path
) -> None:
    model_hub.add("some/model", tiny_if / "stage_1")
    model_hub.add("some/upscaler", tiny_if / "stage_2", licensed=True)
    project = two_models(tmp_path, tiny_if)
    done = project("download")
    assert done.returncode == 2
    assert "'some/upscaler' is given to those who accepted its licence" in done.stderr
    assert "some/model" not in done.stderr
    assert not [name for name in model_hub.downloads() if name.endswith(".safetensors")]


def test_a_dataset_that_cannot_be_had_is_said_beside_the_models(
    model_hub: Hub, tiny_if: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = two_models(tmp_path, tiny_if)
    project.write("trained", TRAINED)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "MIRRORS", {"mnist": ("http://127.0.0.1:9/",)})
    done = project("download", "--set", "dataset=mnist")
    assert done.returncode == 2
    for said in ("'some/model'", "'some/upscaler'", "of mnist could not be downloaded"):
        assert said in done.stderr, done.stderr
