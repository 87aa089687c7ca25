"""A drawing of a UNet, made from the module itself: names, channels and shapes are those that
ran.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import torch
from torch import Tensor, nn

from fwd_report.training.unet import UNet

BOX = (104, 58)
"""Width and height of a block."""
LEVEL = 134
"""The distance between the rows of one resolution and the next."""
TOP = 72
ROWS = {28: 0, 14: 1, 7: 2, 1: 3}
"""Height and width of a feature map → the row it is drawn in."""
DOWN, BOTTOM, UP1, UP2, CAT, OUT1, OUT2 = 106, 262, 388, 530, 626, 722, 850
"""Columns, by the centre of what stands in them."""
SIZE = (930, TOP + 3 * LEVEL + 72)
INK, LINE, SKIP = "#1f2933", "#52606d", "#b4540a"
FILLS = {"down": "#dbeafe", "up": "#dcfce7", "out": "#ede9fe", "told": "#fef3c7", "cat": "#ffffff"}
STYLE = (
    f"text{{font:14px system-ui,sans-serif;fill:{INK};text-anchor:middle}}"
    f".small{{font-size:12px}}"
    f".flow{{fill:none;stroke:{LINE};stroke-width:1.5;marker-end:url(#head)}}"
    f".skip{{stroke:{SKIP};stroke-dasharray:5 3}}"
)


@dataclass(frozen=True)
class Place:
    """A rectangle by its centre and size."""

    x: float
    y: float
    width: float = BOX[0]
    height: float = BOX[1]

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2


def draw(network: UNet) -> str:
    """The network as an SVG document: a U of blocks with their output shapes."""
    page = _Page(_shapes(network))
    conv = page.block(network, "conv", "down", DOWN)
    down1 = page.block(network, "down1", "down", DOWN)
    down2 = page.block(network, "down2", "down", DOWN)
    flatten = page.block(network, "flatten", "down", DOWN)
    unflatten = page.block(network, "unflatten", "up", BOTTOM)
    up1 = page.block(network, "up1", "up", UP1)
    up2 = page.block(network, "up2", "up", UP2)
    out1 = page.block(network, "out.0", "out", OUT1)
    out2 = page.block(network, "out.1", "out", OUT2)

    page.text(20, conv.y + 5, "x")
    page.flow((30, conv.y), (conv.left, conv.y))
    for above, below in ((conv, down1), (down1, down2), (down2, flatten)):
        page.flow((above.x, above.bottom), (below.x, below.top))
    page.flow((flatten.right, flatten.y), (BOTTOM, flatten.y), (BOTTOM, unflatten.bottom))
    for place, features, above, skipped in ((1, unflatten, up1, down2), (2, up1, up2, down1)):
        turn = _turn(page, network, place, features, above.x)
        cat = page.cat(above.x, (above.bottom + turn) / 2)
        page.flow((above.x, turn), (above.x, cat.bottom))
        page.flow((above.x, cat.top), (above.x, above.bottom))
        side = skipped.right + 14
        page.flow((skipped.right, skipped.y), (side, skipped.y), (side, cat.y), (cat.left, cat.y),
                  skip=True)  # fmt: skip
    cat = page.cat(CAT, up2.y)
    lift = conv.top - 22
    page.flow((conv.x, conv.top), (conv.x, lift), (CAT, lift), (CAT, cat.top), skip=True)
    page.flow((up2.right, up2.y), (cat.left, cat.y))
    page.flow((cat.right, cat.y), (out1.left, out1.y))
    page.flow((out1.right, out1.y), (out2.left, out2.y))
    page.flow((out2.right, out2.y), (SIZE[0] - 6, out2.y))
    return page.svg()


def _turn(page: _Page, network: UNet, place: int, features: Place, x: float) -> float:
    """Draw what t and the class do to the features; returns the height of the turn upwards at x."""
    if network.conditioning == "none":
        page.line((features.right, features.y), (x, features.y))
        return features.y
    told: list[tuple[str, nn.Module]] = [("t", network.get_submodule(f"time{place}"))]
    formula = "u + t"
    if network.conditioning == "class":
        told.insert(0, ("c", network.get_submodule(f"class{place}")))
        formula = "c · u + t" if network.modulation == "multiply" else "c + u + t"
    node = Place(x, features.y, 84, 30)
    page.box(node, "told", radius=15)
    page.text(x, node.y + 5, formula)
    page.flow((features.right, features.y), (node.left, node.y))
    for index, (symbol, module) in enumerate(told):
        side = index - (len(told) - 1) / 2
        block = Place(x + side * 86, node.y + LEVEL - 38, 78, 46)
        page.box(block, "told")
        page.text(block.x, block.y - 4, "FCBlock" if _channels(module) else "Embedding", small=True)
        sizes = _channels(module) or tuple(next(module.parameters()).shape)
        page.text(block.x, block.y + 13, f"{sizes[0]} → {sizes[1]}", small=True)
        page.text(block.x, block.bottom + 17, symbol)
        page.flow((block.x, block.top), (x + side * 34, node.bottom))
    return node.top


def _shapes(network: UNet) -> dict[str, tuple[int, ...]]:
    """The output shape of every module for a batch of one, by the module's name."""
    shapes: dict[str, tuple[int, ...]] = {}

    def remember(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(module: nn.Module, given: tuple[Tensor, ...], answer: Tensor) -> None:
            shapes[name] = tuple(answer.shape)

        return hook

    hooks = [
        module.register_forward_hook(remember(name)) for name, module in network.named_modules()
    ]
    was_training = network.training
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 1, 28, 28), torch.zeros(1))
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    return shapes


