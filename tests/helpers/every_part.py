"""A report with every kind of part once, which browser tests read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image, ImageDraw
from tests.helpers.fabricate import Anagram, Fabric, Forward, Hybrid, Sample, Training, picture

from fwd_report.site.results import ReportResult
from fwd_report.store.entry import Entry
from fwd_report.techniques.base import Technique
from fwd_report.techniques.parts import (
    Animations,
    Drawing,
    Grid,
    Part,
    Picture,
    Slider,
    Trajectory,
)

HOSTILE = '<script>alert("x")</script> {{ 7*7 }} *stars* _under_ $a_b$ `code` [link](x) | pipe'


PROMPTS = ("an oil painting of a snowy mountain village", "a rocket ship", HOSTILE)


MATH = r"""
The forward process adds noise, $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon$
with $\epsilon \sim \mathcal{N}(0, \mathbf{I})$; one step of the way back is

$$
\begin{aligned}
x_{t'} &= \frac{\sqrt{\bar\alpha_{t'}}\,\beta_t}{1-\bar\alpha_t}\,\hat{x}_0
        + \frac{\sqrt{\alpha_t}\,(1-\bar\alpha_{t'})}{1-\bar\alpha_t}\,x_t + v_\sigma \\
\hat{x}_0 &= \frac{x_t - \sqrt{1-\bar\alpha_t}\,\hat\epsilon}{\sqrt{\bar\alpha_t}}
\end{aligned}
$$

Guidance asks twice, $\epsilon = \epsilon_u + \gamma\,(\epsilon_c - \epsilon_u)$, and inpainting
keeps the rest:
$x_t \leftarrow \mathbf{m}\,x_t + (1-\mathbf{m})\,\text{forward}(x_{\text{orig}}, t)$. The loss is
$\mathcal{L} = \mathbb{E}_x\left\lVert \epsilon_\theta(x_t, t) - \epsilon \right\rVert^2$.
"""


class Iterative(Technique):
    name: ClassVar[str] = "iterative"

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        labels = tuple(f"t = {990 - 30 * i}" for i in range(34))
        picks = (0, 8, 16, 24, 33)
        return [
            Trajectory(entry, "trajectory", labels, picks, "denoising", str(entry.axes["case"]))
            for entry in entries
        ]


class Edits(Technique):
    name: ClassVar[str] = "edits"

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        row = tuple(Picture(e.picture(), e.alt, note="23.1\N{NO-BREAK SPACE}dB") for e in entries)
        heads = ("noised", "blurred", "one step", "original")
        return [Grid((row, row), ("a bell tower", "a dog"), heads, "PSNR against the original")]


class Upsample(Technique):
    name: ClassVar[str] = "upsample"

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        small = Picture(entries[0].picture("small"), "small", label="stage I", entry=entries[0])
        large = Picture(
            entries[0].picture(),
            "large",
            label="stage II",
            note="17.3\N{NO-BREAK SPACE}dB",
            entry=entries[0],
        )
        return [Slider(small, large), Grid(((small, large),))]


class Digits(Technique):
    name: ClassVar[str] = "digits"

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        rows = (tuple(entries[:10]), tuple(entries[10:]))
        return [
            Animations((("epoch 1", rows), ("epoch 5", rows)), "trajectory", "digits form"),
            Grid(
                tuple(tuple(Picture(e.picture(), e.alt, entry=e) for e in row) for row in rows),
                row_labels=("epoch 1", "epoch 5"),
                column_labels=tuple(str(digit) for digit in range(10)),
            ),
            Drawing(entries[0].folder / "network.svg", "The network"),
        ]


@cache
def digit(value: int, noise: float, seed: int) -> np.ndarray:
    """(28, 28, 1) uint8: a digit on black; not to be written into, since all callers have it."""
    random = np.random.default_rng(seed)
    image = Image.new("L", (28, 28))
    ImageDraw.Draw(image).text((8, 4), str(value), fill=255, font_size=20)
    array = (1 - noise) * np.asarray(image, dtype=np.float64)
    array = array + noise * 255 * random.random((28, 28))
    return array.clip(0, 255).astype(np.uint8)[..., None]


def every_part(root: Path) -> ReportResult:
    """The report the browser tests read."""
    fabric = Fabric(root)
    make = fabric.entry
    samples = [
        make(
            "setup",
            "prompts",
            Sample(prompt=prompt, steps=steps),
            picture(i, 64, noise=0.3 if steps == 5 else 0.0),
            {"prompt": prompt, "steps": steps},
        )
        for i, prompt in enumerate(PROMPTS)
        for steps in (5, 20, 50)
    ]
    noised = [
        make("forward", "noised", Forward(t=t), picture(7, 64, t / 1000), {"t": t})
        for t in (0, 250, 500, 690, 750, 900, 990)
    ]
    levels = np.linspace(1, 0, 34)
    film = np.stack([picture(9, 64, level) for level in levels])
    steps = [
        make("denoise", "steps", Iterative(), picture(9, 64), {"case": case}, frames=film)
        for case in ("from half", "from noise")
    ]
    edits = [make("denoise", "edits", Edits(), picture(20 + n, 64)) for n in range(4)]
    anagrams = [make("illusions", "flip", Anagram(), picture(s, 64)) for s in (11, 12)]
    hybrid = make("illusions", "skull", Hybrid(), picture(13, 256))
    large = make(
        "illusions", "large", Upsample(), picture(14, 256), others={"small": picture(14, 64)}
    )
    random = np.random.default_rng(0)
    losses = [
        (np.exp(-np.linspace(0, 3, 900)) * random.uniform(0.7, 1.3, 900) * scale + 0.01).tolist()
        for scale in (0.9, 0.5)
    ]
    trained = [
        make("training", "loss", Training(), None, label=label, series={"loss": loss})
        for label, loss in zip(("add", "multiply"), losses, strict=True)
    ]
    formed = [
        make(
            "training",
            "digits",
            Digits(),
            digit(d % 10, 0.0, d),
            frames=np.stack([digit(d % 10, level, d) for level in levels]),
        )
        for d in range(20)
    ]
    (formed[0].folder / "network.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80">'
        '<rect x="10" y="10" width="120" height="60" fill="#cde"/></svg>'
    )
    return fabric.report(
        fabric.section(
            "setup",
            "Sampling from prompts",
            [
                fabric.experiment(
                    "prompts",
                    Sample,
                    samples,
                    caption="Three prompts at 5, 20 and 50 steps, among them "
                    "{{ runs.prompts[6].params.prompt }}, <b>all</b> with $\\gamma = 7$.",
                    discussion="The code span: `{{ runs.prompts[6].params.prompt }}`. See "
                    "{{ runs.prompts.figure }} and {{ report.illusions.skull.figure }}.",
                    title="Three prompts",
                )
            ],
            covers=("0",),
            intro="We start from prompts such as {{ runs.prompts[6].params.prompt }}.\n\n"
            "- one list item with math $\\gamma$\n- another",
        ),
        fabric.section(
            "forward",
            "The forward process",
            [fabric.experiment("noised", Forward, noised, caption="More and more noise.")],
            covers=("1.1",),
            intro=MATH,
        ),
        fabric.section(
            "denoise",
            "Iterative denoising",
            [
                fabric.experiment(
                    "steps",
                    Iterative,
                    steps,
                    caption="From noise; PSNR {{ runs.steps.metrics.psnr | round(1) }} dB.",
                ),
                fabric.experiment("edits", Edits, edits, title="Edited", caption="Edits."),
            ],
            covers=("1.4",),
        ),
        fabric.section(
            "illusions",
            "Illusions",
            [
                fabric.experiment("flip", Anagram, anagrams, caption="Two readings each."),
                fabric.experiment(
                    "skull",
                    Hybrid,
                    [hybrid],
                    caption="Kernel {{ runs.skull.params.kernel_size }}.",
                    discussion="The other one scores {{ runs.lost.metrics.psnr | round(1) }} dB.",
                ),
                fabric.experiment("large", Upsample, [large], caption="Stage II."),
                fabric.experiment(
                    "lost", Sample, [], absence="illusions.lost[0]: out of memory <here>"
                ),
            ],
            covers=("1.8", "1.9"),
        ),
        fabric.section(
            "training",
            "Training",
            [
                fabric.experiment("loss", Training, trained, caption="Training loss."),
                fabric.experiment("digits", Digits, formed, caption="Digits."),
            ],
            part="Part B",
            covers=("B.1",),
        ),
    )
