"""What does not keep to the protocol of its kind fails with its name and a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.helpers.project import Project
from tests.plugins.test_broken import project_of

from fwd_report.build import build, load_plan
from fwd_report.errors import UserError
from fwd_report.plugins.folder import read_folder
from fwd_report.plugins.offers import Plugins
from fwd_report.plugins.problems import ExitError
from fwd_report.running import Options


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("datasets", "own = 3\n", "own is not an object with files, size and load"),
        ("datasets", "class own:\n    files = size = load = None\n", "own is not an object with"),
        ("networks", "own = 3\n", "own is not a function of a training's fields"),
        ("samplers", "own = None\n", "own is not a function of a process"),
        ("views", "own = 'x'\n", "own is not a function of"),
    ],
)
def test_what_is_none_of_its_kind_is_an_error_at_its_line(
    tmp_path: Path, kind: str, text: str, message: str
) -> None:
    root = project_of(tmp_path, {f"{kind}/own.py": "\n" + text})
    with pytest.raises(UserError) as caught:
        Plugins(root, read_folder(root)).load(kind, "own")
    (problem,) = caught.value.problems
    assert (str(problem.file), problem.line) == (f"techniques/{kind}/own.py", 2)
    assert message in problem.message


NETWORK = "from torch import nn\ndef own(fields):\n    return {}\n"


DATASET = """\
from pathlib import Path
class D:
    def files(self, project): return [project / "experiments" / "report.yaml"]
    def size(self, project): return 4
    def load(self, project):
        import torch
        from fwd_report.training.datasets import Dataset
        images, labels = torch.zeros(4, 1, 28, 28), torch.zeros(4, dtype=torch.int64)
        return {}
own = D()
"""


TRAIN = "technique: train, hidden: 4, batch: 2, epochs: 1, caption: c"


@pytest.mark.parametrize(
    ("files", "field", "message"),
    [
        ({"networks/own.py": NETWORK.format("nn.Identity()")}, "network: own", "no parameters"),
        ({"networks/own.py": NETWORK.format("3")}, "network: own", "is int, not a torch.nn.Module"),
        ({"datasets/own.py": DATASET.format("7")}, "dataset: own", "loads int, not"),
        ({"datasets/own.py": DATASET.format("Dataset(images[0], labels, images, labels)")},
         "dataset: own", "train_images of shape (1, 28, 28)"),
        ({"datasets/own.py": DATASET.format("Dataset(images + 2, labels, images, labels)")},
         "dataset: own", "outside of [0, 1]"),
        ({"datasets/own.py": DATASET.format("Dataset(images, labels + 10, images, labels)")},
         "dataset: own", "outside of 0 to 9"),
        ({"datasets/own.py": DATASET.format("Dataset([1], [1], [1], [1])")}, "dataset: own",
         "has train images and labels that are no tensors"),
        ({"processes/own.py": "def own(fields): return 3\n"}, "objective: own",
         "cannot be trained"),
    ],
)  # fmt: skip
def test_what_does_not_keep_to_its_protocol_fails_with_its_name(
    tmp_path: Path, files: dict[str, Any], field: str, message: str
) -> None:
    root = project_of(tmp_path, files)
    text = f"title: A\nexperiments:\n  - {{id: net, {TRAIN}, {field}}}\n"
    (root / "experiments" / "a.yaml").write_text(text)
    (failure,) = build(root, Options()).failures
    assert message in failure.cause
    assert failure.wrong_input


def test_files_of_a_dataset_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    text = DATASET.format("7").replace('"report.yaml"', '"nothing.png"')
    root = project_of(tmp_path, {"datasets/own.py": text})
    section = f"title: A\nexperiments:\n  - {{id: net, {TRAIN}, dataset: own}}\n"
    (root / "experiments" / "a.yaml").write_text(section)
    with pytest.raises(UserError, match=r"own\.files names .*nothing\.png, which is no file"):
        load_plan(root, Options())


DONE = 'return Result(metrics={"n": 1.0})'


WRONG = """\
from fwd_report.techniques.base import Result, Technique


