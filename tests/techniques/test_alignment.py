"""Alignment and concealment of pictures that read several ways."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from tests.training.test_techniques import entry_of

from fwd_report.diffusion.noise import Noise
from fwd_report.models.scorer import Scorer
from fwd_report.store.entry import Entry
from fwd_report.techniques.alignment import Alignment, concealment
from fwd_report.techniques.anagram import Anagram
from fwd_report.techniques.base import Result, Technique
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.hybrid import Hybrid
from fwd_report.techniques.parts import Table
from fwd_report.techniques.sample import Sample

COLOURS = ("red", "green", "blue")


@dataclass(frozen=True)
class ColourScorer:
    """Knows three words, each a colour; a picture is as much of each as its channels say."""

    temperature: float = 0.1

    def images(self, pictures: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(pictures.mean((2, 3)) + 1, dim=-1)

    def texts(self, prompts: Sequence[str]) -> torch.Tensor:
        return torch.eye(3)[[COLOURS.index(prompt) for prompt in prompts]]


class Elsewhere(torch.Tensor):
    """A tensor on another device: of all that is asked of it, it only moves to the CPU."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is not torch.Tensor.cpu:
            raise RuntimeError(f"{func.__name__} of tensors on different devices")
        with torch._C.DisableTorchFunctionSubclass():
            return args[0].as_subclass(torch.Tensor)


@dataclass(frozen=True)
class ElsewhereScorer(ColourScorer):
    """Answers on its own device, as a plug-in's scorer may."""

    def images(self, pictures: torch.Tensor) -> torch.Tensor:
        return super().images(pictures).as_subclass(Elsewhere)

    def texts(self, prompts: Sequence[str]) -> torch.Tensor:
        return super().texts(prompts).as_subclass(Elsewhere)


def flat(*channels: float) -> torch.Tensor:
    return torch.tensor(channels, dtype=torch.float32).view(3, 1, 1).expand(3, 8, 8) * 2 - 1


def judged(technique: Technique, folder: Path, **pictures: torch.Tensor) -> Entry:
    folder.mkdir()
    save_file(
        {name: p.contiguous() for name, p in pictures.items()}, folder / "tensors.safetensors"
    )
    return replace(entry_of(technique, folder, Result()), label="colours")


def score(*entries: Entry, scorer: Scorer = ColourScorer()) -> Result:
    technique = Alignment(of=["colours"], scorer="none")
    context = RunContext(0, Noise(0), scorer=scorer, needs={"of": entries})
    return technique.job(context)


def table_of(result: Result, folder: Path, *entries: Entry) -> list[tuple[str, ...]]:
    entry = entry_of(Alignment(of=["colours"], scorer="none"), folder, result)
    tables = Alignment.figure([replace(entry, needs={"of": entries})])
    assert all(isinstance(table, Table) for table in tables)
    return [row for table in tables for row in (table.header, *table.rows)]


def test_an_anagram_that_reads_both_ways_and_one_that_reads_one_way(tmp_path: Path) -> None:
    technique = Anagram(prompt="red", flipped="blue")
    both = judged(technique, tmp_path / "a", image=flat(1, 0, 0), viewed=flat(0, 0, 1))
    one = judged(technique, tmp_path / "b", image=flat(1, 0, 0), viewed=flat(0.8, 0, 0.6))
    result = score(both, one)
    assert result.series["own"] == pytest.approx([1, 1, 1, 0.6])
    assert result.series["other"] == pytest.approx([0, 0, 0, 0.8])
    assert result.metrics["right"] == 0.5
    assert result.metrics["alignment"] == pytest.approx((1 + 0.6) / 2)
    hidden = 1 / (1 + math.exp(-10))
    assert result.series["concealment"][0] == pytest.approx(hidden)
    header, first, second = table_of(result, tmp_path, both, one)
    assert header == (
        "picture", "as it is: its prompt", "as it is: the other", "through the view: its prompt",
        "through the view: the other", "concealment", "reads as asked",
    )  # fmt: skip
    assert first == ("colours", "1.00", "0.00", "1.00", "0.00", "1.00", "every way")
    assert second[-1] == "as it is"


def test_a_hybrid_is_judged_from_near_and_far_and_a_sample_by_its_prompt(tmp_path: Path) -> None:
    hybrid = judged(
        Hybrid(low="red", high="green"), tmp_path / "h", image=flat(1, 0, 0), low=flat(0, 1, 0)
    )
    plain = judged(Sample(prompt="green"), tmp_path / "s", image=flat(0, 1, 0))
    result = score(hybrid, plain)
    assert result.series["own"] == pytest.approx([0, 0, 1])
    assert "concealment" not in result.metrics, "a single reading hides nothing"
    colours = judged(
        Hybrid(low="red", high="green", split="colour"), tmp_path / "c",
        image=flat(0, 1, 0), low=flat(1, 0, 0),
    )  # fmt: skip
    ways = [name.partition(":")[0] for name in table_of(score(colours), tmp_path, colours)[0]]
    assert ways[1:5] == ["in colour", "in colour", "in grey", "in grey"]
    rows = table_of(result, tmp_path, hybrid, plain)
    assert rows[0][1:5:2] == ("near: its prompt", "far: its prompt")
    assert rows[1][-1] == "neither way"
    assert rows[2:] == [("picture", "the prompt"), ("section.sample", "1.00")], "one name for two"


def test_a_scorer_may_answer_on_a_device(tmp_path: Path) -> None:
    technique = Anagram(prompt="red", flipped="blue")
    entry = judged(technique, tmp_path / "a", image=flat(1, 0, 0), viewed=flat(0.8, 0, 0.6))
    assert score(entry, scorer=ElsewhereScorer()) == score(entry)


def test_concealment_asks_which_prompt_a_reading_shows_and_which_reading_a_prompt() -> None:
    cosines = torch.tensor([[0.5, 0.1], [0.4, 0.2]])
    rows = (1 / (1 + math.exp(-0.4)) + 1 / (1 + math.exp(0.2))) / 2
    columns = (1 / (1 + math.exp(-0.1)) + 1 / (1 + math.exp(-0.1))) / 2
    assert concealment(cosines, 1.0) == pytest.approx((rows + columns) / 2)


@given(st.integers(2, 5), st.integers(0, 99), st.floats(0.01, 2))
def test_concealment_is_one_where_nothing_shows_and_even_where_all_is_alike(
    n: int, seed: int, temperature: float
) -> None:
    assert concealment(torch.ones(n, n), temperature) == pytest.approx(1 / n)
    assert concealment(100 * torch.eye(n), temperature) == pytest.approx(1)
    cosines = torch.rand(n, n, generator=torch.Generator().manual_seed(seed))
    order = torch.randperm(n)
    swapped = cosines[order][:, order]
    assert concealment(swapped, temperature) == pytest.approx(
        concealment(cosines, temperature), rel=1e-4
    )
    assert math.isnan(concealment(torch.ones(1, 1), temperature))
