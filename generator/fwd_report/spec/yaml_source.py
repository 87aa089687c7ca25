"""YAML as a tree in which every key and value has a place; nothing in it is executed.

The tree is built from the parser's events, so that nesting, aliases and tags are limited before any
objects are created.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from fwd_report.errors import Problem
from fwd_report.spec.yaml_mending import explained, mended_line, with_line
from fwd_report.spec.yaml_nodes import Node, Place, Scalar, YamlMapping, YamlSequence
from fwd_report.spec.yaml_scalars import scalar_value, short_tag

MOST_BYTES = 4_000_000
DEEPEST = 40
MOST_NODES = 500_000

_EATEN = re.compile(r"[\t\b\f\v\a\x1b][a-z]|\$[^$]*[\n\r][a-z][^$]*\$")
"""What YAML makes of \tau, \beta, \nabla and the like in double quotes."""
_EATEN_HINT = (
    "in double quotes YAML reads \\t, \\n, \\b as control characters, and so spoils LaTeX such as "
    "\\theta: use single quotes, >- or no quotes"
)

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_COMMENT = re.compile(r"[ \t]+#.*")
_ILLEGAL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS_OF_TREES = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


@dataclass(frozen=True)
class SourceText:
    """A file's text, for error messages. file: relative to the project."""

    file: Path
    lines: tuple[str, ...]

    def problem(self, message: str, place: Place | None, hint: str | None = None) -> Problem:
        """A Problem at a place in this file, with the line as excerpt."""
        line, column = place or (None, None)
        excerpt = self.lines[line - 1] if line is not None and line <= len(self.lines) else None
        return Problem(message, self.file, line, column, excerpt, hint)


class _Invalid(Exception):
    """unquoted: whether quotes around a text may be all that is missing."""

    def __init__(
        self, message: str, place: Place | None, hint: str | None = None, unquoted: bool = False
    ) -> None:
        super().__init__(message)
        self.message, self.place, self.hint, self.unquoted = message, place, hint, unquoted


def read_yaml(
    path: Path, file: Path, problems: list[Problem]
) -> tuple[SourceText, YamlMapping | None]:
    """The file's tree, a mapping; None, with problems added, if it is not one.

    path: where it is; file: its name in messages.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _Invalid(f"the file is larger than {MOST_BYTES // 1_000_000} MB", None)
        data = path.read_bytes()
    except OSError as error:
        problems.append(Problem(f"cannot be read: {error.strerror}", file))
        return SourceText(file, ()), None
    except _Invalid as error:
        problems.append(Problem(error.message, file))
        return SourceText(file, ()), None
    return parse_yaml(data, file, problems)


def parse_yaml(
    data: bytes, file: Path, problems: list[Problem]
) -> tuple[SourceText, YamlMapping | None]:
    """As read_yaml, from the file's bytes."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        source = SourceText(file, tuple(data.decode("utf-8", "replace").splitlines()))
        problems.append(
            source.problem(
                f"byte 0x{data[error.start]:02x} is not UTF-8",
                _place_after(before),
                "save the file with the encoding UTF-8",
            )
        )
        return source, None
    source = SourceText(file, tuple(text.splitlines()))
    try:
        tree = parse_value(text)
        if tree is None:
            raise _Invalid("the file is empty", None)
        if not isinstance(tree, YamlMapping):
            raise _Invalid("the file should hold `key: value` lines", tree.place)
    except _Invalid as error:
        problems.append(source.problem(error.message, error.place, error.hint))
        return source, None
    return source, tree


def parse_override(text: str) -> Node:
    """The VALUE of `--set KEY=VALUE`; raises ValueError if it is not valid YAML."""
    try:
        return parse_value(text) or Scalar(None, (1, 1), 1)
    except _Invalid as error:
        raise ValueError(error.message) from None


def parse_value(text: str) -> Node | None:
    """The tree of a YAML text; None if it is empty."""
    if illegal := _ILLEGAL.search(text):
        raise _Invalid(
            f"character U+{ord(illegal[0]):04X} is not allowed here",
            _place_after(text[: illegal.start()]),
        )
    lines = text.splitlines()
    try:
        return _tree(text, lines)
    except yaml.MarkedYAMLError as error:
        raise _Invalid(*explained(error, lines, _reads_past)) from None
    except yaml.YAMLError as error:
        raise _Invalid(f"not valid YAML: {error}", None) from None
    except _Invalid as error:
        if error.unquoted and error.place is not None:
            past = partial(_reads_past, error.place[0])
            mended = mended_line(lines, error.place[0], past)
            if mended is not None:
                error.hint = with_line(error.hint or "to mean a text, put it in quotes", mended)
        raise


def _tree(text: str, lines: Sequence[str]) -> Node | None:
    loader = Loader(text)
    try:
        return _Builder(loader, lines).document()
    finally:
        loader.dispose()


