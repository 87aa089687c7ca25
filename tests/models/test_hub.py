"""Models of the hub: pinned, named by what is read of them, and clear words where it refuses."""

from __future__ import annotations

import shutil
import socket
import time
from pathlib import Path

import pytest
from tests.helpers.hub_server import Hub, files_in

from fwd_report.build import Options, build
from fwd_report.errors import UnavailableError, UserError
from fwd_report.models import hub, names
from fwd_report.models.digest import model_digest
from fwd_report.models.folder_layout import STAGE_PARTS
from fwd_report.store.store import Store

PARTS = STAGE_PARTS[1]


def digest(model: Path | str, tmp_path: Path, place: str = "one") -> str:
    return model_digest(model, Store(tmp_path / place), PARTS)


def test_a_folder_and_the_hub_id_of_the_same_weights_have_one_digest(
    model_hub: Hub, tiny_if: Path, tmp_path: Path
) -> None:
    """Before the weights are downloaded, after it, and when they are gone again."""
    model_hub.add("some/model", tiny_if / "stage_1")
    here = digest(tiny_if / "stage_1", tmp_path)
    assert digest("some/model", tmp_path) == here
    assert not [file for file in model_hub.downloads() if file.endswith(".safetensors")]
    folder = hub.fetch_model("some/model", PARTS)
    assert digest(folder, tmp_path, "another") == here
    assert digest("some/model", tmp_path, "a third") == here
    shutil.rmtree(tmp_path / "hub-cache")
    model_hub.repositories.clear()
    assert digest("some/model", tmp_path) == here
    assert digest("some/model", tmp_path, "new") == "some/model"


def test_what_is_not_read_changes_no_digest(model_hub: Hub, tiny_if: Path, tmp_path: Path) -> None:
    repository = model_hub.add("some/model", tiny_if / "stage_1")
    before = digest("some/model", tmp_path)
    files = files_in(tiny_if / "stage_1")
    weights = next(name for name in files if name.startswith("unet/diffusion"))
    repository.commit(
        {
            **files,
            "README.md": b"reworded",
            "unet/diffusion_pytorch_model.bin": b"a pickle",
            "unet/README.md": b"more",
            "safety_checker/model.safetensors": b"not asked",
        }
    )
    assert digest("some/model", tmp_path, "new") == before
    repository.commit({**files, weights: files[weights] + b"\0"})
    assert digest("some/model", tmp_path, "newer") != before


def test_half_precision_is_what_is_read_where_there_is_any(
    model_hub: Hub, tiny_if: Path, tmp_path: Path
) -> None:
    files = files_in(tiny_if / "stage_1")
    name = "unet/diffusion_pytorch_model.safetensors"
    half = {**files, name.replace(".safe", ".fp16.safe"): files[name][::-1]}
    repository = model_hub.add("some/model", tiny_if / "stage_1")
    both = repository.commit(half, "both")
    alone = repository.commit({n: content for n, content in half.items() if n != name}, "alone")
    assert digest(f"some/model@{both}", tmp_path) == digest(f"some/model@{alone}", tmp_path)
    hub.fetch_model(f"some/model@{both}", ("unet",))
    assert sum(file.endswith(".safetensors") for file in model_hub.downloads()) <= 1
    assert not (hub.snapshot(f"some/model@{both}") / name).exists()  # type: ignore[operator]


def test_shards_are_downloaded_and_counted_whole(
    model_hub: Hub, tiny_if: Path, tmp_path: Path
) -> None:
    files = files_in(tiny_if / "stage_1")
    whole = files.pop("unet/diffusion_pytorch_model.safetensors")
    shards = {f"unet/diffusion_pytorch_model-0000{n}-of-00002.safetensors": whole for n in (1, 2)}
    index = {"unet/diffusion_pytorch_model.safetensors.index.json": b"{}"}
    repository = model_hub.add("some/model", tiny_if / "stage_1")
    repository.commit({**files, **shards, **index})
    folder = hub.fetch_model("some/model", PARTS)
    assert all((folder / name).is_file() for name in shards)
    (folder / next(iter(shards))).unlink()
    assert hub.downloaded("some/model", PARTS) is None
    repository.commit({**files, **dict(list(shards.items())[:1])}, "broken")
    with pytest.raises(UserError, match=r"00002-of-00002\.safetensors is missing"):
        hub.fetch_model("some/model@broken", PARTS)


@pytest.mark.parametrize("kind", ["branch", "tag", "commit", "short commit"])
def test_a_pinned_model_stays_when_main_moves(
    model_hub: Hub, tiny_if: Path, tmp_path: Path, kind: str
) -> None:
    repository = model_hub.add("some/model", tiny_if / "stage_1")
    first = repository.refs["main"]
    repository.refs |= {"stable": first, "v1.0": first}
    revision = {"branch": "stable", "tag": "v1.0", "commit": first}.get(kind, first[:8])
    pinned = f"some/model@{revision}"
    before = digest(pinned, tmp_path)
    files = files_in(tiny_if / "stage_1")
    config = "scheduler/scheduler_config.json"
    repository.commit({**files, config: files[config].replace(b"1000", b"500")})
    assert digest(pinned, tmp_path, "new") == before != digest("some/model", tmp_path, "new")
    assert digest(hub.fetch_model(pinned, PARTS), tmp_path) == before
    assert hub.snapshot(pinned) == hub.snapshot(f"some/model@{first}")


