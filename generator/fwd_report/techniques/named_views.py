"""The view of an anagram by its name in the spec: one of the package's, or a plug-in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fwd_report.errors import UserError
from fwd_report.outside import outside_keys
from fwd_report.plugins.importing import plugin_line
from fwd_report.plugins.offers import in_use
from fwd_report.plugins.problems import said

if TYPE_CHECKING:
    import torch

    from fwd_report.diffusion.views import Invertible


def view_of(name: str, seed: int, size: int) -> Invertible:
    """The view of that name for pictures of `size` × `size` pixels.

    seed: of its random order. Raises UserError for a plug-in that is broken or not orthogonal.
    """
    from fwd_report.diffusion.views import VIEWS, View

    if name in VIEWS:
        return replace(VIEWS[name], seed=seed)
    made = in_use().load("views", name)
    if not hasattr(made, "apply"):
        made = View(name, made)
    view: Invertible = replace(made, seed=seed) if isinstance(made, View) else made
    _require_orthogonal(name, view, size)
    return view


@outside_keys
def _require_orthogonal(name: str, view: Invertible, size: int) -> None:
    """Raise UserError unless the view's inverse undoes it and it preserves noise.

    An orthogonal map preserves inner products, so that white noise stays white noise.
    """
    import torch

    draws = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    try:
        seen = torch.stack([view.apply(draw) for draw in draws])
        wrong = _fault(view, draws, seen)
    except Exception as error:
        offer = in_use().offer("views", name)
        at = plugin_line(error) or (in_use().place(offer) if offer else "views")
        raise UserError(
            f"{at}: the view '{name}' cannot be applied to a picture of {size} × {size} pixels: "
            f"{said(error)}"
        ) from error
    if wrong is not None:
        offer = in_use().offer("views", name)
        at = f"{in_use().place(offer)}: " if offer else ""
        raise UserError(f"{at}the view '{name}' {wrong}; an anagram needs an orthogonal one")


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
