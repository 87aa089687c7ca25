"""A pool gives random pictures of those composed last, each with its own text."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import cast

import pytest
import torch
from torch import Tensor

from emoji_if.device_pool import DevicePool, Lesson
from emoji_if.stream import Batch, Stream

EACH, KEPT, FIRST = 4, 24, 8


class Few:
    """A stream of so many batches of pictures that are their own number in every field."""

    def __init__(self, batches: int) -> None:
        self.left = batches
        self.ended = Event()

    def take(self) -> Batch:
        if not self.left:
            self.ended.set()
            Event().wait()
        self.left -= 1
        numbers = torch.arange(EACH) + EACH * (9 - self.left)
        pictures = numbers.view(-1, 1, 1, 1).expand(-1, 2, 2, 3).to(torch.uint8)
        texts = [str(number) for number in numbers.tolist()]
        return Batch(pictures, texts, numbers.float(), numbers, numbers)


def embed(captions: Sequence[str]) -> Tensor:
    return torch.tensor([float(text) for text in captions]).view(-1, 1, 1).expand(-1, 5, 2)


def numbers(lesson: Lesson) -> list[int]:
    """Of a lesson whose every part agrees about them."""
    shown = ((lesson.x0 + 1) * 127.5).round()
    assert lesson.x0.shape[1:] == (3, 2, 2)
    assert (shown == shown[:, :1, :1, :1]).all()
    found: list[int] = shown[:, 0, 0, 0].int().tolist()
    assert lesson.text[:, 4, 1].tolist() == lesson.most_noise.tolist() == found
    return found


def taken(batches: int, count: int = 2000) -> set[int]:
    """What is taken once so many batches were composed."""
    few = Few(batches)
    stream = cast("Stream", few)
    pool = DevicePool(stream, embed, torch.device("cpu"), kept=KEPT, first=FIRST)
    few.ended.wait(60)
    while pool.composed < EACH * batches:
        pool.take(1)
    return set(numbers(pool.take(count)))


@pytest.mark.parametrize("batches", [2, 5])
def test_pictures_are_taken_again_while_there_are_no_others(batches: int) -> None:
    first = EACH * (10 - batches)
    assert taken(batches) == set(range(first, 40))


def test_the_oldest_pictures_make_room() -> None:
    assert taken(10) == set(range(40 - KEPT, 40))
