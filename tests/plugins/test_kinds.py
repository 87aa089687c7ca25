"""Samplers, processes, scorers and views of one's own: built with a tiny model, and held to their
protocols.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.plugins.test_broken import project_of
from tests.plugins.test_example import EXAMPLE

from fwd_report.build import build, load_plan
from fwd_report.diffusion.views import View
from fwd_report.errors import UserError
from fwd_report.models.stored import tensors_of
from fwd_report.plan.entries import Entries
from fwd_report.plugins.folder import read_folder
from fwd_report.plugins.offers import Plugins
from fwd_report.running import Options
from fwd_report.techniques.named_views import view_of

SAMPLER = """\
from dataclasses import dataclass
from typing import Any


@dataclass
class Frozen:
    of: Any

    def timesteps(self, steps=None):
        return self.of.timesteps(steps)

    def forward(self, x0, t, noise):
        return self.of.forward(x0, t, noise)

    def clean(self, xt, t, prediction):
        return self.of.clean(xt, t, prediction)

    def step(self, xt, t, t_next, prediction, noise):
        return xt * 0 + 0.25


def frozen(process):
    return Frozen(process)
"""
PROCESS = """\
import torch

from fwd_report.diffusion.flow import Flow
from fwd_report.training.objectives import Batch


class Slow(Flow):
    def draw(self, x0, label, generator):
        t = torch.full((len(x0),), 0.5, device=x0.device)
        noise = torch.randn(x0.shape, generator=generator, device=x0.device)
        return Batch(0.5 * noise + 0.5 * x0, t, label, x0 - noise)

    def told(self, t):
        return t


def slow(fields):
    return Slow(steps=3)
"""
SCORER = """\
class Even:
    temperature = 0.5

    def images(self, pictures):
        import torch
        return torch.nn.functional.normalize(pictures.mean((2, 3)), dim=-1)

    def texts(self, prompts):
        import torch
        return torch.eye(3)[[len(prompt) % 3 for prompt in prompts]]


def even(device):
    return Even()
"""
SECTION = """\
title: A
experiments:
  - {id: still, technique: sample, prompt: a dog, steps: 2, sampler: frozen, caption: c}
  - {id: net, technique: train, objective: slow, hidden: 4, batch: 8, epochs: 1, examples: 8,
     caption: c}
  - {id: drawn, technique: sample, model: net, steps: 3, caption: c}
  - {id: judged, technique: alignment, of: [still], scorer: even, caption: c}
"""


def test_a_sampler_a_process_and_a_scorer_make_results(tmp_path: Path, tiny_if: Path) -> None:
    files: dict[str, str | bytes] = {
        "samplers/frozen.py": SAMPLER,
        "processes/slow.py": PROCESS,
        "scorers/even.py": SCORER,
    }
    root = project_of(tmp_path / "p", files)
    (root / "model").symlink_to(tiny_if)
    (root / "experiments" / "report.yaml").write_text("title: T\nmodel: model/stage_1\n")
    (root / "experiments" / "a.yaml").write_text(SECTION)
    outcome = build(root, Options())
    assert not outcome.failures, outcome.failures
    plan, store = load_plan(root, Options())
    assert {run.status for run in plan.runs} == {"fresh"}
    entries = {run.experiment: Entries(store).read(run) for run in plan.runs}
    assert torch.allclose(tensors_of(entries["still"])["image"], torch.tensor(0.25))
    # A picture of one grey is (1, 1, 1)/√3 to this scorer, and each text an axis.
    assert entries["judged"].metrics["alignment"] == pytest.approx(3**-0.5, abs=1e-5)

    scorer = root / "techniques" / "scorers" / "even.py"
    scorer.write_text(SCORER.replace("% 3", "% 2"))
    process = root / "techniques" / "processes" / "slow.py"
    process.write_text(PROCESS.replace("0.5 * noise", "0.4 * noise"))
    plan, _ = load_plan(root, Options())
    stale = {run.experiment: run.why for run in plan.runs if run.status != "fresh"}
    assert stale.keys() == {"judged", "net", "drawn"}
    assert stale["judged"] == ("code ./techniques/scorers/even.py: Even.texts changed",)
    assert stale["net"] == ("code ./techniques/processes/slow.py: Slow.draw changed",)


DERIVED = """\
from typing import ClassVar
from fwd_report.techniques.base import Result, Technique, Trained
from fwd_report.techniques.compare import Compare
from fwd_report.techniques.train import Train


