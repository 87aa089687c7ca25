"""Estimators made of estimators keep the identities their formulas promise."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fwd_report.diffusion.combine import factorised, mean, seen
from fwd_report.diffusion.filters import gaussian_blur, high_pass
from fwd_report.diffusion.guidance import guided
from fwd_report.diffusion.program import Estimator, Prediction, Program, Query, together
from fwd_report.diffusion.views import VIEWS

X = torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(0))


def model(name: str) -> Estimator:
    """Asks a query that names it; `answer` knows what it would say."""

    def estimate(x: torch.Tensor, t: float) -> Program[Prediction]:
        (prediction,) = yield (Query("m", x, t, name),)
        return prediction

    return estimate


def answer(query: Query) -> Prediction:
    """A pixelwise function of x that differs between conditions."""
    gain = 1 + len(query.condition)
    return Prediction(torch.sin(gain * query.x), torch.cos(gain * query.x))


def solve(program: Program, asked: Callable[[Query], None] = lambda query: None):
    given_answers = None
    while True:
        try:
            questions = program.send(given_answers)
        except StopIteration as done:
            return done.value
        for question in questions:
            if isinstance(question, Query):
                asked(question)
        given_answers = tuple(
            answer(question) if isinstance(question, Query) else question.alone()
            for question in questions
        )


def test_guidance_of_one_asks_the_conditional_alone() -> None:
    asked: list[str] = []
    prediction = solve(
        guided(model("c"), model(""), 1)(X, 5), lambda query: asked.append(query.condition)
    )
    assert asked == ["c"]
    assert torch.equal(prediction.value, answer(Query("m", X, 5, "c")).value)


def test_guidance_of_zero_asks_the_unconditional_alone() -> None:
    asked: list[str] = []
    prediction = solve(
        guided(model("c"), model(""), 0)(X, 5), lambda query: asked.append(query.condition)
    )
    assert asked == [""]
    assert torch.equal(prediction.value, answer(Query("m", X, 5, "")).value)


@given(st.floats(-3, 15))
@settings(deadline=None, max_examples=30)
def test_guidance_extrapolates_and_keeps_the_conditional_variance(scale: float) -> None:
    prediction = solve(guided(model("cc"), model(""), scale)(X, 5))
    c, u = answer(Query("m", X, 5, "cc")), answer(Query("m", X, 5, ""))
    torch.testing.assert_close(prediction.value, (1 - scale) * u.value + scale * c.value)
    assert torch.equal(prediction.variance, c.variance if scale else u.variance)


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_pixelwise_model_does_not_notice_a_view(name: str) -> None:
    prediction = solve(seen(VIEWS[name], model("c"))(X, 5))
    expected = answer(Query("m", X, 5, "c"))
    torch.testing.assert_close(prediction.value, expected.value)
    torch.testing.assert_close(prediction.variance, expected.variance)


def test_an_anagram_of_one_prompt_through_the_identity_is_that_prompt() -> None:
    one = model("c")
    prediction = solve(mean([one, seen(VIEWS["identity"], one), one])(X, 5))
    expected = answer(Query("m", X, 5, "c"))
    torch.testing.assert_close(prediction.value, expected.value)
    torch.testing.assert_close(prediction.variance, expected.variance)


def test_the_parts_of_one_prompt_add_up_to_it() -> None:
    parts = [
        (lambda e: gaussian_blur(e, 9, 2), model("c")),
        (lambda e: high_pass(e, 9, 2), model("c")),
    ]
    prediction = solve(factorised(parts)(X, 5))
    expected = answer(Query("m", X, 5, "c"))
    torch.testing.assert_close(prediction.value, expected.value)
    torch.testing.assert_close(prediction.variance, expected.variance)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5))
@settings(deadline=None, max_examples=40)
def test_together_keeps_the_order_and_joins_the_rounds(lengths: list[int]) -> None:
    def program(number: int, rounds: int) -> Program[list[str]]:
        heard = []
        for step in range(rounds):
            (reply,) = yield (Query("m", X, step, f"{number}.{step}"),)
            heard.append(reply)
        return heard

    joined = together(*(program(number, rounds) for number, rounds in enumerate(lengths)))
    replies, rounds = None, 0
    while True:
        try:
            queries = joined.send(replies)
        except StopIteration as done:
            results = done.value
            break
        rounds += 1
        replies = tuple(f"to {query.condition}" for query in queries)
    assert rounds == max(lengths)
    assert results == tuple(
        [f"to {number}.{step}" for step in range(length)] for number, length in enumerate(lengths)
    )
