"""The view of an anagram by the name a spec uses: one of the package's, or a plug-in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fwd_report.errors import UserError
from fwd_report.outside import outside_keys
from fwd_report.plugins.offers import in_use

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
    """Raise UserError unless the view is undone by its inverse and keeps noise as it is.

    An orthogonal map keeps the products of pictures; white noise seen through it is white noise.
    """
    import torch

    draws = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    seen = torch.stack([view.apply(draw) for draw in draws])
    wrong = None
    if seen.shape != draws.shape:
        wrong = f"makes a picture of shape {tuple(seen.shape[1:])} of {tuple(draws.shape[1:])}"
    elif not torch.allclose(view.invert(seen[0]), draws[0], atol=1e-4):
        wrong = "is not undone by its inverse"
    elif not torch.allclose(_products(seen), _products(draws), rtol=1e-3, atol=1e-2 * size):
        wrong = "does not keep lengths and angles"
    if wrong is not None:
        offer = in_use().offer("views", name)
        where = f"{offer.where}: " if offer else ""
        raise UserError(f"{where}the view '{name}' {wrong}; an anagram needs an orthogonal one")


def _products(pictures: torch.Tensor) -> torch.Tensor:
    flat = pictures.flatten(1)
    return flat @ flat.T
