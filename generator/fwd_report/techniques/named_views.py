"""The view of an anagram by its name in the spec: one of the package's, or a plug-in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fwd_report.errors import UserError
from fwd_report.outside import outside_keys
from fwd_report.plugins.importing import plugin_line
from fwd_report.plugins.offers import in_use
from fwd_report.plugins.problems import exits_as_errors, said

if TYPE_CHECKING:
    import torch

    from fwd_report.diffusion.views import Invertible

LEAST_ALIKE = 0.5
"""Correlation of a view of a picture with that view of the enlarged one, of those that agree."""


def view_of(name: str, seed: int, size: int, times: int = 1) -> Invertible:
    """The view of that name for pictures of `size` × `size` pixels.

    seed: of its random order. times: how much larger those are than the ones that the view was
    chosen for. Raises UserError for a plug-in that is broken, not orthogonal, or another view of
    larger pictures.
    """
    from fwd_report.diffusion.views import VIEWS, View

    if name in VIEWS:
        return replace(VIEWS[name], seed=seed).enlarged(times)
    made = in_use().load("views", name)
    if not hasattr(made, "apply"):
        made = View(name, made)
    view: Invertible = replace(made, seed=seed) if isinstance(made, View) else made
    _require_orthogonal(name, view, size)
    if times > 1:
        _require_alike(name, view, size, times)
    return view


@outside_keys
def _require_orthogonal(name: str, view: Invertible, size: int) -> None:
    """Raise UserError unless the view's inverse undoes it and it preserves noise.

    An orthogonal map preserves inner products, so that white noise stays white noise.
    """
    import torch

    draws = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    try:
        with exits_as_errors():
            seen = torch.stack([view.apply(draw) for draw in draws])
            wrong = _fault(view, draws, seen)
    except Exception as error:
        at = f"{own}: " if (own := plugin_line(error)) else _place(name)
        raise UserError(
            f"{at}the view '{name}' cannot be applied to a picture of {size} × {size} pixels: "
            f"{said(error)}"
        ) from error
    if wrong is not None:
        raise UserError(
            f"{_place(name)}the view '{name}' {wrong}; an anagram needs an orthogonal one"
        )


@outside_keys
def _require_alike(name: str, view: Invertible, size: int, times: int) -> None:
    """Raise UserError unless an enlarged picture, seen and made small, is the small one, seen.

    An order of single pixels, say, is another one for each size.
    """
    import torch
    from torch.nn import functional as F

    small = torch.randn(
        2, 3, size // times, size // times, generator=torch.Generator().manual_seed(0)
    )
    small = F.avg_pool2d(small, 3, 1, 1)
    seen = view.apply(F.interpolate(small, scale_factor=float(times)))
    found = F.avg_pool2d(seen, times).flatten()
    alike = torch.corrcoef(torch.stack([found, view.apply(small).flatten()]))[0, 1]
    if not alike.abs() >= LEAST_ALIKE:
        raise UserError(
            f"{_place(name)}the view '{name}' is another one of pictures that are {times} times as "
            "large, so stage II cannot follow it; give `upsample` a prompt"
        )


@outside_keys
def _place(name: str) -> str:
    offer = in_use().offer("views", name)
    return f"{in_use().place(offer)}: " if offer else ""


@outside_keys
def _fault(view: Invertible, draws: torch.Tensor, seen: torch.Tensor) -> str | None:
    import torch

    from fwd_report.diffusion.views import View

    if seen.shape != draws.shape:
        return f"makes a picture of shape {tuple(seen.shape[1:])} of {tuple(draws.shape[1:])}"
    back = view.invert(seen[0])
    if back.shape != draws[0].shape or not torch.allclose(back, draws[0], atol=1e-4):
        return "is not undone by its inverse"
    if not isinstance(view, View):
        variance = view.invert_variance(draws[0])
        if variance.shape != draws[0].shape:
            return f"takes a variance back to another shape, {tuple(variance.shape)}"
    if not torch.allclose(_products(seen), _products(draws), rtol=1e-3, atol=1e-2 * len(back[0])):
        return "does not keep lengths and angles"
    return None


@outside_keys
def _products(pictures: torch.Tensor) -> torch.Tensor:
    flat = pictures.flatten(1)
    return flat @ flat.T
