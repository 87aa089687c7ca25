"""Training pictures kept on a GPU, which takes them many times faster than they are composed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import Empty, Queue
from threading import Thread
from typing import NamedTuple

import torch
from torch import Tensor

from emoji_if.stream import Batch, Stream, pixels

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

    However slow composing is, only the first step waits for it: afterwards pictures are taken
    again, at other noise each time and beside other pictures.
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
        self._held: list[Tensor] = []
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
        images, texts, most_noise = (part[chosen] for part in self._held)
        return Lesson(pixels(images), texts.float(), most_noise)

    def _take_in(self, batch: Batch) -> None:
        parts = (batch.images, self.embed(batch.captions).half(), batch.most_noise)
        if not self._held:
            self._held = [
                torch.empty(self.kept, *part.shape[1:], dtype=part.dtype, device=self.device)
                for part in parts
            ]
        count = len(batch.captions)
        numbers = torch.arange(self.composed, self.composed + count, device=self.device)
        for held, part in zip(self._held, parts, strict=True):
            held[numbers % self.kept] = part.to(self.device)
        self.composed += count

    def _listen(self, stream: Stream) -> None:
        while True:
            self._waiting.put(stream.take())
