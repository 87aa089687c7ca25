"""A drawing of a UNet, made from the module itself: names, channels and shapes are what ran."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import torch
from torch import Tensor, nn

from fwd_report.training.unet import UNet

BOX_WIDTH, BOX_HEIGHT = 100, 56
GAP = 26
LEVEL = 104
MARGIN = 16
LIFT = 24
"""How far above its box a skip connection runs."""
ROWS = {28: 0, 14: 1, 7: 2, 1: 3}
"""Height and width of a feature map → the row it is drawn in."""
INK, LINE, SKIP = "#1f2933", "#52606d", "#b4540a"
FILLS = {"down": "#dbeafe", "up": "#dcfce7", "end": "#ede9fe", "condition": "#fef3c7"}
STYLE = (
    f"text{{font:13px system-ui,sans-serif;fill:{INK};text-anchor:middle}}"
    f".small{{font-size:11.5px}}"
    f".flow{{fill:none;stroke:{LINE};stroke-width:1.5;marker-end:url(#head)}}"
    f".skip{{stroke:{SKIP};stroke-dasharray:5 3}}"
)


@dataclass(frozen=True)
class Place:
    """The centre of something drawn, and half its size."""

    x: float
    y: float
    half_width: float = BOX_WIDTH / 2
    half_height: float = BOX_HEIGHT / 2


def draw(network: UNet) -> str:
    """The network as an SVG document: a U of blocks with the shape each of them answered."""
    shapes = _shapes(network)
    drawing = _Drawing()
    image = drawing.label("x", _dimensions((1, 28, 28)), row=0)
    conv = drawing.block(network.conv, shapes["conv"], "down", image)
    down1 = drawing.block(network.down1, shapes["down1"], "down", conv)
    down2 = drawing.block(network.down2, shapes["down2"], "down", down1)
    flatten = drawing.block(network.flatten, shapes["flatten"], "down", down2)
    unflatten = drawing.block(network.unflatten, shapes["unflatten"], "up", flatten)
    bottom = _conditioned(drawing, network, 1, unflatten)
    joined = drawing.join(bottom, down2)
    up1 = drawing.block(network.up1, shapes["up1"], "up", joined)
    middle = _conditioned(drawing, network, 2, up1)
    joined = drawing.join(middle, down1)
    up2 = drawing.block(network.up2, shapes["up2"], "up", joined)
    joined = drawing.join(up2, conv)
    block = drawing.block(network.out[0], shapes["out.0"], "end", joined)
    last = drawing.block(network.out[1], shapes["out.1"], "end", block)
    drawing.arrow(last, drawing.label("answer", _dimensions(shapes["out.1"][1:]), row=0))
    return drawing.svg()


def _shapes(network: UNet) -> dict[str, tuple[int, ...]]:
    """The output shape of every module for a batch of one, by the module's name."""
    shapes: dict[str, tuple[int, ...]] = {}

    def remember(name: str):  # type: ignore[no-untyped-def]
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


def _conditioned(drawing: _Drawing, network: UNet, place: int, features: Place) -> Place:
    """The node where t and the class change the features, with the blocks that feed it."""
    if network.conditioning == "none":
        return features
    inputs = [("t", network.get_submodule(f"time{place}"))]
    formula = "u + t"
    if network.conditioning == "class":
        inputs.insert(0, ("c", network.get_submodule(f"class{place}")))
        formula = "c · u + t" if network.modulation == "multiply" else "c + u + t"
    node = drawing.node(formula, features)
    for index, (symbol, module) in enumerate(inputs):
        drawing.condition(symbol, module, node, index, len(inputs))
    return node


def _dimensions(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _channels(module: nn.Module) -> tuple[int, int] | None:
    """Channels in and out, read from the first and the last layer that has weights."""
    layers = [
        layer
        for layer in module.modules()
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear))
    ]
    if not layers:
        return None
    first, last = layers[0], layers[-1]
    into = first.in_features if isinstance(first, nn.Linear) else first.in_channels
    out = last.out_features if isinstance(last, nn.Linear) else last.out_channels
    return into, out


