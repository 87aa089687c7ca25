"""The store shows whole entries or none: after crashes, damage, and two builds at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from fwd_report.store.manifest import MANIFEST
from fwd_report.store.store import DamagedEntryError, Store

KEY = "ab" + "0" * 62


def put(store: Store, key: str = KEY, text: str = "hello") -> None:
    with store.writing(key) as folder:
        (folder / "data.txt").write_text(text)
        store.seal(folder, key, parts={"seed": 1}, metrics={}, series={}, provenance={})


def test_an_entry_appears_whole_and_reads_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert not store.has(KEY)
    put(store)
    assert store.has(KEY)
    assert store.read(KEY).parts == {"seed": 1}
    assert store.keys() == [KEY]


def test_an_error_while_writing_leaves_no_entry(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def write_half() -> None:
        with store.writing(KEY) as folder:
            (folder / "data.txt").write_text("half")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write_half()
    assert not store.has(KEY)


def test_writing_again_replaces_the_entry(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store)
    put(store, text="again")
    assert (store.folder(KEY) / "data.txt").read_text() == "again"


@pytest.mark.parametrize("damage", ["change", "delete", "manifest", "metric", "moved"])
def test_damage_is_found_and_set_aside(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path)
    put(store)
    data = store.folder(KEY) / "data.txt"
    if damage == "change":
        data.write_text("hellO")
    elif damage == "delete":
        data.unlink()
    elif damage == "manifest":
        (store.folder(KEY) / MANIFEST).write_text("{")
    elif damage == "metric":
        manifest = json.loads((store.folder(KEY) / MANIFEST).read_text())
        (store.folder(KEY) / MANIFEST).write_text(json.dumps(manifest | {"metrics": {"psnr": 99}}))
    else:
        other = "ab" + "1" * 62
        store.folder(KEY).rename(store.folder(other))
        with pytest.raises(DamagedEntryError):
            store.read(other)
        return
    with pytest.raises(DamagedEntryError):
        store.read(KEY)
    assert not store.has(KEY)
    assert list((tmp_path / ".fwd-report" / "aside").iterdir()), "kept aside for a look"


def test_verify_names_the_damaged_and_keeps_the_whole(tmp_path: Path) -> None:
    store = Store(tmp_path)
    other = "cd" + "0" * 62
    put(store)
    put(store, other)
    (store.folder(KEY) / "data.txt").write_text("?")
    assert list(store.verify()) == [KEY]
    assert store.keys() == [other]


def test_a_working_folder_is_published_without_its_dotted_files(tmp_path: Path) -> None:
    store = Store(tmp_path)
    working = store.working_folder(KEY)
    (working / "epoch-001.safetensors").write_text("weights")
    (working / ".state").write_text("optimizer")
    with store.writing(KEY, working) as folder:
        store.seal(folder, KEY, parts={}, metrics={}, series={}, provenance={})
    assert sorted(path.name for path in store.folder(KEY).iterdir()) == [
        "epoch-001.safetensors",
        MANIFEST,
    ]
    assert not working.exists()


@pytest.mark.parametrize("seed", range(6))
def test_kill_9_while_writing_never_shows_half_an_entry(tmp_path: Path, seed: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", _WRITE_FOREVER, str(tmp_path)])
    store = Store(tmp_path)
    deadline = time.monotonic() + 60
    while not store.keys() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05 * seed)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    assert store.keys()
    for key in store.keys():  # noqa: SIM118
        manifest = store.read(key)
        assert json.loads((store.folder(key) / "data.json").read_text())["n"] >= 0
        assert set(manifest.files) == {"data.json"}


_WRITE_FOREVER = textwrap.dedent(
    """
    import itertools, json, sys
    from pathlib import Path
    from fwd_report.store.store import Store
    store = Store(Path(sys.argv[1]))
    for n in itertools.count():
        key = f"{n % 7:064x}"
        with store.writing(key) as folder:
            (folder / "data.json").write_text(json.dumps({"n": n, "fill": "x" * 5000}))
            store.seal(folder, key, parts={}, metrics={}, series={}, provenance={})
    """
)
