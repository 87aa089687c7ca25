"""Good specs: what they come to, where their values stand, and how fast."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from tests.spec.conftest import Writeup

SECTION = """\
title: Hybrids
order: 90
part: Part A
covers: ["1.9"]
intro: |
  Two readings.

experiments:
  - id: skull
    technique: blend
    low: a skull
    high: a waterfall
    caption: A skull. # why not

  # the next one
  - id: many
    technique: draw
    caption: Many.
    seed: 7
    samples: 3
    prompt: <b>{{ runs.skull }}</b> {% raw
    cases:
      - {method: flow, label: straight}
      - {clip: true, guidance: 1}
    sweep:
      steps: [1, 2]
      prompt: [x, y, z]
"""


def test_a_section(writeup: Writeup) -> None:
    (section,) = writeup.write("hybrids.yaml", SECTION).load().sections
    assert (section.name, section.title, section.order) == ("hybrids", "Hybrids", 90)
    assert (section.part, section.covers, section.intro) == ("Part A", ("1.9",), "Two readings.\n")
    skull, many = section.experiments
    assert skull.technique.name == "blend"
    assert (skull.variants[0].seed, skull.samples, skull.show, skull.title) == (None, 1, True, "")
    assert [variant.axes for variant in skull.variants] == [{}]
    assert (many.variants[0].seed, many.samples) == (7, 3)


def test_cases_are_outermost_and_the_last_swept_field_innermost(writeup: Writeup) -> None:
    (section,) = writeup.write("hybrids.yaml", SECTION).load().sections
    axes = [tuple(variant.axes.values()) for variant in section.experiments[1].variants]
    assert axes[:4] == [
        ("straight", 1, "x"),
        ("straight", 1, "y"),
        ("straight", 1, "z"),
        ("straight", 2, "x"),
    ]
    assert axes[6] == ("clip true, guidance 1", 1, "x")
    assert len(axes) == 12
    first, last = section.experiments[1].variants[0], section.experiments[1].variants[-1]
    assert list(first.axes) == ["case", "steps", "prompt"]
    assert first.technique.model_dump()["method"] == "flow"
    assert first.technique.model_dump()["clip"] is False
    assert last.technique.model_dump()["clip"] is True
    assert last.technique.model_dump()["prompt"] == "z"


def test_a_prompt_is_never_a_template(writeup: Writeup) -> None:
    prompt = "<script>alert(1)</script> {{ runs.nobody }} {% raw"
    text = f"title: A\nexperiments: [{{id: a, technique: draw, caption: A, prompt: '{prompt}'}}]\n"
    (section,) = writeup.write("a.yaml", text).load().sections
    assert section.experiments[0].variants[0].technique.model_dump()["prompt"] == prompt


def test_an_experiment_keeps_its_own_lines(writeup: Writeup) -> None:
    (section,) = writeup.write("hybrids.yaml", SECTION).load().sections
    skull, many = section.experiments
    assert skull.source == (
        "id: skull\ntechnique: blend\nlow: a skull\nhigh: a waterfall\ncaption: A skull. # why not"
    )
    assert many.source.endswith("sweep:\n  steps: [1, 2]\n  prompt: [x, y, z]")
    assert (skull.line, many.line) == (9, 16)


def test_later_stages_find_places(writeup: Writeup) -> None:
    project = writeup.write("hybrids.yaml", SECTION).write("report.yaml", "title: A\n").load()
    for path, place in {
        ("skull", "high"): (12, 11),
        ("skull",): (9, 5),
        ("skull", "gone", "deeper"): (9, 5),
        ("many", "sweep", "steps", 1): (26, 18),
        ("many", "cases", 0, "label"): (23, 31),
        ("intro",): (5, 8),
    }.items():
        problem = project.problem("oh", "hybrids", *path)
        assert (problem.line, problem.column) == place, path
    problem = project.problem("oh", "report", "title")
    assert str(problem) == "experiments/report.yaml:1:8: oh\n    title: A\n           ^"


def test_pages_stand_in_order_then_by_name(writeup: Writeup) -> None:
    for name, order in {"c": "order: 1", "b": "", "a": "", "d": "order: 1000"}.items():
        writeup.write(f"{name}.yaml", f"title: Same\n{order}\n")
    assert [section.name for section in writeup.load().sections] == ["c", "a", "b", "d"]


def test_other_files_are_no_sections(writeup: Writeup) -> None:
    writeup.write(".hidden.yaml", "x: [").write("images/a.yaml", "x: [").write("notes.md", "")
    assert writeup.load().sections == ()


@pytest.mark.parametrize(
    ("written", "value"),
    [("no", "no"), ("12:30", "12:30"), ("2024-01-01", "2024-01-01"), ("'7'", "7"), ("~x", "~x")],
)
def test_words_stay_words(writeup: Writeup, written: str, value: str) -> None:
    (section,) = writeup.write("a.yaml", f"title: {written}\n").load().sections
    assert section.title == value


@pytest.mark.parametrize(
    ("written", "value"), [("1e-4", 1e-4), ("010", 10), ("0x10", 16), ("+.5", 0.5), ("5.", 5)]
)
def test_numbers_are_numbers(writeup: Writeup, written: str, value: float) -> None:
    text = "title: A\nexperiments: [{id: a, technique: draw, caption: A, guidance: %s}]\n"
    (section,) = writeup.write("a.yaml", text % written).load().sections
    assert section.experiments[0].variants[0].technique.model_dump()["guidance"] == value


def test_an_alias_is_what_it_stands_for(writeup: Writeup) -> None:
    text = "title: &t A\nintro: *t\noutro: *t\n"
    (section,) = writeup.write("a.yaml", text).load().sections
    assert (section.title, section.intro, section.outro) == ("A", "A", "A")


def test_windows_line_ends_and_a_byte_order_mark(writeup: Writeup) -> None:
    data = b"\xef\xbb\xbf" + SECTION.replace("\n", "\r\n").encode()
    project = writeup.write("hybrids.yaml", data).load()
    assert project.problem("oh", "hybrids", "title").column == 8
    assert project.sections[0].experiments[0].source.splitlines()[0] == "id: skull"


def test_ten_thousand_variants_in_one_experiment(writeup: Writeup) -> None:
    steps = ", ".join(str(step) for step in range(1, 101))
    guidance = ", ".join(str(scale) for scale in range(100))
    writeup.write(
        "a.yaml",
        "title: A\nexperiments:\n  - {id: a, technique: draw, caption: A, "
        f"sweep: {{steps: [{steps}], guidance: [{guidance}]}}}}\n",
    )
    start = time.process_time()
    (section,) = writeup.load().sections
    assert time.process_time() - start < 2
    assert len(section.experiments[0].variants) == 10_000


def test_loading_the_second_time_imports_nothing_heavy(writeup: Writeup) -> None:
    writeup.draw("a.png", (64, 64), lambda draw: None)
    writeup.write(
        "a.yaml",
        "title: A\nintro: '{{ runs.a.seed }}'\nexperiments:\n"
        "  - {id: a, technique: fill, image: a.png, caption: A}\n",
    ).load()
    code = (
        "import sys; from pathlib import Path\n"
        "from fwd_report.spec.load import load_project\n"
        "from tests.helpers.spec_techniques import TECHNIQUES\n"
        "load_project(Path(sys.argv[1]), techniques=TECHNIQUES)\n"
        "print(*{'torch', 'diffusers', 'matplotlib', 'numpy', 'PIL', 'jinja2'} & {*sys.modules})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(writeup.root)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == ""
