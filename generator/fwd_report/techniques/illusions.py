"""Techniques whose pictures show something else when they are turned, or seen from afar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fwd_report.outside import outside_keys

if TYPE_CHECKING:
    from fwd_report.techniques.base import Technique
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


@outside_keys
def asked_in_words(
    technique: type[Technique], params: Mapping[str, Any], first: str, second: str
) -> tuple[str, str]:
    """The prompts that a picture is asked under in these two fields, as readers are told them."""
    from fwd_report.techniques.guiding import asked_fields
    from fwd_report.techniques.words import prompt_in_words

    asked = asked_fields(technique, params)
    return prompt_in_words(asked[first]), prompt_in_words(asked[second])
