"""Prompts are encoded once, kept, and never read where they are not those of the model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.helpers.driver import cascade_of

from fwd_report.models import prompts, weights
from fwd_report.models.cascade import Cascade
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.prompts import PromptEncoder
from fwd_report.sources import AT_START, stamp_of
from fwd_report.store.memory import Memory


def test_prompts_are_encoded_once_and_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = []
    load_encoder = weights.load_text_encoder
    monkeypatch.setattr(
        weights, "load_text_encoder", lambda *given: loads.append(given) or load_encoder(*given)
    )

    def cascade() -> Cascade:
        return cascade_of({1: folder}, tmp_path / "cache")

    first = cascade()
    first.prepare(["a dog", "a skull", "a dog", ""])
    first.prepare(["a skull"])
    assert len(loads) == 1
    cascade().prepare(["a skull"])
    assert len(loads) == 1
    for path in values(tmp_path / "cache"):
        path.write_bytes(b"damaged")
    cascade().prepare(["a skull"])
    assert len(loads) == 2


def values(root: Path) -> list[Path]:
    return sorted(root.glob("**/memory/??/*"))


def encoder_of(folder: Path, memory: Path, digest: str = "digest") -> PromptEncoder:
    return PromptEncoder(lambda: ModelFolder(folder), digest, Memory(memory), "cpu", torch.float32)


def test_a_flipped_bit_in_a_kept_prompt_changes_no_embedding(folder: Path, tmp_path: Path) -> None:
    memory = tmp_path / "own" / "memory"
    expected = encoder_of(folder, memory).embeddings(["a skull"])
    (kept,) = values(tmp_path)
    whole = kept.read_bytes()
    for place in (0, 9, 70, 90, 120, len(whole) // 2, len(whole) - 1):
        hurt = bytearray(whole)
        hurt[place] ^= 4
        kept.write_bytes(hurt)
        assert torch.equal(encoder_of(folder, memory).embeddings(["a skull"]), expected), place
        assert kept.read_bytes() == whole, "encoded and kept again"


def test_what_other_code_or_another_model_encoded_is_not_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit of either file that encodes: its source is another, as its results may be."""
    memory = tmp_path / "own" / "memory"
    encoder_of(folder, memory).prepare(["a"])
    encoder_of(folder, memory).prepare(["a"])
    assert len(values(tmp_path)) == 1
    encoder_of(folder, memory, "another").prepare(["a"])
    assert len(values(tmp_path)) == 2
    for number, edited in enumerate((prompts, weights)):
        copy = tmp_path / "edited.py"
        copy.write_bytes(Path(edited.__file__).read_bytes() + b"# edited\n")
        monkeypatch.setattr(edited, "__file__", str(copy))
        monkeypatch.setitem(AT_START, str(copy), stamp_of(copy))
        encoder_of(folder, memory).prepare(["a"])
        assert len(values(tmp_path)) == 3 + number, edited.__name__
        monkeypatch.undo()


def test_prompts_that_cannot_be_kept_are_encoded_all_the_same(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder should be")
    encoder = encoder_of(folder, tmp_path / "file" / "memory")
    assert encoder.embeddings(["a skull"]).shape[0] == 1
