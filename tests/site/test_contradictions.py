"""What prose says of a figure's numbers: what is certainly wrong blocks, what is true does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fwd_report.site.authored import AuthoredText, Field
from fwd_report.site.contradictions import contradictions
from fwd_report.store.entry import Entry


def entry(technique: str, seed: int = 180, **params: Any) -> Entry:
    needs = params.pop("needs", {})
    return Entry(
        section="a",
        experiment="x",
        technique=technique,
        index=0,
        seed=seed,
        key="0" * 64,
        params=params,
        axes={},
        alt="",
        folder=Path(),
        metrics={},
        series=params.pop("series", {}),
        provenance={},
        needs=needs,
    )


TRAINING = entry("train", objective="denoiser", sigma=0.5, epochs=5, hidden=128, batch=256, lr=1e-4)
FIGURES = {
    "forward": [entry("forward", t=t) for t in (250, 500, 750)],
    "forward at 750": [entry("forward", t=750)],
    "samples": [entry("sample", seed=180 + k, guidance=7.0, steps=20) for k in range(5)],
    "a sweep": [entry("sample", guidance=float(g)) for g in (5, 10)],
    "sdedit": [entry("sdedit", i_start=i, guidance=7.0) for i in (1, 3, 5, 7, 10, 20)],
    "noising": [entry("noising", sigma=s) for s in (0, 0.2, 0.4, 0.6, 0.8, 1)],
    "denoised": [
        entry("denoise", sigma=s, model="denoiser@5", needs={"model": (TRAINING,)})
        for s in (0, 0.2, 0.4, 0.6, 0.8, 1)
    ],
    "epochs": [
        entry("denoise", sigma=0.5, model=f"denoiser@{n}", needs={"model": (TRAINING,)})
        for n in (1, 5)
    ],
    "training": [TRAINING],
    "hybrid": [entry("hybrid", kernel_size=33, sigma=2.0, guidance=7.0)],
    "iterative": [entry("iterative", i_start=10, series={"t": [690.0, 660.0, 390.0, 90.0, 0.0]})],
}


def said(figure: str, field: Field, source: str, seeds: tuple[int, ...] = ()) -> list[str]:
    """How sure the check is of each number that it objects to."""
    text = AuthoredText(source, f"the {field}", field)
    found = contradictions(text, "its runs have", FIGURES[figure], seeds)
    return [wrong.severity for wrong in found]


@pytest.mark.parametrize(
    ("figure", "field", "source"),
    [
        ("forward", "caption", "The campanile at t = 700."),
        ("forward", "caption", "The campanile with noise, $t=700$"),
        ("forward", "caption", "Noisy campanile at timestep 700"),
        ("forward", "caption", "At t=250, 500 and 900."),
        ("forward", "caption", "At t = 250, 500 and 700 the tower fades."),
        ("forward", "caption", "`t` = 251"),
        ("forward", "title", "Gaussian blur denoise, t=690"),
        ("forward at 750", "caption", "Gaussian Blur Denoise, t=700"),
        ("forward at 750", "discussion", "Here $t = 700$."),
        ("forward", "discussion", "These images are noised to timesteps [250, 500, 700]."),
        ("samples", "caption", "Five samples with a CFG scale of $\\gamma = 5$."),
        ("samples", "caption", "Guidance 1, five samples."),
        ("samples", "caption", "Samples with γ = 1."),
        ("samples", "caption", "Five samples (seed = 42)."),
        ("samples", "caption", "Seeds 42 to 46."),
        ("samples", "discussion", "The random seed used here is always 42."),
        ("samples", "caption", "Stage 1, num_inference_steps = 40"),
        ("samples", "caption", "A rocket ship, 40 inference steps"),
        ("a sweep", "discussion", "I tried `guidance_scale = [0, 5, 10]`."),
        ("sdedit", "caption", "SDEdit with `i_start=2`"),
        ("sdedit", "caption", "Oski from i=4"),
        ("noising", "caption", "Digits with $\\sigma = [0.0, 0.2, 0.4, 0.5]$."),
        ("denoised", "caption", "The test set at σ = 0.7."),
        ("epochs", "caption", "The test set after epoch 3."),
        ("epochs", "caption", "Results after the 1st and 4th epoch"),
        ("training", "caption", "The loss with batch size = 128, learning rate 1e-3."),
        ("training", "caption", "The loss of 20 epochs."),
        ("training", "caption", "Trained at σ = 0.6."),
        ("hybrid", "caption", "A hybrid, kernel size 9."),
        ("forward at 750", "caption", "Test image at noise level 700"),
        ("training", "caption", "Training loss over 20 epochs"),
        ("iterative", "caption", "Starting from t = 700, i_start = 9."),
    ],
)
def test_a_value_said_of_the_figure_that_its_runs_do_not_have_blocks(
    figure: str, field: Field, source: str
) -> None:
    assert "error" in said(figure, field, source)


@pytest.mark.parametrize("field", ["caption", "discussion", "intro"])
@pytest.mark.parametrize(
    ("figure", "source"),
    [
        ("forward", "t=0 is a clean image, t=1000 pure noise."),
        ("forward", "From a clean image at t = 0 to pure noise at t = 1000."),
        ("forward", "Intuitively, when $t = 0$ we want x to be the clean image."),
        ("forward", "Noised to $t = 250$, t = 500 and 750."),
        ("forward", "At timesteps 250, 500, and 750 the model struggles more."),
        ("forward", "Compared with t = 700, more of the tower is left."),
        ("forward", "One would need t = 900 to lose it."),
        ("forward", "The timesteps 990, 960, … 0 come later."),
        ("forward", "An image `x[t]` with T = 1000 and x = 3, $\\alpha = 0.5$."),
        ("forward", "Noised to {{ runs.x.axes.t }}, t = {{ runs.x[0].axes.t }}."),
        ("samples", "γ = 0 ignores the prompt."),
        (
            "samples",
            "Notice that for $\\gamma = 0$, we get an unconditional noise estimate, and for "
            "$\\gamma = 1$ we get the conditional noise estimate. The magic happens when "
            "$\\gamma > 1$.",
        ),
        ("samples", "With a CFG scale of $\\gamma = 7$, which look much better."),
        ("samples", "Unlike γ = 15, this keeps its colours."),
        ("samples", "The $\\gamma$ is chosen to be `7`, seeds 180 to 184, in 20 inference steps."),
        ("a sweep", "`guidance_scale = 5` performs best, while `guidance_scale = 10` is too much."),
        ("sdedit", "Setting `i_start = 0` and passing in random noise makes new images."),
        ("sdedit", "SDEdit with `i_start=1`, 3, 5, 7, 10 and 20, that is from t=690 and others."),
        ("noising", "The network was trained at σ = 0.5."),
        ("noising", "The network expects a specific noise of $\\sigma = 0.5$."),
        ("denoised", "Trained at σ = 0.5, tested at σ = 0.8."),
        ("epochs", "After epoch 1, and after epoch 5; the 5th epoch is better."),
        ("training", "Five epochs of 60000 images, 5 epochs of 60000, lr = 1e-4, batch 256."),
        ("forward", "It takes t = 5 s, and σ is 3 dB."),
        ("sdedit", "A pencil at noise level 1, 3, 5, 7, 10 and 20."),
        ("training", "After 5 epochs, and already after epoch 2, with D = 128."),
        ("hybrid", "A Gaussian blur with a kernel size of 33 and a sigma of 2."),
        ("iterative", "Starting at t=690 (`i_start=10`), in steps of 30."),
        ("iterative", "Noisy campanile at timestep 90"),
    ],
)
def test_true_sentences_are_no_contradictions(figure: str, field: Field, source: str) -> None:
    assert said(figure, field, source) == []


@pytest.mark.parametrize(
    ("figure", "field", "source"),
    [
        ("forward", "discussion", "At t = 700 hardly anything is left of the tower."),
        ("forward", "caption", "At t = 700 hardly anything is left of the tower."),
        ("samples", "discussion", "With γ = 3, the colours are truer."),
    ],
)
def test_what_may_be_right_is_a_warning(figure: str, field: Field, source: str) -> None:
    assert said(figure, field, source) == ["warning"]


def test_a_seed_of_the_report_may_stand_in_the_intro_of_a_section_with_others() -> None:
    assert said("samples", "intro", "The seed used here is 7.", seeds=(7,)) == []
    assert said("samples", "intro", "The seed used here is 8.", seeds=(7,)) == ["error"]


def test_what_is_meant_is_left_alone() -> None:
    for comment in ("{# meant #}", "{# meant: t = 700 #}", "<!-- meant: t = 700 -->"):
        assert said("forward", "caption", f"The tower at t = 700. {comment}") == []
    assert said("forward", "caption", "The tower at t = 700. {# meant: t = 800 #}") == ["error"]
    assert said("forward", "discussion", "Fine. {# meant #}\n\nHere t = 700.") == ["error"]
