"""Whatever a user writes is either a project or a UserError that names its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.spec.conftest import Writeup

from fwd_report.errors import UserError
from fwd_report.spec.yaml_source import parse_yaml

REFERENCE: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
REPORT: dict[str, Any] = {
    "title": "R",
    "seed": 3,
    "seed@gpu": 4,
    "profiles": ["embedded", "gpu"],
    "batch": 2,
}
SECTION: dict[str, Any] = {
    "title": "A",
    "order": 3,
    "covers": ["1.9"],
    "intro": "See {{ runs.draw.params.steps | round(1) }} and {{ report.a.net.seed }}.",
    "experiments": [
        {
            "id": "draw",
            "technique": "draw",
            "caption": "C {% if runs %}x{% endif %}",
            "seed": 1,
            "sweep": {"steps": [1, 2], "steps@gpu": [3]},
            "cases": [{"clip": True, "label": "x"}, {"guidance": 1.5}],
        },
        {"id": "blend", "technique": "blend", "caption": "C", "low": "x", "high": "y"},
        {"id": "fill", "technique": "fill", "caption": "C", "image": "a.png", "mask": "m.png"},
        {"id": "net", "technique": "train", "show": False, "epochs": 3, "epochs@gpu": 20},
        {"id": "ask", "technique": "ask", "caption": "C", "sweep": {"model": ["net@1", "a.net"]}},
        {"id": "large", "technique": "enlarge", "caption": "C", "of": "draw", "samples": 2},
        {"id": "chart", "technique": "chart", "caption": "C", "of": ["net", "ask"]},
    ],
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        [
            *("", "draw", "a.draw", "net@0", "net@9", "@", ".", "a.", "chart", "large", "../x"),
            *(
                "a.png",
                "/",
                "\0",
                "{{",
                "{% for %}",
                "{{ runs.x }}",
                "{{ 1/0 }}",
                "{{ runs['a'] }}",
            ),
            *(
                "1e999",
                "nan",
                "experiments",
                10**400,
                10**299,
                -1,
                2**63,
                1e308,
                [],
                {},
                [[]],
                {"": ""},
            ),
            *({"@": 1}, {"steps@": [1]}, {"label": None}, [{}], [None], {"a@b@c": 1}),
        ]
    ),
)
KEYS = st.one_of(
    st.sampled_from(
        ["id", "seed", "title", "of", "model", "cases", "sweep", "steps@gpu", "@", "id@gpu", ""]
    ),
    st.text(max_size=5),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a tree of dicts and lists."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


@st.composite
def mutated(draw: st.DrawFn, spec: dict[str, Any]) -> Any:
    """The spec after a few keys were dropped, renamed, inserted or given other values."""
    spec = copied(spec)
    for _ in range(draw(st.integers(1, 4))):
        found = list(places(spec))
        if not found:
            break
        *parents, key = draw(st.sampled_from(found))
        holder = spec
        for parent in parents:
            holder = holder[parent]
        match draw(st.sampled_from(["drop", "replace", "rename", "insert", "repeat"])):
            case "drop":
                del holder[key]
            case "replace":
                holder[key] = copied(draw(ODD))
            case "rename" if isinstance(holder, dict):
                holder[draw(KEYS)] = holder.pop(key)
            case "repeat" if isinstance(holder, list):
                holder.append(copied(holder[key]))
            case _ if isinstance(holder, dict):
                holder[draw(KEYS)] = copied(draw(ODD))
            case _:
                holder.insert(key, copied(draw(ODD)))
    return spec


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Writeup:
    """A folder with two pictures; every example writes its report and its section anew."""
    writeup = Writeup(tmp_path_factory.mktemp("project"))
    for name in ("a.png", "m.png"):
        writeup.draw(name, (64, 64), lambda draw: draw.rectangle((0, 0, 9, 9), fill="white"))
    return writeup


def load_or_explain(writeup: Writeup, section: bytes, report: bytes, *overrides: str) -> None:
    """Load, or fail with problems that can be shown and that name files of the project."""
    writeup.write("a.yaml", section).write("report.yaml", report)
    loaded, failure = None, None
    try:
        loaded = writeup.load(overrides=overrides)
    except UserError as error:
        failure = error
    if failure is None:
        assert loaded is not None
        (section,) = loaded.sections
        assert all(experiment.variants for experiment in section.experiments)
        return
    assert failure.problems
    assert str(failure)
    for problem in failure.problems:
        assert problem.file is not None or problem.message.startswith("--set ")
        assert problem.file is None or (writeup.root / problem.file).is_file()


def as_yaml(value: Any) -> bytes:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False).encode()


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_the_unchanged_spec_is_valid(project: Writeup) -> None:
    load_or_explain(project, as_yaml(SECTION), as_yaml(REPORT))
    assert project.load().sections


@given(section=mutated(SECTION), report=mutated(REPORT))
@quick
def test_mutated_values(project: Writeup, section: Any, report: Any) -> None:
    load_or_explain(project, as_yaml(section), as_yaml(report))


@given(
    at=st.integers(0, len(as_yaml(SECTION))),
    gone=st.integers(0, 12),
    new=st.one_of(
        st.binary(max_size=6),
        st.sampled_from([b"\t", b"&a ", b"*a", b"<<: ", b"? ", b"- ", b"{", b"[", b"|\n", b"!!x "]),
        st.sampled_from([b"@gpu: ", b"\r", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"'", b'"', b"#"]),
    ),
)
@quick
def test_mutated_bytes(project: Writeup, at: int, gone: int, new: bytes) -> None:
    data = as_yaml(SECTION)
    load_or_explain(project, data[:at] + new + data[at + gone :], b"title: A report\n")


@given(
    key=st.lists(
        st.one_of(KEYS, st.sampled_from(["a", "draw", "sweep", "steps", "0", "seed", "low"])),
        max_size=5,
    ),
    value=st.one_of(st.text(max_size=8), ODD.map(str)),
)
@quick
def test_any_override(project: Writeup, key: list[str], value: str) -> None:
    load_or_explain(project, as_yaml(SECTION), as_yaml(REPORT), f"{'.'.join(key)}={value}")


@given(st.text())
@example("0:\t")
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_as_the_reference_reads_it_or_is_a_problem(text: str) -> None:
    """Where PyYAML reads a mapping, so do we, unless we say what is wrong with it.

    Its two parsers differ in a tab at a line's end: the reference has the one that we use.
    """
    problems: list[Any] = []
    _, tree = parse_yaml(text.encode("utf-8", "surrogatepass"), Path("a.yaml"), problems)
    assert (tree is None) == bool(problems)
    if tree is not None:
        loaded = yaml.load(text.lstrip("\ufeff"), REFERENCE)
        assert [key for key, _, _ in tree.entries] == list(loaded)
