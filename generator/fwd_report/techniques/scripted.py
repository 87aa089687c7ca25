"""How a script of plain diffusers can make a technique's picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Scripted:
    """What a script of plain diffusers needs to know of a technique.

    estimate: how its prompts are combined. noised: whether it starts from its noised picture, not
    from pure noise. kept: whether, after each step, the noised picture replaces everything outside
    its mask.
    """

    estimate: Literal["prompted", "anagram", "hybrid"] = "prompted"
    noised: bool = False
    kept: bool = False
