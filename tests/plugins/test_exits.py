"""A plug-in ends no command, whatever it raises; Ctrl-C does, wherever a plug-in is."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from tests.helpers.project import Project
from tests.plugins.test_broken import FIELD, NAME, OWN, project_of

from fwd_report import UserError, open_report

VALIDATOR = """\
    prompt: Prompt = "a dog"
    from pydantic import field_validator
    @field_validator("prompt")
    @classmethod
    def check(cls, value):
        {}
"""
METHOD = "    prompt: Prompt = 'a dog'\n    def {}:\n        {{}}\n"
PLACES = {
    "a validator": VALIDATOR,
    "describe": METHOD.format("describe(self)"),
    "prompts": METHOD.format("prompts(self, needs)"),
    "default": "    prompt: Prompt = 'a dog'\n    def fail():\n        {}\n"
    "    other: int = Field(default_factory=fail)\n",
    "import": "    prompt: Prompt = 'a dog'\n    {}\n",
}
RAISED = {"sys.exit(0)": "SystemExit: 0", "raise KeyboardInterrupt": "KeyboardInterrupt"}


@pytest.mark.parametrize("statement", RAISED)
@pytest.mark.parametrize("place", PLACES)
def test_what_a_plug_in_raises_is_an_error_at_its_line_in_commands_and_notebooks(
    tmp_path: Path, place: str, statement: str
) -> None:
    own = "import sys\n" + OWN.replace(FIELD, PLACES[place].format(statement))
    root = project_of(tmp_path, {"own.py": own})
    section = root / "experiments" / "a.yaml"
    section.write_text(section.read_text().replace("own,", "own, prompt: a skull,"))
    line = own[: own.index(statement)].count("\n") + 1
    done = Project(root)("plan")
    assert done.returncode == 2, "and neither 0 nor that of Ctrl-C"
    assert f"techniques/own.py:{line}: " in done.stderr
    assert RAISED[statement] in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(UserError, match=rf"techniques/own\.py:{line}: .*{RAISED[statement]}"):
        open_report(root)


def test_a_program_that_raises_keyboard_interrupt_fails_alone(
    tmp_path: Path, tiny_if: Path
) -> None:
    own = OWN.replace(
        "        return Result", "        raise KeyboardInterrupt\n        return Result"
    )
    root = project_of(tmp_path / "p", {"own.py": own})
    (root / "experiments" / "report.yaml").write_text(f"title: T\nmodel: {tiny_if}/stage_1\n")
    done = Project(root)("build", "--keep-going")
    assert done.returncode == 1
    assert "KeyboardInterrupt: a plug-in fails by raising an Exception" in done.stderr
    assert "(at techniques/own.py:16)" in done.stderr


def test_ctrl_c_while_a_plug_in_is_imported_ends_the_command(tmp_path: Path) -> None:
    waits = "import pathlib, time\npathlib.Path('reached').touch()\nwhile True: time.sleep(0.01)\n"
    root = project_of(tmp_path, {"own.py": waits + OWN})
    process = Project(root).start("plan")
    while not (root / "reached").exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "own.py" not in errors, "the plug-in made no mistake"


@pytest.mark.parametrize(
    ("validator", "made"),
    [
        ("return 7", "its validators make of prompt what is none of its values, 7"),
        ("return object()", "its validators make of prompt what is none of its values, <object"),
        ("return '\\ud800'", "its validators make of prompt what is none of its values, '\\ud800'"),
        ("return 1 / 0", "techniques/own.py:13: ZeroDivisionError: division by zero"),
    ],
)
def test_a_validator_that_makes_something_else_is_an_error_of_the_spec(
    tmp_path: Path, validator: str, made: str
) -> None:
    own = OWN.replace(FIELD, VALIDATOR.format(validator))
    root = project_of(tmp_path, {"own.py": own})
    section = root / "experiments" / "a.yaml"
    section.write_text(section.read_text().replace("own,", "own, prompt: a skull,"))
    done = Project(root)("plan")
    assert done.returncode == 2
    assert f"experiments/a.yaml:3:5: own: {made}" in done.stderr


def test_a_validator_that_forgets_to_return_self_is_an_error(tmp_path: Path) -> None:
    """It made an experiment without runs, which looked as if all were done."""
    forgets = "    from pydantic import model_validator\n    @model_validator(mode='after')\n"
    own = OWN.replace(NAME, f"{NAME}{forgets}    def check(self):\n        pass\n")
    done = Project(project_of(tmp_path, {"own.py": own}))("plan")
    assert done.returncode == 2
    assert "experiments/a.yaml:3:5: own: a validator of Own returns a NoneType" in done.stderr


def test_what_a_plug_in_prints_while_a_command_runs_does_not_mix_with_json(tmp_path: Path) -> None:
    prints = "    def describe(self):\n        print('I am here')\n        return 'own'\n"
    done = Project(project_of(tmp_path, {"own.py": OWN + prints}))("plan", "--json")
    assert done.returncode == 0
    assert [run["technique"] for run in json.loads(done.stdout)] == ["own"]
    assert "I am here" in done.stderr
