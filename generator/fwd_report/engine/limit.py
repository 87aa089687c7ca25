"""How many pictures of one shape form a batch: halved when memory runs out, and grown again."""

from __future__ import annotations

PATIENCE = 16
"""The number of full batches before a larger one is tried; doubled after each attempt that
fails."""


class Limit:
    """The size of the next batches, at most `most`.

    It starts at `most`, is halved when memory runs out, and then approaches the largest size that
    fits: after enough full batches, the size halfway to the smallest known not to fit is tried. If
    no size is left between, that smallest size itself is tried: memory used by others may have
    become free.
    """

    def __init__(self, most: int) -> None:
        self.size = most
        self._most = most
        self._fits = 0
        self._fails: int | None = None
        self._patience = PATIENCE
        self._full = 0

    def fitted(self, count: int) -> None:
        """Record that a batch of this size was answered."""
        self._fits = max(self._fits, count)
        if self._fails is not None and count >= self._fails:
            self._fails = None
        if count < self.size or self.size >= self._most:
            return
        self._full += 1
        if self._full < self._patience:
            return
        self._full = 0
        if self._fails is None:
            self.size = min(self._most, 2 * self.size)
        else:
            self.size = max(self.size + 1, (self.size + self._fails) // 2)

    def lacked(self, count: int) -> None:
        """Record that memory ran out for a batch of this size."""
        if 0 < self._fits < count:
            self._patience *= 2
            self.size = self._fits
        else:
            self._fits = 0
            self.size = max(1, count // 2)
        self._fails, self._full = count, 0
