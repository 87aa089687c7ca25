"""What reports and sections have in common: they are read-only mappings by name."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import TypeVar

T = TypeVar("T")


class ByName(Mapping[str, T]):
    """A read-only mapping that reads all its values at once; it is equal only to itself."""

    def _by_name(self) -> dict[str, T]:
        """The values by name, in page order."""
        raise NotImplementedError

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name())

    def __len__(self) -> int:
        return len(self._by_name())

    def keys(self) -> KeysView[str]:
        return self._by_name().keys()

    def values(self) -> ValuesView[T]:
        return self._by_name().values()

    def items(self) -> ItemsView[str, T]:
        return self._by_name().items()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)