class Own(Technique):
    name = "own"
    stage = None

    def program(self, run):
        yield from ()
        return Result(metrics={"n": 1.0})
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("        yield from ()\n", "", "Own.program has no yield"),
        (DONE, "return 3", "Own.program returns int, no Result"),
        (
            DONE,
            "return Result(run.noise.draw((1, 3, 8, 8)))",
            "techniques/own.py:10: Own.program: image is a Tensor of shape (1, 3, 8, 8); a pic",
        ),
        (DONE, "return Result(run.noise.draw((8, 8)))", "image is a Tensor of shape (8, 8)"),
        (DONE, "return Result(images={'a': [1, 2]})", "a is a list; a picture is (C, H, W)"),
        (DONE, "return Result(frames={'a': run.noise.draw((3, 8, 8))})", "the frames a are a Tens"),
        (DONE, "return Result(metrics={'n': run.noise.draw((1,))})", "the metric n is a Tensor"),
        (DONE, "return Result(series={'n': 3.0})", "the series n is no list of numbers"),
        (DONE, "return Result(images=[run.noise.draw((3, 8, 8))])", "images is a list, no dict"),
        (DONE, "return Result(metrics={'n': 10**400})", "the metric n is a int, no number"),
        (
            DONE,
            "import numpy; return Result(metrics={'n': numpy.float32(1)})",
            "techniques/own.py:10: Own.program: the metric n is a float32, no number",
        ),
        (DONE, "return Result(metrics={'a\\ud800': 1.0})", "'a\\ud800' is no name of a number"),
        (DONE, "return Result()", "own.py:10: Own.program returns a Result with nothing in it"),
        (DONE, "open('/nothing')", "/nothing: No such file or directory (at techniques/own.py:10)"),
        (DONE, "raise StopIteration", "generator raised StopIteration (at techniques/own.py:10)"),
        (DONE, "raise ValueError('\\x1b[31m\\ud800 red')", "�[31m� red (at techniques/own.py:10)"),
        (
            DONE,
            "raise type('E', (Exception,), {'__str__': lambda e: None})()",
            "E (at techniques/own.py:10)",
        ),
        (DONE, "return 1 / 0", "division by zero (at techniques/own.py:10)"),
        (DONE, "import sys; sys.exit(3)", "SystemExit: 3: a plug-in fails by raising an Exception"),
        (DONE, "raise BaseException", "and ends no command (at techniques/own.py:10)"),
        (
            "def program(self, run)",
            "def program(self)",
            "Own.program() takes 1 positional argument",
        ),
    ],
)
def test_a_program_that_is_none_fails_with_a_sentence(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    root = project_of(tmp_path, {"own.py": WRONG.replace(old, new)})
    (failure,) = build(root, Options()).failures
    assert message in failure.cause


QUESTION = """\
        from dataclasses import dataclass
        from fwd_report.diffusion.computing import applied
        @dataclass
        class Scale:
            by: float
            def __call__(self, images): return images * self.by
        x = yield from applied({}, run.noise.draw((3, 8, 8)))
        return Result(x)
"""


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("Scale(2.0)", "unhashable type: 'Scale'"),
        ("lambda images: images.mean(0)", "returned (3, 8, 8)"),
        ("lambda images: images[:0]", "returned (0, 3, 8, 8)"),
        ("lambda images: exit(3)", "SystemExit: 3"),
    ],
)
def test_a_question_that_cannot_be_answered_fails_its_run_alone(
    tmp_path: Path, function: str, message: str
) -> None:
    begin = WRONG[: WRONG.index("        yield")]
    fine = begin.replace('"own"', '"fine"') + QUESTION.format("abs")
    root = project_of(tmp_path, {"own.py": begin + QUESTION.format(function), "fine.py": fine})
    (root / "experiments" / "a.yaml").write_text(
        "title: A\nexperiments:\n  - {id: x, technique: own, caption: c}\n"
        "  - {id: y, technique: fine, samples: 3, caption: c}\n"
    )
    outcome = build(root, Options(keep_going=True))
    (failure,) = outcome.failures
    assert failure.run.name == "a.x[0]"
    assert message in failure.cause
    assert outcome.ran == 3