class _Drawing:
    """Collects SVG elements, from left to right."""

    def __init__(self) -> None:
        self._elements: list[str] = []
        self._right = float(MARGIN)
        self._bottom = 0.0

    def svg(self) -> str:
        width, height = self._right - GAP + MARGIN, self._bottom + MARGIN
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}">'
            f'<style>{STYLE}</style><defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" '
            'markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>'
            f"{''.join(self._elements)}</svg>\n"
        )

    def block(self, module: nn.Module, shape: tuple[int, ...], kind: str, previous: Place) -> Place:
        """A box for a module, in the row of the size it answers, and the arrow that feeds it."""
        place = self._next(ROWS[shape[-1]], BOX_WIDTH, BOX_HEIGHT)
        channels = _channels(module)
        self._box(place, FILLS[kind])
        lines = [_dimensions(shape[1:])]
        if channels:
            lines.insert(0, f"{channels[0]} → {channels[1]}")
        self._text(place.x, place.y - 10 + 4 * (2 - len(lines)), type(module).__name__)
        for index, line in enumerate(reversed(lines)):
            self._text(place.x, place.y + 21 - 15 * index - 4 * (2 - len(lines)), line, small=True)
        self.arrow(previous, place)
        return place

    def label(self, name: str, dimensions: str, row: int) -> Place:
        """Words without a box: what goes in, or comes out."""
        place = self._next(row, 64, BOX_HEIGHT)
        self._text(place.x, place.y - 2, name)
        self._text(place.x, place.y + 14, dimensions, small=True)
        return place

    def node(self, words: str, previous: Place) -> Place:
        """A rounded node for an operation on the features, in the row of what it is applied to."""
        row = round((previous.y - self._y(0)) / LEVEL)
        place = self._next(row, 26 + 7 * len(words), 28)
        self._box(place, FILLS["condition"], radius=14)
        self._text(place.x, place.y + 4, words)
        self.arrow(previous, place)
        return place

    def join(self, previous: Place, skipped: Place) -> Place:
        """The concatenation of the features with those of an earlier block of the same size."""
        row = round((previous.y - self._y(0)) / LEVEL)
        place = self._next(row, 44, 28)
        self._box(place, "#ffffff", radius=14)
        self._text(place.x, place.y + 4, "cat")
        self.arrow(previous, place)
        top = skipped.y - skipped.half_height - LIFT
        start = skipped.x + skipped.half_width / 2
        self._elements.append(
            f'<path class="flow skip" d="M{start:.0f} {skipped.y - skipped.half_height:.0f}'
            f'V{top:.0f}H{place.x:.0f}V{place.y - place.half_height:.0f}"/>'
        )
        return place

    def condition(
        self, symbol: str, module: nn.Module, node: Place, index: int, count: int
    ) -> None:
        """A small box below a node, for what turns t or the class into channels."""
        x = node.x + (index - (count - 1) / 2) * 78
        place = Place(x, node.y + LEVEL - 6, 36, 24)
        self._bottom = max(self._bottom, place.y + place.half_height + 22)
        self._box(place, FILLS["condition"])
        channels = _channels(module)
        name = "FCBlock" if channels else "Embedding"
        sizes = channels or tuple(next(module.parameters()).shape)
        self._text(x, place.y - 5, name, small=True)
        self._text(x, place.y + 12, f"{sizes[0]} → {sizes[1]}", small=True)
        self._text(x, place.y + place.half_height + 17, symbol)
        y = place.y - place.half_height
        target_x = node.x + (index - (count - 1) / 2) * 18
        target_y = node.y + node.half_height
        self._elements.append(
            f'<path class="flow" d="M{x:.0f} {y:.0f}L{target_x:.0f} {target_y:.0f}"/>'
        )

    def arrow(self, start: Place, end: Place) -> None:
        """From the right of one thing to the left, the top or the bottom of the next."""
        x0, y0 = start.x + start.half_width, start.y
        if start.y == end.y:
            path = f"M{x0:.0f} {y0:.0f}H{end.x - end.half_width:.0f}"
        else:
            side = end.half_height if end.y < start.y else -end.half_height
            path = f"M{x0:.0f} {y0:.0f}H{end.x:.0f}V{end.y + side:.0f}"
        self._elements.append(f'<path class="flow" d="{path}"/>')

    def _next(self, row: int, width: float, height: float) -> Place:
        place = Place(self._right + width / 2, self._y(row), width / 2, height / 2)
        self._right += width + GAP
        self._bottom = max(self._bottom, place.y + place.half_height)
        return place

    def _y(self, row: int) -> float:
        return MARGIN + LIFT + BOX_HEIGHT / 2 + row * LEVEL

    def _box(self, place: Place, fill: str, radius: int = 6) -> None:
        self._elements.append(
            f'<rect x="{place.x - place.half_width:.0f}" y="{place.y - place.half_height:.0f}" '
            f'width="{2 * place.half_width:.0f}" height="{2 * place.half_height:.0f}" '
            f'rx="{radius}" fill="{fill}" stroke="{LINE}"/>'
        )

    def _text(self, x: float, y: float, words: str, small: bool = False) -> None:
        name = ' class="small"' if small else ""
        self._elements.append(f'<text x="{x:.0f}" y="{y:.0f}"{name}>{escape(words)}</text>')
