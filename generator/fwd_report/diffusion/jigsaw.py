"""A jigsaw puzzle as a permutation of pixels: interlocking pieces that swap places and turn.

The 4 × 4 pieces are cut so that a quarter turn of the puzzle maps every piece onto another. So a
piece, turned, fits in every place of its kind (corner, edge or inner): the idea of the jigsaw view
of *Visual Anagrams* (Geng, Park & Owens 2024), here with round tabs.
"""

from __future__ import annotations

import torch
from torch import Tensor

PIECES = 4
"""Pieces per side."""
TAB_RADIUS, TAB_REACH = 0.2, 0.1
"""The radius of a tab's disc, and the distance of its centre beyond the edge, in side lengths of a
piece."""


def jigsaw_order(size: int, seed: int) -> Tensor:
    """Which pixel each place of the rearranged puzzle shows: (size²,), a permutation.

    seed: decides which piece goes where. Raises ValueError unless size is divisible by 4.
    """
    owner = _pieces(size).flatten()
    pixels = torch.arange(size * size).reshape(size, size)
    order = pixels.flatten().clone()
    generator = torch.Generator().manual_seed(seed)
    orbits = {tuple(sorted(orbit)): orbit for piece in range(PIECES**2) if (orbit := _orbit(piece))}
    for orbit in orbits.values():
        for source, target in enumerate(torch.randperm(4, generator=generator).tolist()):
            places = owner == orbit[target]
            order[places] = pixels.rot90(target - source).flatten()[places]
    return order


def _pieces(size: int) -> Tensor:
    """The number of the piece that owns each pixel, (size, size); quarter turns permute the
    pieces.
    """
    if size % PIECES:
        raise ValueError(f"a jigsaw of {PIECES} pieces a side needs a size it divides, not {size}")
    side = size // PIECES
    cells = torch.arange(PIECES**2).reshape(PIECES, PIECES)
    square = cells.repeat_interleave(side, 0).repeat_interleave(side, 1)
    owner = square.clone()
    cut: set[frozenset[int]] = set()
    for i in range(PIECES):
        for j in range(PIECES):
            for below, right in ((1, 0), (0, 1)):
                if i + below == PIECES or j + right == PIECES:
                    continue
                first, second = PIECES * i + j, PIECES * (i + below) + j + right
                if frozenset((first, second)) in cut:
                    continue
                giver, taker = (first, second) if (i + j) % 2 else (second, first)
                tab = _tab(size, giver, taker)
                for turns in range(4):
                    turned_giver, turned_taker = _orbit(giver)[turns], _orbit(taker)[turns]
                    owner[tab.rot90(turns) & (square == turned_taker)] = turned_giver
                    cut.add(frozenset((turned_giver, turned_taker)))
    return owner


def _tab(size: int, giver: int, taker: int) -> Tensor:
    """The pixels of a disc on the edge between two neighbours, which extends into the second."""
    side = size / PIECES
    giver_y, giver_x = divmod(giver, PIECES)
    taker_y, taker_x = divmod(taker, PIECES)
    middle_y = ((giver_y + taker_y + 1) / 2 + TAB_REACH * (taker_y - giver_y)) * side - 0.5
    middle_x = ((giver_x + taker_x + 1) / 2 + TAB_REACH * (taker_x - giver_x)) * side - 0.5
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return (y - middle_y) ** 2 + (x - middle_x) ** 2 <= (TAB_RADIUS * side) ** 2


def _orbit(piece: int) -> list[int]:
    """The positions to which 0, 1, 2 and 3 quarter turns move a piece."""
    cells = torch.arange(PIECES**2).reshape(PIECES, PIECES)
    return [cells.rot90(turns).flatten().tolist().index(piece) for turns in range(4)]