FIGURE = WRONG + "\n    @classmethod\n    def figure(cls, entries):\n        "


def test_a_figure_that_is_not_made_of_parts_is_an_error(tmp_path: Path) -> None:
    root = project_of(tmp_path, {"own.py": f"{FIGURE}return 'a picture'\n"})
    with pytest.raises(UserError, match=r"own\.py:4: Own\.figure returns no list of parts: 'a pic"):
        build(root, Options())


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("Grid(((3,),))", "Grid.rows is no tuple"),
        ("Grid(((None,),), row_labels=(1,))", "Grid.row_labels is no tuple[str, ...]: (1,)"),
        ("Slider(None, None)", "Slider.before is no Picture: None"),
        ("Table(('\\ud800',), ())", "Table.header is no tuple[str, ...]: ('\\ud800',)"),
        ("Curve((('loss', 3.0),), 'x', 'y', 'a')", "Curve.lines is no tuple"),
    ],
)
def test_a_part_of_a_figure_that_holds_something_else_is_an_error(
    tmp_path: Path, part: str, message: str
) -> None:
    parts = "from fwd_report.techniques.parts import Curve, Grid, Slider, Table"
    root = project_of(tmp_path, {"own.py": f"{FIGURE}{parts}; return [{part}]\n"})
    with pytest.raises(UserError) as caught:
        build(root, Options())
    assert f"own.py:4: Own.figure returns a part whose {message}" in str(caught.value)


def test_a_figure_of_a_file_that_is_no_picture_names_it(tmp_path: Path) -> None:
    parts = (
        "from fwd_report.techniques.parts import Grid, Picture\n        from pathlib import Path"
    )
    shown = "Grid(((Picture(Path('/etc/passwd'), 'a'),),))"
    root = project_of(tmp_path, {"own.py": f"{FIGURE}{parts}\n        return [{shown}]\n"})
    done = Project(root)("build")
    assert done.returncode == 1
    assert "/etc/passwd: this is no picture" in done.stderr


def test_a_figure_that_exits_is_an_error(tmp_path: Path) -> None:
    root = project_of(tmp_path, {"own.py": f"{FIGURE}exit(3)\n"})
    with pytest.raises(ExitError, match="SystemExit: 3"):
        build(root, Options())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return 4", "return 1 / 0", r"own\.py:4: own\.size: ZeroDivisionError"),
        ("return 4", "exit(3)", r"own\.py:4: own\.size: SystemExit: 3"),
        ("def size(self, project)", "def size(self)", r"own\.py:4: own\.size: TypeError"),
        ("return 4", "return 0", "own.py: the dataset 'own' has no number of images to train on"),
        ("return 4", "return True", "no number of images to train on: its size is True"),
        ("return 4", "return 10**5000", "no number of images to train on: its size is a int"),
        (
            'return [project / "experiments" / "report.yaml"]',
            "return None",
            "no list of paths: None",
        ),
        ('return [project / "experiments" / "report.yaml"]', "return []", "names no file"),
    ],
)
def test_a_dataset_that_cannot_say_what_it_is_is_an_error(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    root = project_of(tmp_path, {"datasets/own.py": DATASET.format("7").replace(old, new)})
    section = f"title: A\nexperiments:\n  - {{id: net, {TRAIN}, dataset: own}}\n"
    (root / "experiments" / "a.yaml").write_text(section)
    with pytest.raises(UserError, match=message):
        load_plan(root, Options())
