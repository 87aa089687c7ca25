"""Training pictures kept on a GPU, which takes them many times faster than they are composed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import Empty, Queue
from threading import Thread
from typing import NamedTuple

import torch
from torch import Tensor

from emoji_if.stream import Batch, Stream

KEPT = 2**15
"""Pictures in the pool, 55 kB each with their captions' embeddings; the oldest make room."""

FIRST = 2**12
"""Pictures before which none is taken."""

WAITING = 8
"""Composed batches that wait to be taken in; those who compose wait for more room."""


class Lesson(NamedTuple):
    """Pictures (B, 3, S, S) in [-1, 1] with embeddings (B, 77, d_model).

    most_noise: (B,), up to which part of T to noise.
    """

    x0: Tensor
    text: Tensor
    most_noise: Tensor


class DevicePool:
    """Random pictures of those composed last, with their captions' embeddings, all on one device.

    However slow composing is, a step waits for it only before the first: until then pictures are
    taken again, at other noise each time and beside other pictures.
    """

    def __init__(
        self,
        stream: Stream,
        embed: Callable[[Sequence[str]], Tensor],
        device: torch.device,
        kept: int = KEPT,
        first: int = FIRST,
    ) -> None:
        """embed: captions to (B, 77, d_model), on the device."""
        self.embed, self.device = embed, device
        self.kept, self.first = kept, min(first, kept)
        self.composed = 0
        self._waiting: Queue[Batch] = Queue(WAITING)
        self._pictures = torch.empty(0)
        self._texts = torch.empty(0)
        self._most = torch.empty(0)
        Thread(target=self._listen, args=(stream,), daemon=True).start()

    def take(self, count: int) -> Lesson:
        """`count` random pictures; a picture may be among them twice."""
        while self.composed < self.first:
            self._take_in(self._waiting.get())
        for _ in range(WAITING):
            try:
                self._take_in(self._waiting.get_nowait())
            except Empty:
                break
        chosen = torch.randint(min(self.composed, self.kept), (count,), device=self.device)
        x0 = self._pictures[chosen].permute(0, 3, 1, 2).float() / 127.5 - 1
        return Lesson(x0, self._texts[chosen].float(), self._most[chosen])

    def _take_in(self, batch: Batch) -> None:
        texts = self.embed(batch.captions).half()
        if not self.composed:
            self._pictures = self._room(batch.images)
            self._texts = self._room(texts)
            self._most = self._room(batch.most_noise)
        numbers = torch.arange(self.composed, self.composed + len(texts), device=self.device)
        places = numbers % self.kept
        self._pictures[places] = batch.images.to(self.device)
        self._texts[places] = texts
        self._most[places] = batch.most_noise.to(self.device)
        self.composed += len(texts)

    def _room(self, like: Tensor) -> Tensor:
        return torch.empty(self.kept, *like.shape[1:], dtype=like.dtype, device=self.device)

    def _listen(self, stream: Stream) -> None:
        while True:
            self._waiting.put(stream.take())
