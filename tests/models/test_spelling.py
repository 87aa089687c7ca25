"""The text encoder reads prompts as `spelling` says, wherever that is written out."""

from __future__ import annotations

from unittest.mock import MagicMock

from hypothesis import given
from hypothesis import strategies as st

from fwd_report.models.embeddings import spelling
from fwd_report.models.prompts import embed

TOKENIZER, ENCODER = MagicMock(), MagicMock()


@given(st.text(max_size=20))
def test_what_is_encoded_is_the_spelling(prompt: str) -> None:
    embed(TOKENIZER, ENCODER, [prompt])
    assert TOKENIZER.call_args.args[0] == [spelling(prompt)]
