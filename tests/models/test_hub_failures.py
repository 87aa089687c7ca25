"""What goes wrong between a machine and the hub: said plainly, nothing lost, gone on with later."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.helpers.hub_server import Hub, files_in
from tests.models.conftest import PIECE

from fwd_report.errors import UnavailableError, UserError
from fwd_report.models import hub
from fwd_report.models.hub_errors import said_plainly

PARTS = ("unet", "scheduler")


WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
def weights(model_hub: Hub, tiny_if: Path) -> bytes:
    """The large file of `some/model`."""
    model_hub.add("some/model", tiny_if / "stage_1")
    return (tiny_if / "stage_1" / WEIGHTS).read_bytes()


def fetched() -> bytes:
    return (hub.fetch_model("some/model", PARTS) / WEIGHTS).read_bytes()


def part_of(tmp_path: Path) -> Path:
    (part,) = tmp_path.glob("hub-cache/models--some--model/blobs/*.incomplete")
    return part


def test_a_connection_that_breaks_is_taken_up_where_it_ended(
    model_hub: Hub, weights: bytes
) -> None:
    model_hub.cuts += [3 * PIECE, 2 * PIECE]
    assert fetched() == weights
    starts = [start for start, _ in model_hub.sent]
    assert starts == [0, 3 * PIECE, 5 * PIECE]


def test_what_came_before_an_end_is_kept_for_the_next_build(
    model_hub: Hub, weights: bytes, tmp_path: Path
) -> None:
    model_hub.cuts += [4 * PIECE, *[0] * 200]
    with pytest.raises(UnavailableError, match="what has come so far is kept"):
        fetched()
    assert part_of(tmp_path).read_bytes() == weights[: 4 * PIECE]
    model_hub.cuts.clear()
    model_hub.sent.clear()
    news: list[str] = []
    folder = hub.fetch_model("some/model", PARTS, news.append)
    assert (folder / WEIGHTS).read_bytes() == weights
    assert model_hub.sent == [(4 * PIECE, len(weights))], "nothing is sent twice"
    assert "came before" in news[0]
    assert not list(tmp_path.glob("hub-cache/**/*.incomplete"))


FETCHING = """\
import sys, huggingface_hub.constants
from fwd_report.models import hub
huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE = int(sys.argv[1])
hub.fetch_model("some/model", sys.argv[2:])
"""


def test_a_process_that_is_killed_leaves_what_came(
    model_hub: Hub, weights: bytes, tmp_path: Path
) -> None:
    """As when a runtime dies or a job's time is over."""
    piece = 1 << 14  # more than Python keeps back before it writes
    model_hub.hangs.set()
    model_hub.cuts.append(2 * piece)
    assert len(weights) > 2 * piece
    command = [sys.executable, "-c", FETCHING, str(piece), *PARTS]
    fetching = subprocess.Popen(command, env=dict(os.environ))
    try:
        while not model_hub.sent or part_of(tmp_path).stat().st_size < 2 * piece:
            assert fetching.poll() is None
            threading.Event().wait(0.02)
    finally:
        fetching.kill()
        fetching.wait()
    model_hub.hangs.clear()
    model_hub.sent.clear()
    assert fetched() == weights
    assert model_hub.sent == [(2 * piece, len(weights))]


def test_a_part_with_other_bytes_is_begun_anew(
    model_hub: Hub, weights: bytes, tmp_path: Path
) -> None:
    """After a power cut, say. One that is longer than the file too."""
    for part in (b"\0" * 2 * PIECE, b"\0" * (len(weights) + 1)):
        model_hub.cuts += [PIECE, *[0] * 200]
        with pytest.raises(UnavailableError):
            fetched()
        part_of(tmp_path).write_bytes(part)
        model_hub.cuts.clear()
        assert fetched() == weights
        shutil.rmtree(tmp_path / "hub-cache")


