"""Texts that are cut at ` #`, where YAML begins a comment, although more text follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fwd_report.errors import Problem
from fwd_report.spec.profiles import split_key
from fwd_report.spec.yaml_mending import yaml_scalar
from fwd_report.spec.yaml_nodes import Node, Scalar, YamlMapping, YamlSequence
from fwd_report.spec.yaml_source import SourceText
from fwd_report.techniques.base import PromptText, Technique, marked_fields

PROSE = {"title", "intro", "outro", "caption", "discussion", "description"}
SHORT = {"label", "part", "author"}
_NOTE = re.compile(r"#|!|(?:TODO|FIXME|XXX|NOTE|NB)\b|[\w@-]+:(?:\s|$)")
"""Comments without a space after the #: rulers, notes to oneself, a key that is commented out."""
_END = re.compile(r"[.!?:…][)\"'»”]*$")


def cut_texts(
    tree: Node, source: SourceText, techniques: Mapping[str, type[Technique]]
) -> Iterator[Problem]:
    """A warning for each text of a file that probably should continue after ` #`."""
    prompts = {name for each in techniques.values() for name in marked_fields(each, PromptText)}
    waiting: list[tuple[str, Node]] = [("", tree)]
    while waiting:
        key, node = waiting.pop()
        if isinstance(node, YamlMapping):
            waiting += [(split_key(name)[0], value) for name, _, value in node.entries]
        elif isinstance(node, YamlSequence):
            waiting += [(key, item) for item in node.items]
        elif key in PROSE | SHORT | prompts and _is_cut(node, key in PROSE):
            yield _warning(node, source)


def _is_cut(node: Scalar, prose: bool) -> bool:
    """Whether what follows a value is more likely text than a comment.

    `#1` and `#tag` are text; `# words` are a comment, unless they complete an unfinished sentence
    of a prose field. After two spaces it is a comment.
    """
    gap, _, comment = node.comment.partition("#")
    if gap != " " or not comment.strip():
        return False
    if not comment[0].isspace():
        return not _NOTE.match(comment)
    value = str(node.value or "")
    return prose and value != "" and not _END.search(value) and bool(_END.search(comment.rstrip()))


def _warning(node: Scalar, source: SourceText) -> Problem:
    line = source.lines[node.end_line - 1]
    start = node.place[1] - 1
    hint = "if it belongs to the text, put the text in quotes"
    if node.place[0] == node.end_line:
        space = " " if node.value is None else ""
        whole = line[start:].strip()
        hint += f", so: {(line[:start] + space + yaml_scalar(whole)).strip()}"
    return source.problem(
        "the text ends at ` #`, where a comment of YAML begins",
        (node.end_line, len(line) - len(node.comment) + 2),
        f"{hint}; if it is a comment, write two spaces before it",
    )
