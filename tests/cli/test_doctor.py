"""`fwd-report doctor`: what would stop a build is said before it begins, each with its way out."""

from __future__ import annotations

import json
import re
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.hub_server import Hub
from tests.helpers.project import TRAINED, Project, write_small_project

from fwd_report.doctor import pace
from fwd_report.models import hub
from fwd_report.training.catalogue import FILES

STAGE_1, STAGE_2 = "DeepFloyd/IF-I-M-v1.0", "DeepFloyd/IF-II-L-v1.0"
FROM_HUB = ("--set", f"model={STAGE_1}", "--set", f"upscaler={STAGE_2}", "--only", "hybrids")
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def project(tiny_if: Path, tmp_path: Path) -> Project:
    return write_small_project(tmp_path / "writeup", tiny_if)


@pytest.fixture
def licensed(model_hub: Hub, tiny_if: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub with both stages behind a licence that the token `accepted` has accepted."""
    for name, folder in ((STAGE_1, "stage_1"), (STAGE_2, "stage_2")):
        model_hub.add(name, tiny_if / folder, licensed=True, accepted={"accepted"})
    monkeypatch.setattr(hub, "_silent", {})
    return model_hub


def asked(project: Project, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and the findings by name."""
    answer = project("doctor", "--json", "--set", "device=cpu", *arguments)
    said = json.loads(answer.stdout)
    assert "Traceback" not in answer.stderr
    found = {finding["name"]: finding for finding in said["findings"]}
    assert said["ok"] == (answer.returncode == 0)
    assert len(found) == len(said["findings"])
    assert all(f["hint"] for f in found.values() if f["state"] != "ok"), "each has a way out"
    return answer.returncode, found


def test_what_is_here_and_what_a_plan_holds(project: Project, tiny_if: Path) -> None:
    code, found = asked(project)
    assert code == 0
    assert found["plan"]["due"] == found["plan"]["runs"] == 7
    assert found["device"]["device"] == "cpu"
    assert found["store"]["path"] == str(project.root / ".fwd-report" / "store")
    assert "torch" in found["versions"]["versions"]
    unet = tiny_if / "stage_1" / "unet" / "diffusion_pytorch_model.safetensors"
    stage = found["networks"]["stages"]["1"]
    assert 0.8 * unet.stat().st_size < stage["weights"] <= unet.stat().st_size
    assert stage["picture"] > 0
    assert found["networks"]["batches"] == {"1": 16}
    assert found["peak of memory"]["peak"] < found["host memory"]["total"]
    assert "downloads" not in found
    text = project("doctor", "--set", "device=cpu")
    assert text.returncode == 0
    assert text.stdout.splitlines()[-1] == "nothing stands in the way of a build"
    assert not project.stored(), "nothing was run"


def test_bytes_to_download_are_those_the_hub_lists(
    project: Project, licensed: Hub, tiny_if: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "accepted")
    code, found = asked(project, *FROM_HUB)
    assert code == 0
    weights = [
        tiny_if / "stage_1" / part / name
        for part, name in (
            ("unet", "diffusion_pytorch_model.safetensors"),
            ("text_encoder", "model.safetensors"),
        )
    ]
    assert found["downloads"]["download"] == sum(path.stat().st_size for path in weights)
    assert "logged in" in found[f"model {STAGE_1}"]["says"]
    assert f"model {STAGE_2}" not in found, "no run asks it"
    assert [name for name in licensed.downloads() if name.endswith(".safetensors")] == []
    foreseen = found["networks"]["stages"]["1"]["weights"]

    assert project("build", "--set", "device=cpu", *FROM_HUB).returncode == 0
    code, found = asked(project, *FROM_HUB)
    assert code == 0
    assert found["plan"]["due"] == 0
    assert "downloads" not in found
    _, found = asked(project, *FROM_HUB, "--set", "seed=8")
    assert foreseen == pytest.approx(found["networks"]["stages"]["1"]["weights"], rel=0.3)


def test_a_model_is_of_the_commit_that_the_report_stays_at(
    project: Project, licensed: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "accepted")
    repository = licensed.repositories[STAGE_1]
    first = repository.refs["main"]
    files = dict(repository.commits[first])
    assert project("build", "--set", "device=cpu", *FROM_HUB).returncode == 0
    monkeypatch.setenv("HF_HUB_CACHE", str(project.root.parent / "another runtime"))
    repository.commit({**files, "unet/diffusion_pytorch_model.safetensors": b"0" * 10**6})
    another = ("--set", "seed=8", *FROM_HUB)
    code, found = asked(project, *another)
    model = found[f"model {STAGE_1}"]
    assert (code, model["state"], model["commit"]) == (0, "ok", first)
    assert f"commit {first[:12]}, " in model["says"]
    assert model["size"] < 10**6, "nothing is said of what its branch has now"

    del repository.commits[first]
    code, found = asked(project, *another)
    model = found[f"model {STAGE_1}"]
    assert (code, model["state"], model["commit"]) == (0, "warning", repository.refs["main"])
    assert f"stayed at {first[:12]}, which the hub no longer has" in model["says"]


@pytest.mark.parametrize(
    ("token", "says", "hint"),
    [(None, "not logged in", "hf auth login"), ("other", "has not accepted the licence", "accept")],
)
def test_a_licence_that_is_not_accepted(
    project: Project, licensed: Hub, monkeypatch: pytest.MonkeyPatch,
    token: str | None, says: str, hint: str,
) -> None:  # fmt: skip
    if token is not None:
        monkeypatch.setenv("HF_TOKEN", token)
    code, found = asked(project, *FROM_HUB)
    finding = found[f"model {STAGE_1}"]
    assert code == 1
    assert finding["state"] == "problem"
    assert says in finding["says"]
    assert hint in finding["hint"]


@pytest.mark.parametrize("here", [True, False])
def test_large_networks_on_a_cpu(
    project: Project, licensed: Hub, monkeypatch: pytest.MonkeyPatch, here: bool
) -> None:
    """Of a folder, and of a hub whose weights are not here: how long that takes, the ways out."""
    monkeypatch.setenv("HF_TOKEN", "accepted")
    where = ("--only", "hybrids") if here else FROM_HUB
    assert "computing" not in asked(project, *where)[1], "the networks are small"
    monkeypatch.setattr(pace, "LARGE", 1)
    code, found = asked(project, *where)
    said = found["computing"]
    assert (code, said["state"]) == (0, "warning")
    assert re.search(r"stage I \(.*, the text encoder \(.* take about [\d.]+ s at", said["says"])
    assert "--profile embedded" in said["hint"]
    assert "colab.ipynb" in said["hint"]
    few, many = (
        asked(project, *where, "--set", f"hybrids.skull.steps={steps}")[1]["computing"]
        for steps in (12, 24)
    )
    assert 1.5 * few["operations"] < many["operations"] < 2 * few["operations"]


def test_without_a_network(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models on this machine need none; those of the hub are said not to be had."""
    monkeypatch.setattr(hub, "_silent", {})
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_CACHE", str(project.root / "no-cache"))
    assert asked(project)[0] == 0
    code, found = asked(project, *FROM_HUB)
    assert code == 1
    assert "cannot be asked" in found[f"model {STAGE_1}"]["says"]
    assert "connect to the network" in found[f"model {STAGE_1}"]["hint"]


def test_a_full_disk(project: Project, licensed: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "accepted")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12 - 1000, 1000))
    code, found = asked(project, *FROM_HUB)
    assert code == 1
    assert found["downloads"]["state"] == "problem"
    assert "HF_HOME" in found["downloads"]["hint"]
    assert found["store"]["state"] == "warning"
    assert "fwd-report store gc" in found["store"]["hint"]


def test_networks_that_do_not_fit(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FWD_REPORT_DEVICE_MEMORY", "4KiB")
    code, found = asked(project)
    assert code == 1
    assert found["device memory"]["says"].endswith("as FWD_REPORT_DEVICE_MEMORY says")
    assert "stage I takes" in found["networks"]["says"]
    assert "`embeddings:`" in found["prompts"]["hint"]
    monkeypatch.setenv("FWD_REPORT_DEVICE_MEMORY", "a lot")
    code, found = asked(project)
    assert code == 1
    assert "which is no size" in found["memory"]["says"]


def test_a_device_that_is_not_there(project: Project) -> None:
    answer = project("doctor", "--set", "device=cuda:7")
    assert answer.returncode == 1
    assert "PROBLEM  device: device 'cuda:7' cannot be used here" in answer.stdout
    assert "would stop a build" in answer.stdout


def test_a_mistake_in_the_specs_and_no_writeup_at_all(project: Project, tmp_path: Path) -> None:
    project.write("hybrids", "title: Hybrids\nexperiments:\n  - {id: x, technique: hybird}\n")
    code, found = asked(project)
    assert code == 1
    assert found["report"]["says"].startswith("experiments/hybrids.yaml:3")
    assert found["host memory"]["state"] == "ok", "the machine is looked at all the same"
    empty = Project(tmp_path / "empty")
    empty.root.mkdir()
    answer = empty("doctor")
    assert answer.returncode == 1
    assert "PROBLEM  report:" in answer.stdout


def test_a_model_folder_that_is_not_whole(project: Project, tiny_if: Path) -> None:
    (project.root / "model").unlink()
    model = Path(shutil.copytree(tiny_if, project.root / "model"))
    (model / "stage_1" / "unet" / "config.json").unlink()
    code, found = asked(project)
    assert code == 1
    assert any("config.json is missing" in finding["says"] for finding in found.values())


def test_a_dataset_is_here_or_to_be_downloaded(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    project.write("trained", TRAINED)
    only = ("--only", "trained", "--set", "dataset=mnist")
    code, found = asked(project, *only)
    assert code == 0
    assert found["dataset mnist"]["download"] == 11_594_722
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for file in FILES["mnist"]:
        (folder / file).write_bytes(b"here")
    _, found = asked(project, *only, "--set", f"data={tmp_path / 'data'}")
    assert found["dataset mnist"]["download"] == 0
    assert "dataset digits" not in asked(project)[1], "it comes with the package"
