"""Techniques whose pictures show something else when they are turned, or seen from afar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fwd_report.outside import outside_keys

if TYPE_CHECKING:
    from fwd_report.techniques.parts import Part, Picture


class Illusion:
    """What a technique also derives from if its pictures are illusions: see `Anagram`."""

    @classmethod
    @outside_keys
    def illusion(cls, picture: Picture, params: Mapping[str, Any], label: str) -> Part | None:
        """The part that lets a reader see both readings of one picture; None: there is none.

        picture: of a run with these params, or of one that enlarges it. label: what tells it from
        the other pictures of its figure.
        """
        raise NotImplementedError