class Mine(Train):
    name: ClassVar[str] = "mine"
    extra: float = 1.0


class Side(Compare):
    name: ClassVar[str] = "side"


class Ask(Technique):
    name: ClassVar[str] = "ask"
    stage: ClassVar[None] = None
    unet: Trained

    def network_steps(self, needs):
        return 1

    def program(self, run):
        draw = run.noise.draw(run.asked.shape)
        prediction = yield from run.asked.estimate(None)(draw, 3)
        return Result(prediction.value)
"""
TRAININGS = """\
title: A
experiments:
  - {id: net, technique: mine, hidden: 4, batch: 8, epochs: 2, examples: 8, timesteps: 4,
     caption: c}
  - {id: drawn, technique: sample, model: net@1, samples: 2, caption: c}
  - {id: asked, technique: ask, sweep: {unet: [net@1, net@2]}, caption: c}
  - {id: both, technique: side, of: [drawn, asked], caption: c}
  - {id: lines, technique: curves, of: [net], caption: c}
"""


def test_what_derives_from_the_packages_own_is_used_as_that_is(tmp_path: Path) -> None:
    """A field of any name asks the trained network; a copied writeup is as current as it was."""
    root = project_of(tmp_path / "p", {"derived.py": DERIVED})
    (root / "experiments" / "a.yaml").write_text(TRAININGS)
    outcome = build(root, Options())
    assert not outcome.failures, outcome.failures
    assert outcome.ran == 5
    page = (root / "docs" / "report" / "a.md").read_text()
    assert "epoch 1" in page
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    again = build(copy, Options())
    assert (again.ran, again.pages) == (0, ())


VIEWS = {
    "shrinks": "def own(size, seed):\n    import torch\n    return torch.arange(size)\n",
    "lists": "def own(size, seed):\n    return 'abc'\n",
    "crops": "class V:\n    def apply(self, x): return x[..., 1:, 1:]\n"
    "    def invert(self, x): return x\n"
    "    def invert_variance(self, x): return x\nown = V()\n",
    "pads": "class V:\n    def apply(self, x): return x.flip(-1)\n"
    "    def invert(self, x): return x.flip(-1)\n"
    "    def invert_variance(self, x): return x[..., 1:]\nown = V()\n",
    "loses": "def own(size, seed):\n    import torch\n    return torch.zeros(size**2).long()\n",
    "scales": "class V:\n    def apply(self, x): return 2 * x\n"
    "    def invert(self, x): return x / 2\n"
    "    def invert_variance(self, x): return x\nown = V()\n",
    "squares": "class V:\n    def apply(self, x): return x.abs()\n"
    "    def invert(self, x): return x\n"
    "    def invert_variance(self, x): return x\nown = V()\n",
}


@pytest.mark.parametrize("wrong", sorted(VIEWS))
def test_a_view_that_is_not_orthogonal_is_refused(tmp_path: Path, wrong: str) -> None:
    root = project_of(tmp_path, {"views/own.py": VIEWS[wrong]})
    with (
        Plugins(root, read_folder(root)).used(),
        pytest.raises(UserError, match=r"^techniques/views/own\.py:\d+: the view 'own' \w"),
    ):
        view_of("own", 0, 16)


def test_a_view_that_stage_two_cannot_follow_is_refused(tmp_path: Path) -> None:
    """One whose order of pixels is another for each size; the kaleidoscope is the same for all."""
    pixels = "import torch\ndef own(size, seed): return torch.randperm(size**2)\n"
    root = project_of(tmp_path, {"views/own.py": pixels})
    with Plugins(root, read_folder(root)).used():
        assert view_of("own", 0, 16)
        with pytest.raises(UserError, match="another one of pictures that are 4 times as large"):
            view_of("own", 0, 64, times=4)
    with Plugins(EXAMPLE, read_folder(EXAMPLE)).used():
        assert view_of("kaleidoscope", 0, 64, times=4)


@pytest.mark.parametrize("size", [16, 15, 64])
def test_the_kaleidoscope_is_its_own_inverse_and_moves_pixels_alone(size: int) -> None:
    with Plugins(EXAMPLE, read_folder(EXAMPLE)).used():
        view = view_of("kaleidoscope", 0, size)
    assert isinstance(view, View)
    picture = torch.arange(size * size).reshape(1, size, size)
    seen = view.apply(picture)
    assert torch.equal(view.apply(seen), picture)
    assert torch.equal(seen.flatten().sort().values, picture.flatten())
    assert not torch.equal(seen, picture)
    assert torch.equal(view.apply(picture.flip(-1)), seen.flip(-1))


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
            "techniques/own.py:4: Own.program: image is a Tensor of shape (1, 3, 8, 8); a pict",
        ),
        (DONE, "return Result(run.noise.draw((8, 8)))", "image is a Tensor of shape (8, 8)"),
        (DONE, "return Result(images={'a': [1, 2]})", "a is a list; a picture is (C, H, W)"),
        (DONE, "return Result(frames={'a': run.noise.draw((3, 8, 8))})", "the frames a are a Tens"),
        (DONE, "return Result(metrics={'n': run.noise.draw((1,))})", "the metric n is a Tensor"),
        (DONE, "return Result(series={'n': 3.0})", "the series n is no list of numbers"),
        (DONE, "return 1 / 0", "division by zero (at techniques/own.py:10)"),
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


def said_by(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert not build(root, Options()).failures
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("draws", "of"),
    [
        ("import torch; torch.randn(3)", "torch"),
        ("import random; random.random()", "random"),
        ("import numpy; numpy.random.rand()", "numpy"),
    ],
)
def test_a_draw_from_a_global_generator_is_warned_of_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], draws: str, of: str
) -> None:
    files = {
        "own.py": WRONG.replace(
            "        yield from ()\n", f"        yield from ()\n        {draws}\n"
        )
    }
    root = project_of(tmp_path, files)
    section = "title: A\nexperiments:\n  - {id: x, technique: own, samples: 3, caption: c}\n"
    (root / "experiments" / "a.yaml").write_text(section)
    said = said_by(root, capsys)
    where = "warning: techniques/own.py:4: a.x[0] draws from the global generator of "
    assert said.count("draws from the global") == 1
    assert f"{where}{of}," in said


def test_own_generators_and_right_numbers_of_steps_are_not_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draws = "import torch; torch.randn(3, generator=torch.Generator().manual_seed(run.seed))"
    files = {"own.py": WRONG.replace("yield from ()", f"{draws}; yield from ()")}
    assert "warning" not in said_by(project_of(tmp_path, files), capsys)


def test_a_number_of_steps_that_is_not_made_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = "\n    def network_steps(self, needs):\n        return 7\n"
    said = said_by(project_of(tmp_path, {"own.py": WRONG + steps}), capsys)
    wrong = "techniques/own.py:4: Own.network_steps says 7, but a.x[0] made 0 steps"
    assert wrong in said


def test_a_figure_that_is_not_made_of_parts_is_an_error(tmp_path: Path) -> None:
    figure = "    @classmethod\n    def figure(cls, entries):\n        return 'a picture'\n"
    root = project_of(tmp_path, {"own.py": f"{WRONG}\n{figure}"})
    with pytest.raises(UserError, match=r"own\.py:4: Own\.figure returns no list of parts: 'a pic"):
        build(root, Options())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return 4", "return 1 / 0", r"own\.py:4: own\.size: ZeroDivisionError"),
        ("def size(self, project)", "def size(self)", r"own\.py:4: own\.size: TypeError"),
        ("return 4", "return 0", "no images to train on"),
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
