"""What users get wrong: each mistake is reported at its own place, with a way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.spec.conftest import Writeup

from fwd_report.errors import Problem
from fwd_report.spec.yaml_source import read_yaml

HEAD = "title: Section\nexperiments:\n"


def one(fields: str) -> str:
    """A section with one experiment `a` of these fields, written from line 5 on."""
    lines = "".join(f"    {line}\n" for line in fields.splitlines())
    return HEAD + "  - id: a\n    caption: A.\n" + lines


CASES = {
    "unknown technique": (one("technique: drow"), "5:16", "no technique 'drow'", "'draw'?"),
    "no technique": (one("seed: 1"), "3:5", "needs a field 'technique'", "add `technique:`"),
    "unknown field": (
        one("technique: draw\npromt: x"),
        "6:5",
        "draw has no field 'promt'",
        "'prompt'?",
    ),
    "missing field": (one("technique: blend\nlow: x"), "3:5", "needs a field 'high'", "`high:`"),
    "wrong type": (one("technique: draw\nsteps: many"), "6:12", 'a whole number, not "many"', ""),
    "a fraction of a step": (one("technique: draw\nsteps: 2.5"), "6:12", "a whole number", ""),
    "true for a number": (one("technique: draw\nsteps: true"), "6:12", "not true", ""),
    "number for a text": (one("technique: draw\nprompt: 1984"), "6:13", "be text", '"1984"'),
    "not a number": (one("technique: draw\nguidance: .nan"), "6:15", "not a finite number", ""),
    "nan as text": (one('technique: draw\nguidance: "nan"'), "6:15", "finite number", ""),
    "out of range": (one("technique: draw\nsteps: 0"), "6:12", "at least 1, not 0", ""),
    "no such choice": (
        one("technique: draw\nmethod: dppm"),
        "6:13",
        "'ddpm' or 'flow'",
        "'ddpm'?",
    ),
    "technique's own rule": (
        one("technique: blend\nlow: x\nhigh: y\nkernel_size: 8"),
        "8:18",
        "a kernel's width is odd",
        "",
    ),
    "inside a list": (one("technique: draw\ntimes: [1, x]"), "6:16", "times[1] should be", ""),
    "prompt of 10,000 characters": (
        one(f"technique: draw\nprompt: {'x' * 10_000}"),
        "6:13",
        "10,000 characters long; at most 500",
        "",
    ),
    "negative seed": (one("technique: draw\nseed: -1"), "6:11", "at least 0", ""),
    "no samples": (one("technique: draw\nsamples: 0"), "6:14", "at least 1", ""),
    "too many runs": (
        one("technique: draw\nsamples: 90000\nsweep: {steps: [1, 2]}"),
        "7:12",
        "180,000 runs",
        "",
    ),
    "empty sweep": (one("technique: draw\nsweep: {}"), "6:12", "sweep is empty", "remove"),
    "blank sweep": (one("technique: draw\nsweep:"), "6:", "sweep should be", ""),
    "sweep without values": (one("technique: draw\nsweep: {steps: []}"), "6:20", "no values", ""),
    "sweep over one value": (one("technique: draw\nsweep: {steps: 5}"), "6:20", "be a list", ""),
    "sweep of an unknown field": (
        one("technique: draw\nsweep: {step: [1]}"),
        "6:13",
        "draw has no field 'step'",
        "'steps'?",
    ),
    "sweep of lists of seeds": (
        one("technique: draw\nsweep: {seeds: [[1, 2]]}"),
        "6:13",
        "no field 'seeds'",
        "`sweep: {seed: [3, 17]}`",
    ),
    "seeds beside samples": (
        one("technique: draw\nseeds: [3, 17]\nsamples: 2"),
        "7:5",
        "seeds cannot stand together with samples",
        "remove one of the two: `seeds` says how many there are",
    ),
    "seeds beside seed": (
        one("technique: draw\nseed: 3\nseeds: [3, 17]"),
        "6:5",
        "seeds cannot stand together with seed",
        "how many there are, and which",
    ),
    "a seed twice": (one("technique: draw\nseeds: [3, 17, 3]"), "6:20", "seeds has 3 twice", ""),
    "no seeds": (one("technique: draw\nseeds: []"), "6:12", "at least 1 value", ""),
    "one seed where a list belongs": (
        one("technique: draw\nseeds: 3"),
        "6:12",
        "seeds should be a list, not 3",
        "write [3]",
    ),
    "a negative seed of several": (
        one("technique: draw\nseeds: [3, -1]"),
        "6:16",
        "seeds[1] should be at least 0, not -1",
        "",
    ),
    "a seed beyond 64 bits": (
        one("technique: draw\nseeds: [9223372036854775808]"),
        "6:13",
        "seeds[0] should be less than 9223372036854775808",
        "",
    ),
    "true for a seed": (
        one("technique: draw\nseeds: [true]"),
        "6:13",
        "seeds[0] should be a whole number, not true",
        "",
    ),
    "true for several seeds": (
        one("technique: draw\nseeds: true"),
        "6:12",
        "seeds should be a list, not true",
        "",
    ),
    "true for a swept seed": (
        one("technique: draw\nsweep: {seed: [1, true]}"),
        "6:23",
        "seed should be a number, not true",
        "",
    ),
    "nothing for a swept seed": (
        one("technique: draw\nsweep: {seed: [1, null]}"),
        "6:23",
        "a seed should be a whole number, not empty",
        "",
    ),
    "seeds of one profile beside samples of all": (
        one("technique: draw\nsamples: 2\nseeds@gpu: [3, 17]"),
        "6:5",
        "seeds cannot stand together with samples (under the profile 'gpu')",
        "`samples@gpu:` with nothing after it",
    ),
    "several values of seed": (
        one("technique: draw\nseed: [1, 2, 3]"),
        "6:11",
        "seed should be a whole number, not [1, 2, 3]",
        "write `seeds: [1, 2, 3]`",
    ),
    "several values of seed in a case": (
        one("technique: draw\ncases:\n  - {seed: [1, 2]}"),
        "7:16",
        "seed should be a whole number",
        "write `seeds: [1, 2]`",
    ),
    "a case with seed and seeds": (
        one("technique: draw\ncases:\n  - {seeds: [1, 2], seed: 3}"),
        "7:25",
        "seeds cannot stand together with seed",
        "",
    ),
    "a case with seeds beside samples": (
        one("technique: draw\nsamples: 2\ncases:\n  - {seeds: [1, 2]}"),
        "8:10",
        "seeds cannot stand together with samples",
        "",
    ),
    "a case with a seed twice": (
        one("technique: draw\ncases:\n  - {seeds: [1, 1]}"),
        "7:21",
        "seeds has 1 twice",
        "",
    ),
    "a swept seed that is none": (
        one("technique: draw\nsweep: {seed: [1, x]}"),
        "6:23",
        "should be a whole number",
        "",
    ),
    "a sweep over seed beside samples": (
        one("technique: draw\nsamples: 2\nsweep: {seed: [1, 2]}"),
        "7:13",
        "a sweep over seed cannot stand together with samples",
        "remove one of the two",
    ),
    "a sweep over seed beside seeds of cases": (
        one("technique: draw\nsweep: {seed: [1, 2]}\ncases: [{seeds: [1]}]"),
        "6:13",
        "seeds are in both cases and sweep",
        "",
    ),
    "seeds of a figure": (
        one("technique: chart\nof: [a]\nseeds: [1, 2]").replace("of: [a]", "of: []"),
        "7:5",
        "chart runs nothing of its own, so it has no seeds",
        "the experiments that it shows",
    ),
    "sweep with a bad value": (
        one("technique: draw\nsweep:\n  steps: [1, x]"),
        "7:18",
        "should be a whole number",
        "",
    ),
    "sweep with a value twice": (
        one("technique: draw\nsweep: {steps: [3, 3]}"),
        "6:24",
        "the value 3 twice",
        "",
    ),
    "empty cases": (one("technique: draw\ncases: []"), "6:12", "cases is empty", "remove"),
    "a list where one value belongs": (
        one("technique: draw\nsteps: [1, 2]"),
        "6:12",
        "a whole number",
        "`sweep: {steps: [1, 2]}`",
    ),
    "a list within a sweep": (
        one("technique: draw\nsweep: {steps: [[1, 2]]}"),
        "6:21",
        "a whole number",
        "",
    ),
    "case with a bad value": (
        one("technique: draw\ncases:\n  - {steps: 1}\n  - {steps: x}"),
        "8:17",
        "a whole number",
        "",
    ),
    "two cases with one label": (
        one("technique: draw\ncases:\n  - {steps: 1, label: x}\n  - {steps: 2, label: x}"),
        "8:9",
        "two cases are called 'x'",
        "",
    ),
    "a field in cases and sweep": (
        one("technique: draw\ncases: [{steps: 1}]\nsweep: {steps: [2]}"),
        "7:13",
        "both cases and sweep",
        "",
    ),
    "no caption": (
        HEAD + "  - id: a\n    technique: draw\n",
        "3:5",
        "needs a caption",
        "show: false",
    ),
    "id that is no name": (
        HEAD + "  - id: A b\n    technique: draw\n    caption: A.\n",
        "3:9",
        "id should be lower-case letters",
        "",
    ),
    "id twice": (
        HEAD + 2 * "  - {id: a, technique: draw, caption: A.}\n",
        "4:10",
        "the first is in line 3",
        "",
    ),
    "experiments no list": ("title: A\nexperiments: 3\n", "2:14", "should be a list", ""),
    "experiment no mapping": ("title: A\nexperiments: [3]\n", "2:15", "`key: value`", ""),
    "section without title": ("order: 1\n", "1:1", "needs a field 'title'", ""),
    "blank title": ('title: " "\n', "1:8", "should not be blank", ""),
    "unknown key of a section": ("title: A\nintor: x\n", "2:1", "no field 'intor'", "'intro'?"),
    "covers a number": ("title: A\ncovers: [1.9]\n", "2:10", "covers[0] should be text", '"1.9"'),
    "text that begins with a template": (
        "title: A\nintro: {{ runs.a.seed }} is the seed\n",
        "2:9",
        "a key should be a plain word",
        "put a text with {{ … }} in quotes",
    ),
    "a key in another column": (
        "title: A\nexperiments:\n  - id: a\n   technique: draw\n",
        "4:4",
        "not valid YAML",
        "start in one column",
    ),
    "prose asks a run for what it has not": (
        one("technique: draw\ndiscussion: '{{ runs.a.param.steps }}'"),
        "6:28",
        "neither an experiment nor a run has 'param'",
        "did you mean 'params'?",
    ),
    "double braces in math": (
        one("technique: draw\ndiscussion: '$x_{{t}}$'"),
        "6:23",
        "prose knows no 't'",
        "double braces stand for a value",
    ),
    "unknown profile": ("title: A\ntitle@gpv: B\n", "2:1", "no profile 'gpv'", "'gpu'?"),
    "id by profile": (one("technique: draw\nid@gpu: b"), "6:5", "same under every profile", ""),
    "mistake under another profile": (
        one("technique: draw\nsteps: 2\nsteps@gpu: x"),
        "7:16",
        "(under the profile 'gpu')",
        "",
    ),
    "empty file": ("", "", "the file is empty", ""),
    "only a comment": ("# nothing\n", "", "the file is empty", ""),
    "a list": ("- a\n", "1:1", "`key: value` lines", ""),
    "a tab": ("title: A\n\torder: 1\n", "2:", "not valid YAML", "spaces"),
    "an open bracket": ("title: A\ncovers: [a\n", "3:1", "not valid YAML", ""),
    "a colon in a text": ("title: A: B\n", "1:9", "not valid YAML", "quotes"),
    "two documents": ("title: A\n---\ntitle: B\n", "2:1", "second document", ""),
    "a key twice": ("title: A\norder: 1\ntitle: B\n", "3:1", "first in line 1", "remove"),
    "a key twice, deep down": (
        one("technique: draw\nsteps: 1\nsteps: 2"),
        "7:5",
        "'steps' is written twice",
        "",
    ),
    "a tag": ("title: !!python/object/apply:os.getcwd []\n", "1:8", "not allowed", ""),
    "a binary": ("title: !!binary aGVsbG8=\n", "1:8", "the tag !!binary", ""),
    "a merge": ("title: A\n<<: {order: 1}\n", "2:1", "<< is not supported", ""),
    "an anchor in itself": ("title: &a [*a]\n", "1:12", "no finished anchor", ""),
    "aliases that explode": (
        "\n".join(
            ["title: A", f"a0: &a0 [{', '.join('x' * 10)}]"]
            + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
        ),
        "7:",
        "aliases included",
        "",
    ),
    "nesting without end": ("title: " + "[" * 200_000, "1:47", "nested too deeply", ""),
    "a control character": ("title: A\x07B\n", "1:9", "U+0007", ""),
    "an escaped control character": ('title: "A\\0B"\n', "1:8", "U+0000", ""),
    "a list as key": ("title: A\n? [a]\n: b\n", "2:3", "a plain word", ""),
    "template that is not closed": (
        "title: A\nintro: |\n  One\n\n  Two {{ runs.x \n",
        "5:3",
        "no valid template",
        "`{{` is closed by `}}`",
    ),
    "template that is closed by one brace": (
        "title: A\nintro: |\n  One {{ runs.x.seed }, two.\n  {{ runs.x.id }}\n",
        "3:3",
        "unexpected '}'",
        "`{{` is closed by `}}`",
    ),
    "tag that is closed by one brace": (
        "title: A\nintro: |\n  {% if 1 } x {% endif %}\n",
        "3:3",
        "unexpected '}'",
        "`{%` is closed by `%}`",
    ),
    "bracket that is not closed in a template": (
        "title: A\nintro: x {{ runs.x[0 }}\n",
        "2:8",
        "expected ']'",
        "{% raw %}",
    ),
    "unknown filter": ("title: A\nintro: x {{ 1 | rund }}\n", "2:8", "rund", ""),
    "unknown name in prose": (
        "title: A\nintro: |\n  One.\n  Seed {{ rnus.a.seed }}\n",
        "4:11",
        "knows no 'rnus'",
        "'runs'?",
    ),
    "unknown experiment in prose": (
        one("technique: draw") + "intro: |\n  One.\n  See {{ runs.b.seed }}.\n",
        "8:15",
        "no experiment 'b'",
        "there is: a",
    ),
    "unknown parameter in a caption": (
        one("technique: draw\ndiscussion: It took {{ runs.a[0].params.step }} steps."),
        "6:45",
        "draw has no parameter 'step'",
        "'steps'?",
    ),
    "unknown section in prose": (
        "title: A\nintro: See {{ report.secton.a.seed }}\n",
        "2:22",
        "no section 'secton'",
        "'section'?",
    ),
    "unknown reference": (
        one("technique: enlarge\nof: b"),
        "6:9",
        "no experiment 'b' in section 'section'",
        "there is: a",
    ),
    "reference to an unknown section": (
        one("technique: enlarge\nof: sectoin.a"),
        "6:9",
        "no section 'sectoin'",
        "'section'?",
    ),
    "reference to itself": (one("technique: enlarge\nof: a"), "6:9", "section.a → section.a", ""),
}


@pytest.mark.parametrize(("text", "place", "message", "hint"), CASES.values(), ids=CASES.keys())
def test_the_place_and_the_way_out(
    writeup: Writeup, text: str, place: str, message: str, hint: str
) -> None:
    problems = writeup.write("section.yaml", text).problems()
    shown = [str(problem) for problem in problems]
    assert len(problems) == 1, "\n".join(shown)
    assert message in problems[0].message
    file = "experiments/section.yaml"
    assert shown[0].startswith(f"{file}:{place}" if place else f"{file}: ")
    assert hint in (problems[0].hint or "")


def test_all_problems_of_all_files_come_at_once(writeup: Writeup) -> None:
    writeup.write("report.yaml", "title: A\nsead: 3\n")
    writeup.write("a.yaml", one("technique: draw\nsteps: x\nprompt: 3"))
    writeup.write("b.yaml", "title: [\n")
    writeup.write("c.yaml", one("technique: blend\nlow: x\nhihg: y"))
    places = [(str(problem.file), problem.line) for problem in writeup.problems()]
    assert places == [
        ("experiments/a.yaml", 6),
        ("experiments/a.yaml", 7),
        ("experiments/b.yaml", 2),
        ("experiments/c.yaml", 3),
        ("experiments/c.yaml", 7),
        ("experiments/report.yaml", 2),
    ]


def test_all_problems_of_an_experiment_come_at_once(writeup: Writeup) -> None:
    text = "  - {id: a, technique: draw, captoin: A, sweep: {step: [1]}, seed: x, steps: y}\n"
    writeup.write(
        "a.yaml", HEAD + text + text.replace("seed: x", "seed: 1").replace("id: a", "id: b")
    )
    messages = [problem.message for problem in writeup.problems()]
    assert messages == [
        "draw has no field 'captoin'",
        'seed should be a whole number, not "x"',
        "experiment 'b' needs a caption",
        "draw has no field 'captoin'",
        "draw has no field 'step'",
    ]


def test_the_caret_points_at_the_place(writeup: Writeup) -> None:
    writeup.write("section.yaml", one("technique: draw\nsteps: many"))
    (problem,) = writeup.problems()
    lines = str(problem).splitlines()
    assert lines[1][lines[2].index("^") :] == "many"


def test_a_long_line_is_cut_around_the_place(writeup: Writeup) -> None:
    writeup.write("section.yaml", one(f"technique: draw\nprompt: [{'x' * 5000}, 5]"))
    (problem,) = writeup.problems()
    assert max(len(line) for line in str(problem).splitlines()) < 150


def test_no_report(writeup: Writeup) -> None:
    (writeup.root / "experiments" / "report.yaml").unlink()
    (problem,) = writeup.problems()
    assert "no experiments/report.yaml" in problem.message
    assert "fwd-report init" in (problem.hint or "")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.yml", "a second section is called 'a'"),
        ("A.yaml", "a second section is called 'a'"),
        ("Two words.yaml", "lower-case letters"),
        ("index.yaml", "cannot be called 'index'"),
        ("report.yml", "rename it to report.yaml"),
    ],
)
def test_names_of_files(writeup: Writeup, name: str, message: str) -> None:
    writeup.write("a.yaml", "title: A\n").write(name, "title: B\n")
    problems = writeup.problems()
    assert message in problems[-1].message
    assert all(problem.file is not None for problem in problems)


def test_text_that_is_not_utf8(writeup: Writeup) -> None:
    (problem,) = writeup.write("a.yaml", b"title: A\nintro: caf\xe9\n").problems()
    assert (problem.line, problem.column) == (2, 11)
    assert "UTF-8" in problem.message


def test_an_unreadable_section_makes_no_problems_elsewhere(writeup: Writeup) -> None:
    writeup.write("a.yaml", "title: [\n")
    writeup.write("b.yaml", one("technique: enlarge\nof: a.x\ndiscussion: '{{ report.a.x.seed }}'"))
    (problem,) = writeup.problems()
    assert str(problem.file) == "experiments/a.yaml"


@pytest.mark.parametrize("latex", [r"$\theta$", r"$\tau$", r"$a \nabla b$", r"$\beta$"])
def test_latex_in_double_quotes_is_told_how_to_be_written(tmp_path: Path, latex: str) -> None:
    problems: list[Problem] = []
    path = tmp_path / "a.yaml"
    path.write_text(f'caption: "With {latex}, noisy"\n')
    read_yaml(path, Path("a.yaml"), problems)
    assert [(problem.line, "single quotes" in problem.message) for problem in problems] == [
        (1, True)
    ]
    path.write_text(f"caption: 'With {latex}, noisy'\nother: \"a\\nb and $x$ and\\nc\"\n")
    problems.clear()
    read_yaml(path, Path("a.yaml"), problems)
    assert problems == []
