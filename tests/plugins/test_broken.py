"""Whatever is wrong with a plug-in is an error at its line, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from fwd_report.build import Options, build
from fwd_report.errors import UserError
from fwd_report.plan.plan import make_plan
from fwd_report.plugins.importing import plugin_line
from fwd_report.plugins.problems import ExitError
from fwd_report.spec.fields import EXPERIMENT_KEYS
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store
from fwd_report.techniques.own_techniques import RESERVED

OWN = """\
from collections.abc import Callable
from typing import Any, ClassVar
from pydantic import Field
from fwd_report.techniques.base import EachRun, Prompt, Result, Technique

class Own(Technique):
    name: ClassVar[str] = "own"
    prompt: Prompt = "a dog"

    def network_steps(self, needs):
        return 1

    def program(self, run):
        estimate = run.asked.estimate(self.prompt)
        answer = yield from estimate(run.noise.draw(run.asked.shape), 0)
        return Result(answer.value)
"""
NAME, FIELD = '    name: ClassVar[str] = "own"\n', '    prompt: Prompt = "a dog"\n'


def project_of(root: Path, files: dict[str, str | bytes]) -> Path:
    (root / "experiments").mkdir(parents=True)
    (root / "experiments" / "report.yaml").write_text("title: T\n")
    experiment = "{id: x, technique: own, caption: c}"
    (root / "experiments" / "a.yaml").write_text(f"title: A\nexperiments:\n  - {experiment}\n")
    for name, text in files.items():
        path = root / "techniques" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


@pytest.mark.parametrize(
    ("files", "file", "line", "message"),
    [
        ({"own.py": OWN + "def f(:\n"}, "own.py", 17, "no Python: invalid syntax"),
        ({"own.py": OWN + "\0"}, "own.py", None, "null bytes"),
        ({"own.py": OWN.encode() + b'x = "\xe9"\n'}, "own.py", 17, "utf-8"),
        ({"own.py": OWN + f"x = {'(' * 500}1{')' * 500}\n"}, "own.py", 17, "nested"),
        ({"own.py": "import nothing_there\n" + OWN}, "own.py", 1, "No module named"),
        ({"own.py": "from ._h import x\n" + OWN, "_h.py": "\nraise OSError('no')\n"}, "_h.py", 2,
         "cannot be imported: OSError: no"),
        ({"own.py": "import sys\nsys.exit(3)\n" + OWN}, "own.py", 2, "SystemExit: 3"),
        ({"own.py": "class B(BaseException): ...\nraise B('x')\n" + OWN}, "own.py", 2, "B: x"),
        ({"own.py": "raise KeyboardInterrupt\n" + OWN}, "own.py", 1, "KeyboardInterrupt"),
        ({"own.py": OWN.replace(FIELD, "    a: int = Field(1, exclude=True)\n")}, "own.py", 8,
         "'a' has exclude=True"),
        ({"own.py": "from pydantic import SecretStr\n"
          + OWN.replace(FIELD, "    a: SecretStr | None = None\n")}, "own.py", 9,
         "'a' is of a type that hides its value"),
        ({"own.py": OWN.replace(FIELD, "    a: list[frozenset[str]] = []\n")}, "own.py", 8,
         "'a' is a set"),
        ({"own.py": OWN.replace(FIELD, "    a: set[int] = Field(default_factory=set)\n")},
         "own.py", 8, "'a' is a set"),
        ({"own.py": OWN, "__init__.py": "1 / 0\n"}, "__init__.py", 1, "ZeroDivisionError"),
        ({"own.py": "x = 1\n"}, "own.py", None, "defines no technique"),
        ({"own.py": OWN.replace("(Technique)", "")}, "own.py", 6, "Own is not derived from Techni"),
        ({"own.py": OWN.replace(NAME, "")}, "own.py", 6, "Own has no name of its own"),
        ({"own.py": OWN.replace("ClassVar[str]", "str")}, "own.py", 7, "Own.name is a field"),
        ({"own.py": OWN.replace('"own"', '"My Own"')}, "own.py", 7, "not 'My Own'"),
        ({"own.py": OWN.replace("def program", "def run")}, "own.py", 6, "has no program"),
        ({"own.py": OWN.replace(FIELD, '    kind = "magic"\n')}, "own.py", 8, "not 'magic'"),
        ({"own.py": OWN.replace(FIELD, "    seed: int = 3\n")}, "own.py", 8, "'seed' is a key"),
        ({"own.py": OWN.replace("Prompt =", "Promt =")}, "own.py", 8, "'Promt' is not defined"),
        ({"own.py": "from __future__ import annotations\n" + OWN.replace("Prompt =", "Promt =")},
         "own.py", 7, "the type of a field is not known: name 'Promt'"),
        ({"own.py": OWN.replace(FIELD, "    f: Callable[[int], int] = abs\n")}, "own.py", 8,
         "'f' cannot be written in YAML"),
        ({"own.py": OWN.replace('"a dog"', "3")}, "own.py", 8, "default of 'prompt' is none of"),
        ({"own.py": OWN.replace(FIELD, "    a: float = float('nan')\n")}, "own.py", 8,
         "default of 'a' cannot be in a run's key: nan"),
        ({"own.py": OWN.replace(FIELD, f"{FIELD}    a: EachRun\n    b: EachRun\n")}, "own.py", 10,
         "two EachRun fields, a and b"),
        ({"own.py": OWN.replace('"own"', '"hybrid"')}, "own.py", None,
         "techniques/own.py:6 and fwd_report/techniques/hybrid.py"),
        ({"own.py": OWN, "too.py": OWN}, "too.py", None,
         "techniques/too.py:6 and techniques/own.py:6"),
        ({"my-own.py": OWN}, "my-own.py", None, "cannot be imported under its name"),
        ({"own.py": OWN, "views/a.py": "def b(): pass\n"}, "views/a.py", None, "defines no 'a'"),
        ({"own.py": OWN, "views/flip.py": "flip = 1\n"}, "views/flip.py", None, "called 'flip'"),
        ({"own.py": OWN, "views/a.py": "def a(:\n"}, "views/a.py", 1, "no Python"),
    ],
)  # fmt: skip
def test_a_broken_plug_in_is_an_error_at_its_line(
    tmp_path: Path, files: dict[str, str | bytes], file: str, line: int | None, message: str
) -> None:
    with pytest.raises(UserError) as caught:
        load_project(project_of(tmp_path, files))
    (problem,) = caught.value.problems
    assert (str(problem.file), problem.line) == (f"techniques/{file}", line)
    assert message in problem.message


@pytest.mark.parametrize(
    "files",
    [
        {"own.py": OWN.replace("name: ClassVar[str]", "name")},
        {"own.py": "from bands import f\nimport bands as b\nassert f() == b.f() == 1\n" + OWN,
         "bands.py": "def f(): return 1\n"},
        {"own.py": "from techniques.bands import f\nfrom techniques import bands\nf()\n" + OWN,
         "bands.py": "def f(): return 1\n"},
        {"own.py": "import json\njson.dumps(1)\n" + OWN, "datasets/json.py": "json = 1\n"},
        {"json.py": "import json\njson.dumps(1)\n" + OWN},
        {"own.py": "from . import other\n" + OWN, "other.py": "from . import own\n"},
        {"own.py": OWN, "_work_in_progress.py": "1 / 0\n", ".hidden.py": "1 / 0\n"},
        {"own.py": "from .parts.low import f\nf()\n" + OWN, "parts/low.py": "def f(): pass\n"},
    ],
)  # fmt: skip
def test_what_is_not_broken_is_found(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    if "datasets/json.py" in files:
        with pytest.raises(UserError, match="not an object with files"):
            load_project(project_of(tmp_path, files)).plugins.load("datasets", "json")
        return
    assert "own" in load_project(project_of(tmp_path, files)).plugins.techniques


@pytest.mark.parametrize("method", ["network_steps(self, needs)", "describe(self)"])
def test_an_error_of_a_method_knows_its_line(tmp_path: Path, method: str) -> None:
    text = f"{OWN}\n    def {method}:\n        return 1 / 0\n"
    project = load_project(project_of(tmp_path, {"own.py": text}))
    with pytest.raises(ZeroDivisionError) as caught:
        _ = [run.alt for run in make_plan(project, Store(tmp_path)).runs]
    assert plugin_line(caught.value) == "techniques/own.py:19"


def test_a_method_that_exits_is_an_error_with_its_line(tmp_path: Path) -> None:
    text = f"{OWN}\n    def describe(self):\n        exit(3)\n"
    project = load_project(project_of(tmp_path, {"own.py": text}))
    with pytest.raises(ExitError, match="SystemExit: 3") as caught:
        project.plugins.techniques["own"]().describe()
    assert plugin_line(caught.value) == "techniques/own.py:19"


@pytest.mark.parametrize(
    ("method", "answer", "message"),
    [
        ("network_steps(self, needs)", "'many'", "no number of steps: 'many'"),
        ("network_steps(self, needs)", "None", "no number of steps: None"),
        ("network_steps(self, needs)", "-1", "no number of steps: -1"),
        ("network_steps(self, needs)", "10**400", "no number of steps: 1000"),
        ("prompts(self, needs)", "5", "no tuple of texts: 5"),
        ("prompts(self, needs)", "[5]", r"no tuple of texts: \[5\]"),
        ("prompts(self, needs)", "'a dog'", "no tuple of texts: 'a dog'"),
        ("describe(self)", "None", "no text: None"),
        ("describe(self)", "'half \\ud800'", r"no text: 'half \\ud800'"),
        ("alt(self, axes)", "3", "no text: 3"),
        ("without_effect(self)", "{'prompt': 'why'}", "no reasons, as .*: {'prompt': 'why'}"),
    ],
)
def test_a_wrong_answer_of_a_method_is_an_error_at_its_line(
    tmp_path: Path, method: str, answer: str, message: str
) -> None:
    own = OWN.replace("    def network_steps(self, needs):\n        return 1\n", "")
    text = f"{own}    def {method}:\n        return {answer}\n"
    root = project_of(tmp_path, {"own.py": text})
    (root / "experiments" / "report.yaml").write_text("title: T\n")
    name = method.partition("(")[0]
    for _ in range(2):  # the second time the module is there already
        with pytest.raises(
            UserError, match=rf"^techniques/own\.py:15: Own\.{name} returns {message}"
        ):
            _ = [run.alt for run in make_plan(load_project(root), Store(root)).runs]


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("readings(cls, params)", "no tuple of Reading: 3"),
        ("front_rank(cls)", "no place, 1 or more, or None: '3'"),
    ],
)
def test_a_wrong_answer_of_a_class_is_an_error_at_its_line(
    tmp_path: Path, member: str, message: str
) -> None:
    answer = "'3'" if "rank" in member else "3"
    text = f"{OWN}    @classmethod\n    def {member}:\n        return {answer}\n"
    own = load_project(project_of(tmp_path, {"own.py": text})).plugins.techniques["own"]
    name, _, arguments = member.partition("(")
    with pytest.raises(UserError, match=rf"^techniques/own\.py:17: Own\.{name} returns {message}"):
        getattr(own, name)(*[{}] * arguments.count(","))


@pytest.mark.parametrize("answer", ["None", "3", "[3]", "'a.txt'"])
def test_files_that_are_none_are_an_error_of_the_dataset(tmp_path: Path, answer: str) -> None:
    dataset = (
        f"class D:\n    def files(self, project): return {answer}\n"
        "    def size(self, project): return 8\n    def load(self, project): pass\nds = D()\n"
    )
    root = project_of(tmp_path, {"datasets/ds.py": dataset})
    section = root / "experiments" / "a.yaml"
    named = "technique: train, objective: flow, dataset: ds"
    section.write_text(section.read_text().replace("technique: own", named))
    with pytest.raises(UserError, match=r"techniques/datasets/ds\.py: ds\.files returns no list"):
        make_plan(load_project(root), Store(root))


@pytest.mark.parametrize("name", ["../../../../experiments/images/dot", "a/b", "a.b", "", "é"])
@pytest.mark.parametrize("kind", ["images", "frames"])
def test_a_result_writes_no_file_outside_its_folder(
    tmp_path: Path, tiny_if: Path, name: str, kind: str
) -> None:
    named = {"images": {"fine": "answer.value"}, "frames": {}}
    named[kind][name] = "answer.value[None]" if kind == "frames" else "answer.value"
    made = ", ".join(
        f"{field}={{{', '.join(f'{each!r}: {value}' for each, value in of.items())}}}"
        for field, of in named.items()
    )
    own = OWN.replace("Result(answer.value)", f"Result({made})")
    root = project_of(tmp_path / "p", {"own.py": own})
    (root / "experiments" / "report.yaml").write_text(f"title: T\nmodel: {tiny_if}/stage_1\n")
    picture = root / "experiments" / "images" / "dot.png"
    picture.parent.mkdir()
    picture.write_bytes(b"mine")
    before = set(root.rglob("*"))
    outcome = build(root, Options())
    (failure,) = outcome.failures
    wrong = f"{name!r} is no name of a picture: use letters A-Z and a-z"
    assert failure.cause.startswith(f"techniques/own.py:16: Own.program: {wrong}")
    assert failure.wrong_input
    assert picture.read_bytes() == b"mine"
    new = {path.name for path in set(root.rglob("*")) - before}
    assert not any(each.endswith((".png", ".npy", ".safetensors")) for each in new)


def test_what_a_plug_in_prints_does_not_mix_with_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_project(project_of(tmp_path, {"own.py": f"print('loaded')\n{OWN}"}))
    said = capsys.readouterr()
    assert said.out == ""
    assert "loaded" in said.err


def test_two_projects_have_a_file_of_one_name_each(tmp_path: Path) -> None:
    made = {}
    for number in (1, 2):
        helper = f"def f(): return {number}\n"
        text = OWN.replace('"a dog"', "str(f())")
        root = project_of(tmp_path / str(number), {"own.py": f"from bands import f\n{text}",
                                                   "bands.py": helper})  # fmt: skip
        made[number] = load_project(root).plugins.techniques["own"]
    assert {number: technique().prompt for number, technique in made.items()} == {1: "1", 2: "2"}


def test_an_edit_is_seen_by_the_next_plan_and_not_by_the_present_one(tmp_path: Path) -> None:
    late = OWN.replace("        estimate =", "        from .late import seen\n        seen()\n"
                       "        estimate =")  # fmt: skip
    root = project_of(tmp_path, {"own.py": late, "late.py": "def seen(): return 1\n"})
    before = load_project(root)
    (root / "techniques" / "late.py").write_text("def seen(): return 2\n")
    after = load_project(root)
    found = []
    for project in (before, after):
        module = type(project.plugins.techniques["own"]()).__module__
        package = module.rpartition(".")[0]
        found.append(__import__(f"{package}.late", fromlist=["seen"]).seen())
    assert found == [1, 2]


def test_all_keys_of_an_experiment_are_reserved() -> None:
    assert set(EXPERIMENT_KEYS) <= RESERVED
