"""The kinds of things that specs can name and that can be added from outside the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FOLDER = "techniques"
"""A project's folder of plug-ins: techniques directly in it, each other kind in a subfolder."""
GROUP = "fwd_report."
"""The prefix of entry-point groups; the name of the kind follows."""
TECHNIQUES = "techniques"
HIDDEN = ("identity",)
"""Names that are taken but cannot be used in specs."""


@dataclass(frozen=True)
class Kind:
    """One kind of plug-in.

    singular: its name in messages. is_a: what a plug-in of this kind is, for messages. built_in:
    the names of the package's own, which nothing else may have; techniques are listed where they
    are defined. methods: what an object of the kind has. callable: whether a function that makes
    such an object, or takes its place, is accepted as well.
    """

    singular: str
    is_a: str
    built_in: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    callable: bool = True


KINDS: Mapping[str, Kind] = {
    TECHNIQUES: Kind("technique", "a class derived from fwd_report.techniques.base.Technique"),
    "views": Kind(
        "view",
        "a function of (size, seed) to an order of pixels, or an object with apply, invert and "
        "invert_variance",
        ("flip", "mirror", "rotate90", "rotate180", "rotate270", "negate", "skew", "inner_circle",
         "patches", "pixels", "jigsaw", "identity"),
        ("apply", "invert", "invert_variance"),
    ),
    "samplers": Kind("sampler", "a function of a process to a process", ("ddpm", "ddim")),
    "processes": Kind(
        "process", "a function of a training's fields to a process with draw",
        ("denoiser", "ddpm", "flow"),
    ),
    "datasets": Kind(
        "dataset", "an object with files, size and load", ("digits", "mnist", "fashion-mnist"),
        ("files", "size", "load"), callable=False,
    ),
    "networks": Kind("network", "a function of a training's fields to a torch module", ("unet",)),
    "scorers": Kind(
        "scorer", "a function of a device to an object with images, texts and temperature",
        ("emoji-if",),
    ),
}  # fmt: skip
"""By the name of their folder, which is also the suffix of their entry-point group."""
SUBFOLDERS = tuple(name for name in KINDS if name != TECHNIQUES)
