"""A prompt that is not read as it is written is said before anything runs."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.project import write_small_project

LONG = " ".join(["a photo of a dog"] * 15) + " of the skull"
"""78 words: 76 are read, for the 77th token ends them."""


def test_a_prompt_that_is_cut_names_what_is_lost(tmp_path: Path, tiny_if: Path) -> None:
    project = write_small_project(tmp_path, tiny_if)
    noise = project.root / "experiments" / "noise.yaml"
    short = noise.read_text()
    for words, lost in ((LONG, "the skull"), (f"{LONG} of a dog", "the skull of a dog")):
        noise.write_text(short.replace("a photo of a dog", words))
        for _ in range(2):  # the second time it is remembered
            said = project("plan").stderr
            assert f'77 tokens that are read; lost is its end, "{lost}"' in said, said
            assert said.count("noise.photos") == 1
    assert "77 tokens" in project("plan", "--only", "noise").stderr
    assert "77 tokens" not in project("plan", "--only", "hybrids").stderr
    noise.write_text(short.replace("a photo of a dog", LONG.removesuffix(" the skull")))
    assert "tokens" not in project("plan").stderr
