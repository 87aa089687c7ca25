"""Fresh training pictures without end: composed in a process of their own, never twice the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from emoji_if.captions import Plan, Shown, caption
from emoji_if.compose import Composer, reduced
from emoji_if.objective import Emphasis
from emoji_if.textures import MOST_NOISE, Textures


def pixels(pictures: Tensor) -> Tensor:
    """(B, S, S, 3) uint8 to (B, 3, S, S) in [-1, 1]."""
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1


def painted(composer: Composer, shown: Iterable[Shown], size: int, rng: Generator) -> Tensor:
    """A picture of each content, (N, 3, size, size) in [-1, 1]."""
    drawn = [reduced(composer.picture(each, rng)[0], size) for each in shown]
    return pixels(torch.from_numpy(np.stack(drawn)))


@dataclass(frozen=True)
class Batch:
    """Pictures (B, S, S, 3) uint8 with captions; most_noise (B,): up to which part of T to noise.

    things and sets: (B,) int64; -1 for pictures that show nothing of the vocabulary.
    """

    images: Tensor
    captions: list[str]
    most_noise: Tensor
    things: Tensor
    sets: Tensor

    def pixels(self) -> Tensor:
        """(B, 3, S, S) in [-1, 1]."""
        return pixels(self.images)


class Pictures(IterableDataset[Batch]):
    """Batches of `batch` pictures of `size` pixels; seed decides all of them."""

    def __init__(
        self,
        composer: Composer,
        textures: Textures | None,
        size: int,
        batch: int,
        seed: int,
        vague: bool = True,
        restored: float = Emphasis.both.restored,
        plan: Plan | None = None,
    ) -> None:
        """restored: the share of textures, which are left out if None. vague: as `Plan` says.

        plan: another one than that of a training.
        """
        self.composer = composer
        self.textures = textures
        self.size = size
        self.batch = batch
        self.seed = seed
        self.restored = restored
        self.plan = plan or Plan(composer.things, vague)

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        if worker is not None:
            torch.set_num_threads(1)
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            yield self.draw(self.batch, rng)

    def draw(self, count: int, rng: np.random.Generator) -> Batch:
        """`count` random pictures with their captions."""
        images = np.empty((count, self.size, self.size, 3), np.uint8)
        captions, most = [], np.ones(count, np.float32)
        things, sets = np.full(count, -1), np.full(count, -1)
        for i in range(count):
            if self.textures is not None and rng.random() < self.restored:
                images[i] = self.textures.picture(self.size, rng)
                captions.append("" if rng.random() < 0.5 else "a high quality photo")
                most[i] = MOST_NOISE
                continue
            picture, shown, sets[i] = self.composer.picture(self.plan.draw(rng), rng)
            images[i] = reduced(picture, self.size)
            captions.append(caption(shown, self.composer.things, rng))
            things[i] = shown.thing
        return Batch(
            torch.from_numpy(images),
            captions,
            torch.from_numpy(most),
            torch.from_numpy(things),
            torch.from_numpy(sets),
        )


def mixed(batches: list[Batch]) -> Batch:
    """A batch whose every picture is a random one of `batches`."""
    count = len(batches[0].captions)
    batch = torch.randint(len(batches), (count,)).tolist()
    chosen = list(zip(batch, torch.randperm(count).tolist(), strict=True))

    def of(field: Callable[[Batch], Tensor]) -> Tensor:
        return torch.stack([field(batches[b])[i] for b, i in chosen])

    return Batch(
        of(attrgetter("images")),
        [batches[b].captions[i] for b, i in chosen],
        of(attrgetter("most_noise")),
        of(attrgetter("things")),
        of(attrgetter("sets")),
    )


POOL = 128
"""Batches from which pictures are taken again."""


class Stream:
    """Takes batches from a process that composes them ahead; safe to share between threads."""

    def __init__(self, pictures: Pictures, processes: int = 1, repeat: int = 1) -> None:
        """processes: 0 composes within the call.

        repeat: how often a picture is taken, at other noise each time and beside other pictures.
        Composing costs as much as a fast network's training, which learns as much from a picture
        that it saw a while ago.
        """
        loader = DataLoader(
            pictures,
            batch_size=None,
            num_workers=processes,
            prefetch_factor=max(2, 8 // processes) if processes else None,
            multiprocessing_context="fork" if processes else None,
        )
        self._batches = iter(loader)
        self._lock = threading.Lock()
        self._repeat = repeat
        self._pool: list[Batch] = []
        self._taken = 0

    def take(self) -> Batch:
        with self._lock:
            if self._repeat == 1:
                return self._next()
            if self._taken % self._repeat == 0:
                if len(self._pool) == POOL:
                    self._pool.pop(int(torch.randint(POOL, ())))
                self._pool.append(self._next())
            self._taken += 1
            return mixed(self._pool)

    def _next(self) -> Batch:
        batch: Batch = next(self._batches)
        return batch