def _reads_past(number: int, text: str) -> bool:
    """Whether a text can be parsed beyond the line of that number."""
    try:
        _tree(text, text.splitlines())
    except yaml.MarkedYAMLError as error:
        mark = error.context_mark if "scanning" in (error.context or "") else error.problem_mark
        return mark is not None and _line(mark) > number
    except _Invalid as error:
        return error.place is not None and error.place[0] > number
    except yaml.YAMLError:
        return False
    return True


class _Builder:
    """Builds the tree of one document from the parser's events."""

    def __init__(self, loader: Any, lines: Sequence[str]) -> None:
        self._loader = loader
        self._lines = lines
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._nodes = 0

    def document(self) -> Node | None:
        self._loader.get_event()
        if isinstance(self._loader.get_event(), yaml.StreamEndEvent):
            return None
        node = self._node(self._loader.get_event(), 0)
        self._loader.get_event()
        event = self._loader.get_event()
        if not isinstance(event, yaml.StreamEndEvent):
            raise _Invalid("a second document begins here; a file holds one", _start(event))
        if isinstance(node, Scalar) and node.value is None:
            return None
        return node

    def _node(self, event: Any, depth: int) -> Node:
        self._count(1, event)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                message = f"there is no finished anchor '&{event.anchor}'"
                raise _Invalid(message, _start(event), unquoted=True)
            node, size = self._anchors[event.anchor]
            self._count(size, event)
            return node
        before = self._nodes
        if isinstance(event, yaml.ScalarEvent):
            node = _scalar(event)
            end: Any = event.end_mark
            if not event.style and end.line < len(self._lines):
                comment = _COMMENT.match(self._lines[end.line], end.column)
                node.comment = comment[0] if comment else ""
        else:
            if depth >= DEEPEST:
                raise _Invalid("nested too deeply", _start(event))
            if event.tag is not None and event.tag not in _TAGS_OF_TREES:
                raise _Invalid(f"the tag {short_tag(event.tag)} is not allowed", _start(event))
            build = self._mapping if isinstance(event, yaml.MappingStartEvent) else self._sequence
            node = build(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, self._nodes - before)
        return node

    def _sequence(self, start: Any, depth: int) -> YamlSequence:
        items = []
        end_line = _line(start.start_mark)
        while not isinstance(event := self._loader.get_event(), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
            end_line = max(end_line, items[-1].end_line)
        if start.flow_style:
            end_line = _line(event.end_mark)
        return YamlSequence(items, _start(start), end_line)

    def _mapping(self, start: Any, depth: int) -> YamlMapping:
        entries = []
        seen: dict[str, Place] = {}
        end_line = _line(start.start_mark)
        while not isinstance(event := self._loader.get_event(), yaml.MappingEndEvent):
            key, place = self._key(event)
            if key in seen:
                raise _Invalid(
                    f"'{key}' is written twice; first in line {seen[key][0]}",
                    place,
                    "remove one of the two",
                )
            seen[key] = place
            node = self._node(self._loader.get_event(), depth + 1)
            entries.append((key, place, node))
            end_line = max(end_line, place[0], node.end_line)
        if start.flow_style:
            end_line = _line(event.end_mark)
        return YamlMapping(entries, _start(start), end_line)

    def _key(self, event: Any) -> tuple[str, Place]:
        self._count(1, event)
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
            hint = "put a text with {{ … }} in quotes, or on lines of its own after `>-`"
            raise _Invalid("a key should be a plain word", _start(event), hint, unquoted=True)
        if event.value == "<<" and event.implicit[0]:
            raise _Invalid("merging with << is not supported", _start(event), "write the keys out")
        if event.anchor is not None:
            raise _Invalid("a key cannot be an anchor", _start(event))
        return event.value, _start(event)

    def _count(self, nodes: int, event: Any) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise _Invalid(f"more than {MOST_NODES:,} values, aliases included", _start(event))


def _scalar(event: Any) -> Scalar:
    place, end = _start(event), event.end_mark
    block = event.style in ("|", ">")
    end_line = end.line if block and end.column == 0 else end.line + 1
    try:
        if event.style == '"' and _EATEN.search(event.value):
            raise ValueError(_EATEN_HINT)
        value = scalar_value(event.value, event.tag, quoted=not event.implicit[0])
    except ValueError as error:
        raise _Invalid(str(error), place, unquoted=event.style == '"' or bool(event.tag)) from None
    return Scalar(value, place, end_line)


def _line(mark: Any) -> int:
    return int(mark.line) + 1


def _start(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _place_after(text: str) -> Place:
    """The place of the character after `text`."""
    lines = (text + "x").splitlines()
    return len(lines), len(lines[-1])
