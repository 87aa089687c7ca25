"""Files of encoded prompts that are not what they should be, and odd ones that are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from fwd_report.errors import UserError
from fwd_report.models.embeddings import encoded_prompts
from fwd_report.store.memory import Memory

WIDE = torch.zeros(1, 77, 17)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"a skull": WIDE.to_sparse()}, '"a skull" is a sparse tensor'),
        ({"a skull": {"a": WIDE}}, '"a skull" is a dict and no tensor'),
        ({b"a skull": WIDE}, "one of its keys is no text: b'a skull'"),
        ([("a skull", WIDE)], "it holds a list and no dict"),
        ({"a\nskull": WIDE[:, :9]}, 'what it holds for "a\\nskull" has the shape (1, 9, 17)'),
        ({"A skull": WIDE, "a skull": WIDE + 1}, 'holds two encodings of "a skull"'),
    ],
)
def test_what_is_wrong_is_said_on_one_line(tmp_path: Path, held: Any, said: str) -> None:
    file = tmp_path / "bad.pth"
    torch.save(held, file)
    with pytest.raises(UserError) as error:
        encoded_prompts([file], Memory(tmp_path / "memory"))
    assert said in error.value.problems[0].message
    assert "\n" not in error.value.problems[0].message


@pytest.mark.parametrize("content", [b"<!DOCTYPE html><html>", b"PK\x03\x04cut", b""])
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_what_is_no_file_of_tensors_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.(pth|safetensors): (it|torch) "):
        encoded_prompts([file], Memory(tmp_path / "memory"))


def test_old_formats_gradients_and_both_shapes_are_read(tmp_path: Path) -> None:
    file = tmp_path / "old.pt"
    held = {"a skull": WIDE.clone().requires_grad_(), "waterfalls": WIDE[0].half()}
    torch.save(held, file, _use_new_zipfile_serialization=False)
    found = encoded_prompts([file], Memory(tmp_path / "memory"))
    assert {name: each.width for name, each in found.items()} == {"a skull": 17, "waterfalls": 17}