def test_a_downloaded_model_needs_no_network_and_stays_when_main_moves(
    model_hub: Hub, tiny_if: Path, tmp_path: Path
) -> None:
    repository = model_hub.add("some/model", tiny_if / "stage_1")
    folder = hub.fetch_model("some/model", PARTS)
    before = digest("some/model", tmp_path)
    repository.commit({**files_in(tiny_if / "stage_1"), "unet/config.json": b"{}"})
    model_hub.asked.clear()
    assert hub.fetch_model("some/model", PARTS) == folder
    assert digest("some/model", tmp_path, "new") == before
    assert not model_hub.asked


def test_a_download_that_was_cut_short_is_tried_again(
    model_hub: Hub, tiny_if: Path, tmp_path: Path
) -> None:
    model_hub.add("some/model", tiny_if / "stage_1")
    folder = hub.fetch_model("some/model", PARTS)
    (folder / "text_encoder" / "model.safetensors").unlink()
    assert hub.fetch_model("some/model", PARTS) == folder
    assert (folder / "text_encoder" / "model.safetensors").is_file()


@pytest.mark.parametrize("token", ["", "hf_somebody"])
def test_a_licence_that_is_not_accepted(
    model_hub: Hub, tiny_if: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    repository = model_hub.add("some/model", tiny_if / "stage_1", licensed=True)
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(UserError, match=r"accept its licence at http.*some/model .*hf auth login"):
        hub.fetch_model("some/model", PARTS)
    repository.accepted.add("hf_other")
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    assert (hub.fetch_model("some/model", PARTS) / "unet").is_dir()


def test_a_model_that_is_not_there_or_private(
    model_hub: Hub, tiny_if: Path, tmp_path: Path
) -> None:
    model_hub.add("some/secret", tiny_if / "stage_1", private=True)
    for name in ("some/secret", "some/misspelt"):
        with pytest.raises(UserError, match=f"does not give '{name}'.*or has no such model"):
            hub.fetch_model(name, PARTS)
        assert digest(name, tmp_path) == name


def test_a_revision_that_is_not_there(model_hub: Hub, tiny_if: Path) -> None:
    model_hub.add("some/model", tiny_if / "stage_1")
    with pytest.raises(UserError, match="'some/model' has no branch, tag or commit 'v9'"):
        hub.fetch_model("some/model@v9", PARTS)


@pytest.mark.parametrize("kind", ["refuses", "is silent"])
def test_no_network_is_one_clear_line_in_seconds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if kind == "refuses":
            server.close()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        began = time.monotonic()
        with pytest.raises(UnavailableError) as caught:
            hub.fetch_model("someone/model", PARTS)
        with pytest.raises(UnavailableError, match="'someone/other' is not on this machine"):
            hub.fetch_model("someone/other", PARTS)
        assert time.monotonic() - began < 4
    message, hint = str(caught.value).splitlines()
    assert "'someone/model' is not on this machine and" in message
    assert "connect to the network" in hint


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("owner/name", ("owner/name", "main")),
        ("owner/name@v1.0", ("owner/name", "v1.0")),
        ("owner/name@refs/pr/3", ("owner/name", "refs/pr/3")),
    ],
)
def test_names_of_the_hub(tmp_path: Path, name: str, split: tuple[str, str]) -> None:
    assert names.model_place(name, 1, tmp_path) == name
    assert names.resolve_scorer(name, tmp_path) == name
    assert names.split_hub_id(name) == split


@pytest.mark.parametrize("name", ["owner/name@", "owner/name@../x", "owner/name@a b", "a/b@/etc"])
def test_what_names_no_revision(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="no model folder"):
        names.model_place(name, 1, tmp_path)


@pytest.mark.slow
def test_a_report_of_a_hub_model_and_of_its_folder_share_results(
    model_hub: Hub, tiny_if: Path, tmp_path: Path
) -> None:
    """Built from the hub, fresh from the folder; a README edit upstream reruns nothing."""
    repository = model_hub.add("some/model", tiny_if / "stage_1")
    root = tmp_path / "writeup"
    (root / "experiments").mkdir(parents=True)
    report = "title: A report\nmodel: {}\n"
    (root / "experiments" / "report.yaml").write_text(report.format("some/model"))
    (root / "experiments" / "one.yaml").write_text(
        "title: One\norder: 10\nintro: One.\nexperiments:\n"
        "  - {id: dog, technique: sample, prompt: a dog, steps: 2, caption: A dog.}\n"
    )
    assert build(root, Options()).ran == 1
    commit = repository.commit({**files_in(tiny_if / "stage_1"), "README.md": b"reworded"})
    for model in (str(tiny_if / "stage_1"), f"some/model@{commit}"):
        (root / "experiments" / "report.yaml").write_text(report.format(model))
        assert build(root, Options()).ran == 0
