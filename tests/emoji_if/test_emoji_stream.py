"""A stream hands pictures out with their own captions, each as often as it is told to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest
import torch
from torch.utils.data import IterableDataset

from emoji_if.stream import POOL, Batch, Stream

EACH = 4


class Numbered(IterableDataset[Batch]):
    """Batches of pictures that are their own number in every field."""

    def __iter__(self) -> Iterator[Batch]:
        for batch in count():
            numbers = torch.arange(EACH) + EACH * batch
            yield Batch(
                numbers.view(-1, 1, 1, 1).expand(-1, 2, 2, 3),
                [str(number) for number in numbers.tolist()],
                numbers.float(),
                numbers,
                numbers,
            )


def numbers(batch: Batch) -> list[int]:
    """Of a batch whose every field agrees about them."""
    shown = batch.images[:, 0, 0, 0].tolist()
    assert [int(text) for text in batch.captions] == shown
    assert batch.things.tolist() == batch.sets.tolist() == shown
    assert batch.most_noise.tolist() == shown
    return shown


def test_without_repeating_every_picture_is_taken_once() -> None:
    stream = Stream(Numbered(), processes=0)  # type: ignore[arg-type]
    taken = [number for _ in range(5) for number in numbers(stream.take())]
    assert taken == list(range(5 * EACH))


@pytest.mark.parametrize("repeat", [2, 3])
def test_a_picture_is_taken_again_as_often_as_told(repeat: int) -> None:
    torch.manual_seed(0)
    stream = Stream(Numbered(), processes=0, repeat=repeat)  # type: ignore[arg-type]
    batches = [numbers(stream.take()) for _ in range(40 * POOL)]
    assert all(len(set(batch)) == EACH for batch in batches)
    times = Counter(number for batch in batches for number in batch)
    middle = [times[number] for number in range(4 * POOL * EACH, 8 * POOL * EACH)]
    assert sum(middle) / len(middle) == pytest.approx(repeat, rel=0.1)


def test_a_picture_taken_again_is_seldom_beside_the_same_ones() -> None:
    torch.manual_seed(0)
    stream = Stream(Numbered(), processes=0, repeat=3)  # type: ignore[arg-type]
    for _ in range(POOL):
        stream.take()
    fellows = [number // EACH for _ in range(60) for number in set(numbers(stream.take()))]
    batches = [fellows[i : i + EACH] for i in range(0, len(fellows), EACH)]
    assert sum(len(set(batch)) == EACH for batch in batches) > 40
