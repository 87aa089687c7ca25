"""Samplers, processes, scorers and views of one's own: built with a tiny model, and held to their
protocols.
"""

from __future__ import annotations

import shutil
from pathlib import Path

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
    draws = "torch.randperm(size**2, generator=torch.Generator().manual_seed(seed))"
    pixels = f"import torch\ndef own(size, seed): return {draws}\n"
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