def test_bytes_that_are_not_those_listed_are_not_taken(
    model_hub: Hub, weights: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = hub.listing("some/model")
    wrong = hub.HubFile(WEIGHTS, "0" * 64, len(weights))
    listed = hub.Listing(answer.commit, {**answer.files, WEIGHTS: wrong})
    monkeypatch.setattr(hub, "listing", lambda hub_id, pinned: listed)
    with pytest.raises(UnavailableError, match="came with other bytes than"):
        fetched()
    assert not list(tmp_path.glob("hub-cache/**/*.incomplete"))


def test_a_disk_without_room_is_said_before_anything_comes(
    model_hub: Hub, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.shutil, "disk_usage", lambda path: SimpleNamespace(free=1 << 10))
    with pytest.raises(UnavailableError, match=r"has 1 KiB\n.*set HF_HOME"):
        fetched()
    assert not model_hub.downloads()


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "is full"), (errno.EROFS, "cannot be written"), (errno.EACCES, "HF_HOME")],
)
def test_a_disk_that_refuses_is_named(number: int, said: str) -> None:
    with pytest.raises(UnavailableError, match=said) as caught, said_plainly("some/model"):
        raise OSError(number, "as the system says", "/cache/blob")
    assert "/cache/blob" in str(caught.value)


def test_a_branch_that_moves_meanwhile_moves_nothing(
    model_hub: Hub, weights: bytes, tiny_if: Path
) -> None:
    """All files are of the commit that was listed first."""
    repository = model_hub.repositories["some/model"]
    first = repository.refs["main"]

    def move(path: str) -> None:
        if "/resolve/" in path and repository.refs["main"] == first:
            files = {
                name: content + b" " for name, content in files_in(tiny_if / "stage_1").items()
            }
            repository.commit(files)

    model_hub.hears = move
    folder = hub.fetch_model("some/model", PARTS)
    assert repository.refs["main"] != first
    assert folder.name == first
    assert (folder / WEIGHTS).read_bytes() == weights
    assert hub.downloaded("some/model", PARTS) == folder, "main stands for that commit from now on"


def test_parts_that_are_wanted_later_are_of_the_same_commit(
    model_hub: Hub, weights: bytes, tiny_if: Path
) -> None:
    repository = model_hub.repositories["some/model"]
    folder = hub.fetch_model("some/model", PARTS)
    files = files_in(tiny_if / "stage_1")
    repository.commit({**files, WEIGHTS: files[WEIGHTS] + b" "})
    assert hub.fetch_model("some/model", (*PARTS, "tokenizer", "text_encoder")) == folder
    del repository.commits[folder.name]  # its history was rewritten
    shutil.rmtree(folder / "tokenizer")
    again = hub.fetch_model("some/model", (*PARTS, "tokenizer"))
    assert again.name == repository.refs["main"]


def test_xet_is_not_asked(model_hub: Hub, weights: bytes) -> None:
    """Mirrors and proxies do not speak it, and what it brings cannot be gone on with."""
    model_hub.repositories["some/model"].xet = True
    assert fetched() == weights
    assert not [path for path in model_hub.asked if "xet" in path]


def test_a_renamed_model_is_followed(model_hub: Hub, weights: bytes) -> None:
    model_hub.repositories["new/name"] = model_hub.repositories.pop("some/model")
    model_hub.renamed["some/model"] = "new/name"
    assert fetched() == weights


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (403, UserError, "refuses 'some/model' to this token"),
        (429, UnavailableError, "asked too often"),
        (500, UnavailableError, "fails to give 'some/model'"),
        (503, UnavailableError, "build again later"),
    ],
)
def test_a_hub_that_fails_is_said_to(
    model_hub: Hub, weights: bytes, status: int, kind: type[UserError], said: str
) -> None:
    for before in (0, 3):  # at once, and among the files
        count = 0

        def fail(path: str, before: int = before) -> None:
            nonlocal count
            count += 1
            if count > before:
                model_hub.failing.append(status)

        model_hub.hears = fail
        with pytest.raises(UserError, match=said) as caught:
            fetched()
        assert type(caught.value) is kind
    model_hub.hears = lambda path: None
    model_hub.failing.clear()
    assert fetched() == weights, "nothing is held against it"
