"""What a technique says of itself for the script of plain diffusers that makes its picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Scripted:
    """What a script of plain diffusers must know of a technique to make its picture.

    estimate: how its prompts are put together. noised: it begins with its picture noised, not with
    noise. kept: outside of its mask, the noised picture stands after each step.
    """

    estimate: Literal["prompted", "anagram", "hybrid"] = "prompted"
    noised: bool = False
    kept: bool = False
