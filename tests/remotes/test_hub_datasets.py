"""`hf://datasets/…`: read as files, written by commits, against a hub on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants
from tests.helpers.dataset_hub import Datasets, serving_datasets
from tests.remotes.conftest import content, digest_in, fill, left_over

from fwd_report.remotes import hub_datasets
from fwd_report.remotes.places import Remote, open_remotes
from fwd_report.remotes.shelf import file_name, result_name
from fwd_report.store.addresses import address_of
from fwd_report.store.store import Store

TOKEN = "hf_" + "sesame" * 5
Open = Callable[[str], Remote]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Datasets]:
    """A hub with one empty dataset that this account may write."""
    with serving_datasets() as server:
        server.files["ada/results"] = {}
        server.writers.add(TOKEN)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(hub_datasets.HubShelf, "together", 4)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield server


@pytest.fixture
def dataset(said: list[str], tmp_path: Path) -> Open:
    """The remote at an address, opened anew each time."""

    def opened(text: str = "hf://datasets/ada/results") -> Remote:
        (remote,) = open_remotes([address_of(text, tmp_path)], said.append)
        return remote

    return opened


@pytest.mark.parametrize(
    "address", ["hf://datasets/ada/results", "hf://datasets/ada/results@main/deep/er"]
)
def test_what_arrives_is_what_was_sent(
    hub: Datasets, dataset: Open, here: Store, there: Store, said: list[str], address: str
) -> None:
    keys = set(fill(here, 10))
    hub.conflicts = 1
    assert dataset(address).fetch(there, keys) == set()
    assert dataset(address).send(here, keys) == keys
    assert [len(names) for names in hub.commits] == [8, 8, 4], "many to a commit, each whole"
    assert dataset(address).send(here, keys) == set()
    assert len(hub.commits) == 3
    assert dataset(address).fetch(there, keys) == keys
    assert all(content(there, key) == content(here, key) for key in keys)
    assert said == []


def test_damage_there_is_refused_and_healed(
    hub: Datasets, dataset: Open, here: Store, there: Store, said: list[str]
) -> None:
    keys = fill(here, 4)
    dataset().send(here, keys)
    files = hub.files["ada/results"]
    files[file_name(digest_in(here, keys[0]))] = b"resu"
    files[result_name(keys[1])] = b"<html>"
    del files[file_name(digest_in(here, keys[2]))]
    files["README.md"] = b"mine"
    one = dataset()
    assert one.fetch(there, keys) == {keys[3]}
    assert len(said) == 1
    assert left_over(there) == []
    assert one.send(here, keys) == set(keys[:3])
    assert dataset().fetch(there, keys) == set(keys[:3])
    assert hub.files["ada/results"]["README.md"] == b"mine"


def test_a_dataset_that_is_not_there_or_not_for_this_account(
    hub: Datasets, dataset: Open, here: Store, there: Store, said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    keys = fill(here, 1)
    assert dataset("hf://datasets/ada/nothing").send(here, keys) == set()
    assert "hf repo create ada/nothing" in said.pop()
    assert dataset("hf://datasets/ada/results@v9").fetch(there, keys) == set()
    assert "no revision v9" in said.pop()
    hub.readers = set()
    assert dataset().fetch(there, keys) == set()
    assert "hf auth login" in said.pop()
    hub.readers = None
    monkeypatch.setenv("HF_TOKEN", "hf_" + "another" * 5)
    assert dataset().send(here, keys) == set()
    assert "cannot be used" in said.pop()
    assert dataset().fetch(there, keys) == set(), "it is empty, and may be read"
    assert said == []


def test_a_hub_that_fails_in_the_middle(
    hub: Datasets, dataset: Open, here: Store, there: Store, said: list[str]
) -> None:
    keys = set(fill(here, 12))

    hub.most = 1
    first = dataset().send(here, keys)
    assert len(first) == 4
    assert len(said) == 1
    assert TOKEN not in said[0]
    hub.most = 1_000
    assert dataset().fetch(there, keys) >= first
    dataset().send(here, keys)
    dataset().fetch(there, keys)
    assert set(there.keys()) == keys


def test_two_send_at_once(
    hub: Datasets, dataset: Open, here: Store, there: Store, tmp_path: Path, said: list[str]
) -> None:
    other = Store(tmp_path / "other")
    keys = fill(here, 8)
    fill(other, 8, text="another")
    senders = [
        threading.Thread(target=lambda s=store: dataset().send(s, keys)) for store in (here, other)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert dataset().fetch(there, keys) == set(keys)
    for key in keys:
        assert content(there, key) in (content(here, key), content(other, key))
    assert said == []