def _channels(module: nn.Module) -> tuple[int, int] | None:
    """Channels in and out, read from the first and the last layer that has weights."""
    layers = [
        layer
        for layer in module.modules()
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)
    ]
    if not layers:
        return None
    first, last = layers[0], layers[-1]
    into = first.in_features if isinstance(first, nn.Linear) else first.in_channels
    out = last.out_features if isinstance(last, nn.Linear) else last.out_channels
    return into, out


class _Page:
    """Collects SVG elements."""

    def __init__(self, shapes: dict[str, tuple[int, ...]]) -> None:
        self._shapes = shapes
        self._elements: list[str] = []

    def svg(self) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE[0]} {SIZE[1]}">'
            f'<style>{STYLE}</style><defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" '
            'markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>'
            f"{''.join(self._elements)}</svg>\n"
        )

    def block(self, network: UNet, name: str, kind: str, x: float) -> Place:
        """A module's box, in the row of its output size: its class, channels and shape."""
        module, shape = network.get_submodule(name), self._shapes[name][1:]
        place = Place(x, TOP + ROWS[shape[-1]] * LEVEL)
        channels = _channels(module)
        lines = [f"{channels[0]} → {channels[1]}"] if channels else []
        lines.append(" × ".join(map(str, shape)))
        self.box(place, kind)
        start = place.y + 4 - 8 * len(lines)
        self.text(x, start, type(module).__name__)
        for index, line in enumerate(lines, start=1):
            self.text(x, start + 17 * index, line, small=True)
        return place

    def cat(self, x: float, y: float) -> Place:
        """The concatenation of the upward path with the skip connection."""
        place = Place(x, y, 44, 26)
        self.box(place, "cat", radius=13)
        self.text(x, y + 5, "cat")
        return place

    def box(self, place: Place, kind: str, radius: int = 6) -> None:
        self._elements.append(
            f'<rect x="{place.left:g}" y="{place.top:g}" width="{place.width}" '
            f'height="{place.height}" rx="{radius}" fill="{FILLS[kind]}" stroke="{LINE}"/>'
        )

    def text(self, x: float, y: float, words: str, small: bool = False) -> None:
        name = ' class="small"' if small else ""
        self._elements.append(f'<text x="{x:g}" y="{y:g}"{name}>{escape(words)}</text>')

    def flow(self, *points: tuple[float, float], skip: bool = False) -> None:
        """An arrow through the points."""
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
        self._elements.append(f'<path class="flow{" skip" * skip}" d="{path}"/>')

    def line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A line without a head, continued by an arrow."""
        self._elements.append(
            f'<path d="M{start[0]:g} {start[1]:g}L{end[0]:g} {end[1]:g}" stroke="{LINE}" '
            'stroke-width="1.5"/>'
        )
