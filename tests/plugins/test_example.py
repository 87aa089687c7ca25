"""The project of the guide, built from outside the package: stale exactly when its code changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest
import yaml

from fwd_report import open_report
from fwd_report.build import build, load_plan
from fwd_report.errors import UserError
from fwd_report.plugins.offers import read_plugins
from fwd_report.running import Options
from fwd_report.spec.schema import write_schemas

EXAMPLE = Path(__file__).parents[2] / "examples" / "own-techniques"
SMALL = {
    "timesteps: 50": "timesteps: 10", "hidden: 16": "hidden: 4", "epochs: 30": "epochs: 1",
    "samples: 5": "samples: 1", "high: waterfalls": "high: waterfalls\n    steps: 2",
    "view: kaleidoscope": "view: kaleidoscope\n    steps: 2",
}  # fmt: skip
"""What makes the example's runs short; the fields of its plug-ins stay as they are."""


def copied(folder: Path, tiny_if: Path) -> Path:
    """The example with a tiny model, and shorter runs."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".*", "docs"))
    (folder / "model").symlink_to(tiny_if)
    report = folder / "experiments" / "report.yaml"
    report.write_text(f"{report.read_text()}model: model/stage_1\nupscaler: model/stage_2\n")
    section = folder / "experiments" / "own.yaml"
    text = section.read_text()
    for usual, short in SMALL.items():
        assert usual in text
        text = text.replace(usual, short)
    section.write_text(text)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, tiny_if: Path) -> Path:
    """The example, built once."""
    root = copied(tmp_path_factory.mktemp("own") / "writeup", tiny_if)
    outcome = build(root, Options())
    assert not outcome.failures, outcome.failures
    assert outcome.ran == 4
    return root


def stale(root: Path) -> dict[str, tuple[str, ...]]:
    """The experiments that a build would run, and why."""
    plan, _ = load_plan(root, Options())
    return {run.experiment: run.why for run in plan.runs if run.status != "fresh"}


def test_from_python_its_network_can_be_asked_and_its_figures_shown(built: Path) -> None:
    report = open_report(built)
    model = report["own.net"][0].model()
    assert type(model).__name__ == "LoadedModel"
    assert "through the view kaleidoscope" in report["own.turned"]._repr_html_()


@contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[None]:
    """The file with `old` replaced by `new`; as it was before when the block ends."""
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new))
    try:
        yield
    finally:
        path.write_text(before)


def test_its_pages_show_what_its_plug_ins_made(built: Path) -> None:
    page = (built / "docs" / "report" / "own.md").read_text()
    assert "arm&#39;s length" in page or "arm's length" in page
    assert "through the view kaleidoscope" in page
    assert stale(built) == {}
    assert build(built, Options()).pages == ()


@pytest.mark.parametrize(
    ("file", "old", "new", "runs", "why"),
    [
        ("triple_hybrid.py", "model = run.asked", "model = run.asked  # the report's", "", ""),
        ("triple_hybrid.py", "The bands add up", "These bands add up", "", ""),
        ("triple_hybrid.py", '"from afar", "at arm', '"far", "at arm', "", ""),
        ("triple_hybrid.py", 'return f"from afar:', 'return f"far away:', "", ""),
        ("triple_hybrid.py", "x = run.noise", "x = 0.9 * run.noise", "triple",
         "code ./techniques/triple_hybrid.py: TripleHybrid.program changed"),
        ("triple_hybrid.py", "default=3.0", "default=2.0", "triple", "params.coarse: 3.0 → 2.0"),
        ("_bands.py", "as wide as three of them", "three of them wide", "", ""),
        ("_bands.py", "2 * ceil(3", "2 * ceil(2", "triple",
         "code ./techniques/_bands.py: blurred changed"),
        ("views/kaleidoscope.py", "and its own inverse", "its own inverse", "", ""),
        ("views/kaleidoscope.py", "pixels.flip(1), pixels", "pixels.flip(0), pixels", "turned",
         "code ./techniques/views/kaleidoscope.py: kaleidoscope changed"),
        ("networks/mixer.py", "layers: int = 3", "layers: int = 2", "net drawn",
         "code ./techniques/networks/mixer.py: Mixer.__init__ changed"),
        ("datasets/shapes.py", "/ 255", "/ 256", "net drawn",
         "code ./techniques/datasets/shapes.py: _tensors changed"),
        ("datasets/shapes.py", '"""What the dataset is read', '"""All that it is read', "", ""),
    ],
)  # fmt: skip
def test_a_result_is_stale_exactly_when_what_made_it_changed(
    built: Path, file: str, old: str, new: str, runs: str, why: str
) -> None:
    with edited(built / "techniques" / file, old, new):
        found = stale(built)
    assert sorted(found) == sorted(runs.split())
    if runs:
        assert why in found[runs.split()[0]]
    assert stale(built) == {}


def test_an_edited_figure_makes_the_pages_anew_and_runs_nothing(built: Path) -> None:
    with edited(built / "techniques" / "triple_hybrid.py", '("from afar", "at', '("far off", "at'):
        outcome = build(built, Options())
        assert outcome.ran == 0
        assert "far off" in (built / "docs" / "report" / "own.md").read_text()
    assert build(built, Options()).pages


def test_the_pictures_of_a_dataset_are_part_of_the_key(built: Path) -> None:
    picture = built / "experiments" / "shapes" / "disc" / "1.png"
    before = picture.read_bytes()
    other = (built / "experiments" / "shapes" / "disc" / "2.png").read_bytes()
    picture.write_bytes(other)
    try:
        found = stale(built)
    finally:
        picture.write_bytes(before)
    assert sorted(found) == ["drawn", "net"]
    assert found["net"] == ("inputs.dataset changed",)
    assert stale(built) == {}


def test_editors_complete_the_names_and_fields_of_its_plug_ins(built: Path) -> None:
    (section,) = (p for p in write_schemas(built, read_plugins(built)) if p.name == "section.json")
    schema = json.loads(section.read_text())
    techniques = schema["$defs"]["experiment"]["properties"]["technique"]["enum"]
    assert "triple_hybrid" in techniques
    fields = schema["$defs"]["technique-triple_hybrid"]["properties"]
    assert {"low", "middle", "high", "coarse", "fine", "guidance", "sampler"} <= fields.keys()
    assert schema["$defs"]["field-triple_hybrid.low"]["description"] == "What one sees from afar."
    assert "kaleidoscope" in schema["$defs"]["field-anagram.view"]["enum"]
    content = yaml.safe_load((built / "experiments" / "own.yaml").read_text())
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    validator(schema).validate(content)
    content["experiments"][1]["view"] = "kaleidoscop"
    with pytest.raises(jsonschema.ValidationError):
        validator(schema).validate(content)


def test_none_of_it_is_read_without_trust(built: Path) -> None:
    canary = built / "ran"
    with edited(
        built / "techniques" / "triple_hybrid.py",
        "class Triple",
        f"open({str(canary)!r}, 'w')\nclass Triple",
    ):
        with pytest.raises(UserError) as caught:
            load_plan(built, Options(untrusted=True))
        write_schemas(built, read_plugins(built, trusted=False))
    messages = [problem.message for problem in caught.value.problems]
    assert "there is no technique 'triple_hybrid'" in messages
    assert any(message.startswith("view should be") for message in messages)
    assert not canary.exists()
    assert "triple_hybrid" not in (built / ".fwd-report/schema/section.json").read_text()


@pytest.mark.parametrize("field", ["low", "coarse"])
def test_a_wrong_field_is_an_error_at_its_line(built: Path, field: str) -> None:
    section = built / "experiments" / "own.yaml"
    with (
        edited(section, "    low: a skull", f"    {field}: [1]"),
        pytest.raises(UserError) as caught,
    ):
        load_plan(built, Options())
    assert any(f"{field} should be" in p.message and p.line == 8 for p in caught.value.problems)
