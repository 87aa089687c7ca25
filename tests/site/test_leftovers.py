"""What was not meant to stay in a text is found, and what only looks like it is not."""

from __future__ import annotations

import pytest

from fwd_report.site.authored import AuthoredText, Field
from fwd_report.site.leftovers import leftovers


def kinds(source: str, field: Field = "intro", follows: bool = True) -> list[str]:
    text = AuthoredText(source, f"the {field}", field, follows=follows)
    return [found.kind for found in leftovers(text)]


@pytest.mark.parametrize(
    "left",
    [
        "make it all t=690!!",
        "make it all t=0.5!!",
        "fix the mask!!",
        "TODO: write",
        "the seed is SEED_HERE",
        "Lorem ipsum dolor",
        "it works (explain why)",
        "(explain)",
        "(explain implementing forward function)",
        "(visualize side by side with reference image and noisy image?)",
        "(show the mask as well)",
        "blah blah blah",
        "MAKE A BETTER ONE",
        "FIXME",
        "[teaser figure]",
        "[insert image here]",
        "[your name]",
        "[link]",
        "[a nice picture of the campanile here]",
        "As Figure ?? shows, it works.",
        "See Fig. ?? for more.",
        "In figure ? one sees it.",
        "The loss is ?? at the end.",
        "<insert image here>",
        "As is known (add figure).",
        "*add a caption*",
        "[citation needed]",
        "[screenshot of the loss]",
        "Your text here.",
        "It is known [?] that it works.",
        "I tried different combinations of __ to generate images.",
        "&esmp; Here, we take the image.",
        "pupusa",
        "weeee",
        "cool beans",
        "## Sampling\n\nhamburger\n\n## Guidance\n\nIt guides.",
    ],
)
def test_notes_to_oneself_and_blanks_are_found(left: str) -> None:
    assert kinds(left) == ["placeholder"]


@pytest.mark.parametrize(
    "fine",
    [
        "This is so cool!!",
        "The results are amazing!!! Really.",
        "Make sure to zoom in!!",
        "Put simply, it works!!",
        "Add noise, and it is gone!!",
        "Update: it works!!",
        "The results are in [Figure 3].",
        "Why [not]? Because.",
        "Todo lists are words, and so is a fixme.",
        "`TODO` is code, $a!!$ is math, {{ runs.x.params.TODO }} is a template.",
        "```\nTODO\n__init__ of __ and [insert image here]\n```\n\nThat is code.",
        "Noise timesteps [250, 500, 750], in [0, 1], [sic], [Ho et al.], [1].",
        "A [teaser figure](x.png), a [link][link].\n\n[link]: https://example.org",
        "A short [teaser figure] by reference.\n\n[teaser figure]: https://example.org",
        "- [ ] a box\n- [x] another",
        "Does it work?? It does.",
        "**bold**, __bold__ and `__init__` are no blanks, nor is a rule:\n\n___\n\nNor this.",
        "AT&T; R&D; caf&eacute; &amp; &nbsp; &#945; &Omega; are fine.",
        "What it draws (explained below) is an image (described in the paper).",
        "![a map](C:/TODO/\\images\\a_{1}.png), [one](x_{1}.md), https://example.org/x_{1}/TODO",
        "## Titled {#titled .red}\n\nText. {# a comment #}\n\nMore {{ runs.x }}.",
        "A span `{{` and `TODO`, then }} and `{#`, then #} a word.",
        "HERE COMES THE SUN is a title.",
        "Noise.",
        "More noise!",
        "Seen from here, it is a skull.",
        "## Sampling\n\nIt samples.\n\n### More\n\nMore of it.",
    ],
)
def test_what_is_meant_to_stay_is_not_found(fine: str) -> None:
    assert kinds(fine) == []


@pytest.mark.parametrize(
    "source",
    [
        "Given an original image x_{orig} and a mask.",
        "a linear layer with F_{in} inputs",
        "and a binary mask \\mathbf{m} , we",
        "10^{-3} is a rate",
        r"Or \(x^2\)?",
        r"$\frac{1}{2} $",
    ],
)
def test_math_outside_of_math_is_found(source: str) -> None:
    assert kinds(source) == ["math"]
    assert kinds(f"In math: $x_{{orig}}$. In code: `{source.replace('`', '')}`.") == []


def test_identifiers_are_no_math() -> None:
    assert kinds("The index i_start, x_t, and num_inference_steps; a snake_case{brace}.") == []


@pytest.mark.parametrize(
    "source",
    [
        "Here are the examples of the",
        "I made a list, and then implemented the function denoise(image, i_start), which ",
        "## Examples\n\nHere are the examples of the\n\n## More\n\nMore of it.",
    ],
)
def test_a_sentence_that_breaks_off_is_found(source: str) -> None:
    assert kinds(source) == ["unfinished"]
    assert kinds(source, "discussion") == ["unfinished"]


def test_a_sentence_that_may_end_so_is_a_warning() -> None:
    text = AuthoredText("This is what the model is made of", "the intro", "intro")
    assert [found.severity for found in leftovers(text)] == ["warning"]


@pytest.mark.parametrize(
    "source",
    [
        "The forward process is given by\n\n$$x_t = x_0$$",
        "Here they are:",
        "It uses the\n\n- first\n- second",
    ],
)
def test_a_sentence_that_goes_on_below_is_not(source: str) -> None:
    assert kinds(source) == []


def test_headings_with_nothing_below_are_found() -> None:
    assert kinds("## Inpainting\n\n## Anagrams\n\nThey flip.") == ["empty-heading"]
    assert kinds("Text.\n\n### 1.7.2\n\n\n## 1.8\n\nThey flip.") == ["empty-heading"]
    assert kinds("## Part A\n\n### 1.1\n\nNoise is added.") == []
    assert kinds("## With a picture\n\n![a dog](dog.png)\n\n## Text\n\nIt barks.") == []
    assert kinds("## A formula\n\n$$x$$\n\n## Code\n\n```\n# no heading\n```") == []
    assert kinds("Text.\n\n## Last", follows=False) == ["empty-heading"]
    assert kinds("Text.\n\n## Before the figures", follows=True) == []


def test_what_is_meant_is_left_alone() -> None:
    assert kinds("[teaser figure] {# meant #}") == []
    assert kinds("<!-- meant: it is a poem --> pupusa") == ["placeholder"]
    assert kinds("[teaser figure] {# meant #}\n\n[insert image here]") == ["placeholder"]
    assert kinds("## Titled {#titled}\n\nTODO\n\nFine. {# meant #}") == ["placeholder"]
    assert kinds("A span `{{`, a TODO and }} a word.") == ["placeholder"]
    assert kinds("The word TODO {# meant: TODO #} and FIXME.") == ["placeholder"]
