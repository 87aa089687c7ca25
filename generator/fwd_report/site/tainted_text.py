"""Text made by a template: which of it the author wrote, and which of it are values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

Kind = Literal["author", "value", "missing"]


class Span(NamedTuple):
    """A stretch of text, and the template's line that it comes from (None: not known)."""

    text: str
    kind: Kind
    line: int | None = None

    def line_at(self, offset: int) -> int | None:
        """The template's line of the character at `offset`; a value is on one line."""
        if self.line is None or self.kind != "author":
            return self.line
        return self.line + self.text.count("\n", 0, offset)


class TaintedText(str):
    """A string that knows its spans, so that a value stays one wherever a template takes it.

    To a template it is a plain string: it can be parsed as a number, compared and measured. What is
    derived from it in ways not defined here is a value as a whole.
    """

    _spans: tuple[Span, ...]

    def __new__(cls, spans: Iterable[Span]) -> TaintedText:
        kept = tuple(span for span in spans if span.text)
        made = super().__new__(cls, "".join(span.text for span in kept))
        made._spans = kept
        return made

    @classmethod
    def author(cls, text: str, line: int | None = None) -> TaintedText:
        return cls((Span(text, "author", line),))

    @classmethod
    def value(cls, text: str, line: int | None = None) -> TaintedText:
        return cls((Span(text, "value", line),))

    @property
    def spans(self) -> tuple[Span, ...]:
        return self._spans

    def __str__(self) -> TaintedText:
        return self

    def __add__(self, other: str) -> TaintedText:
        return TaintedText((*self._spans, *spans_of(other)))

    def __radd__(self, other: str) -> TaintedText:
        return TaintedText((*spans_of(other), *self._spans))

    def __mul__(self, times: Any) -> TaintedText:
        return TaintedText(self._spans * times)

    __rmul__ = __mul__

    def upper(self) -> TaintedText:
        return self._in_place(super().upper())

    def lower(self) -> TaintedText:
        return self._in_place(super().lower())

    def title(self) -> TaintedText:
        return self._in_place(super().title())

    def capitalize(self) -> TaintedText:
        return self._in_place(super().capitalize())

    def strip(self, characters: str | None = None) -> TaintedText:
        return self.lstrip(characters).rstrip(characters)

    def lstrip(self, characters: str | None = None) -> TaintedText:
        return TaintedText(
            _cut(self._spans, len(self) - len(super().lstrip(characters)), len(self))
        )

    def rstrip(self, characters: str | None = None) -> TaintedText:
        return TaintedText(_cut(self._spans, 0, len(super().rstrip(characters))))

    def replace(self, old: str, new: str, count: Any = -1) -> TaintedText:
        pieces = str.split(self, old, count) if old else None
        if pieces is None:
            return TaintedText.value(super().replace(old, new, count))
        spans: list[Span] = []
        position = 0
        for number, piece in enumerate(pieces):
            spans += spans_of(new) if number else ()
            spans += _cut(self._spans, position, position + len(piece))
            position += len(piece) + len(old)
        return TaintedText(spans)

    def _in_place(self, changed: str) -> TaintedText:
        """The text after a change of case, with its spans, unless a letter became two."""
        if len(changed) != len(self):
            return TaintedText.value(changed)
        spans, position = [], 0
        for span in self._spans:
            end = position + len(span.text)
            spans.append(span._replace(text=changed[position:end]))
            position = end
        return TaintedText(spans)


def spans_of(text: str) -> tuple[Span, ...]:
    """The spans of a text; any other string is a value."""
    return text.spans if isinstance(text, TaintedText) else (Span(str(text), "value"),)


def concatenated(texts: Iterable[str]) -> TaintedText:
    """The texts one after the other."""
    return TaintedText(span for text in texts for span in spans_of(text))


def keeping(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that keeps a text the author's, if all of it is and nothing else goes in."""

    def filtered(value: Any, *args: Any, **kwargs: Any) -> Any:
        made = filter_(value, *args, **kwargs)
        others = (*args, *kwargs.values())
        if type(made) is str and isinstance(value, TaintedText) and not any(map(_is_text, others)):
            kinds = {span.kind for span in value.spans}
            if kinds == {"author"}:
                return TaintedText.author(made, value.spans[0].line)
        return made

    return filtered


def _is_text(value: Any) -> bool:
    return not isinstance(value, int | float | None)


def _cut(spans: Iterable[Span], start: int, end: int) -> Iterator[Span]:
    """The spans between two offsets of their text."""
    position = 0
    for span in spans:
        first, last = max(start - position, 0), min(end - position, len(span.text))
        if first < last:
            yield span._replace(text=span.text[first:last], line=span.line_at(first))
        position += len(span.text)
