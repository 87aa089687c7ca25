"""The format of an entry: its version, fields it may have, numbers that JSON has no words for."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from tests.store.conftest import KEY, put_entry

from fwd_report.store.collect import survey
from fwd_report.store.files import read_checked, strict_json, write_checked
from fwd_report.store.manifest import MANIFEST, VERSION, NewerEntryError, _digest_of, parse_manifest
from fwd_report.store.store import DamagedEntryError, Store


def rewrite(store: Store, **change: object) -> Path:
    """Change fields of the stored manifest as another version would write it; None removes."""
    path = store.folder(KEY) / MANIFEST
    content = json.loads(path.read_text())
    del content["digest"]
    content = {k: v for k, v in {**content, **change}.items() if v is not None}
    path.write_text(json.dumps({**content, "digest": _digest_of(content)}))
    return path


def strict(text: str) -> object:
    """Parse as readers that are stricter than Python do."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_a_manifest_says_its_version(store: Store) -> None:
    put_entry(store)
    assert json.loads((store.folder(KEY) / MANIFEST).read_text())["version"] == VERSION


def test_unknown_fields_are_ignored_and_kept(store: Store) -> None:
    put_entry(store)
    path = rewrite(store, licence={"name": "CC0"}, extra="a field of that name")
    manifest = store.read(KEY)
    assert manifest.parts == {"seed": 1}
    again = parse_manifest(json.dumps(manifest.to_json()).encode(), KEY, path)
    assert again == manifest
    assert manifest.to_json()["licence"] == {"name": "CC0"}


def test_missing_fields_have_defaults(store: Store) -> None:
    put_entry(store)
    rewrite(store, version=None, series=None, provenance=None, metrics=None, parts=None)
    manifest = store.read(KEY)
    assert (manifest.version, manifest.series, manifest.provenance) == (1, {}, {})


def test_an_entry_of_a_newer_version_is_left_alone(store: Store) -> None:
    put_entry(store)
    path = rewrite(store, version=VERSION + 1)
    before = path.read_bytes()
    with pytest.raises(NewerEntryError, match="newer fwd-report"):
        store.read(KEY)
    assert "newer fwd-report" in store.verify()[KEY]
    found = survey(store, set())
    assert not found.unused
    assert "newer fwd-report" in found.left[0]
    assert store.has(KEY)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        {"files": [1]},
        {"files": {"../../victim": {"sha256": "0"}}},
        {"files": {"data.txt": 3}},
        {"metrics": [1]},
        {"series": {"loss": 3}},
        {"provenance": "none"},
        {"key": "x"},
        {"files": {}, "metrics": {}, "series": {}},
    ],
)
def test_wrong_shapes_and_an_empty_entry_are_damage(store: Store, change: object) -> None:
    put_entry(store)
    rewrite(store, **change)  # type: ignore[arg-type]
    with pytest.raises(DamagedEntryError):
        store.read(KEY)
    assert not store.has(KEY)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "null", "[]", '{"key": 1}', "\xff", "{"])
def test_what_is_no_manifest_is_damage(store: Store, text: str) -> None:
    put_entry(store)
    (store.folder(KEY) / MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(DamagedEntryError):
        store.read(KEY)
    assert not store.has(KEY)


def test_infinite_numbers_survive_as_json_for_other_readers(store: Store) -> None:
    series = {"psnr": [1.5, math.inf, -math.inf]}
    put_entry(store, metrics={"psnr": math.inf, "fid": math.nan, "n": 3}, series=series)
    content = strict((store.folder(KEY) / MANIFEST).read_text())
    assert content["metrics"] == {"fid": "nan", "n": 3, "psnr": "inf"}  # type: ignore[index]
    manifest = store.read(KEY)
    assert manifest.metrics["psnr"] == math.inf
    assert math.isnan(manifest.metrics["fid"])
    assert manifest.series == series
    assert strict(strict_json({"a": [math.nan, (math.inf,)]})) == {"a": ["nan", ["inf"]]}


@pytest.mark.parametrize("damage", ["flip", "deep", "list", "null", "other shape", "folder"])
def test_a_cache_that_is_not_as_written_is_no_cache(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "cache.json"
    write_checked(path, {"a": {"sha256": "00"}})
    assert read_checked(path) == {"a": {"sha256": "00"}}
    text = path.read_text()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_text(
            {
                "flip": text.replace('"00"', '"01"'),
                "deep": "[" * 100_000,
                "list": "[1]",
                "null": "null",
                "other shape": '{"value": {"a": 1}}',
            }[damage]
        )
    assert read_checked(path) == {}
