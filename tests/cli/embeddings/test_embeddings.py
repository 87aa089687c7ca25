"""A report whose prompts come encoded, in a file, where no text encoder can be loaded."""

from __future__ import annotations

import json
import shutil
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.helpers.project import NOISE, Project, write_small_project

from fwd_report.build import load_plan
from fwd_report.running import Options, Running

SHOWN = """\
title: Two stages
order: 30
part: Part A
intro: Two.
experiments:
  - id: small
    technique: sample
    prompt: An oil painting of a man
    steps: 3
    seed: 5
    caption: A man.
  - id: large
    technique: upsample
    of: small
    steps: 2
    caption: The same, larger.
"""


@pytest.fixture
def project(tmp_path: Path, tiny_if: Path) -> Project:
    """A writeup with a model of its own, whose text encoder a test may take away."""
    model = tmp_path / "models"
    shutil.copytree(tiny_if, model)
    project = write_small_project(tmp_path / "writeup", model)
    project.write("stages", SHOWN)
    (project.root / "experiments" / "noise.yaml").unlink()
    return project


def encoded(project: Project, name: str = "prompts.pth") -> Path:
    """The round trip's first half: every prompt of the report, encoded where the encoder is."""
    done = project("prompts", "--encode", name)
    assert done.returncode == 0, done.stderr
    return project.root / name


def use(project: Project, *files: str) -> None:
    """Name the files in report.yaml, and take the text encoder away."""
    report = project.root / "experiments" / "report.yaml"
    report.write_text(report.read_text() + f"embeddings: {json.dumps(list(files))}\n")
    for part in ("text_encoder", "tokenizer"):
        shutil.rmtree(project.root / "model" / "stage_1" / part, ignore_errors=True)


def planned(project: Project) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(project("plan", "--json").stdout)
    return runs


def pictures(project: Project) -> dict[str, np.ndarray]:
    """The stored tensors of every run, by the run's name."""
    return {
        f"{run['section']}.{run['experiment']}": load_file(f"{run['path']}/tensors.safetensors")[
            "image"
        ].numpy()
        for run in planned(project)
    }


def test_every_prompt_that_runs_ask_is_listed(project: Project) -> None:
    """The unconditional one too, and that of the picture which is enlarged, once."""
    listed = json.loads(project("prompts", "--json").stdout)
    assert sorted(listed) == ["", "An oil painting of a man", "a skull", "waterfalls"]
    assert set(project("prompts").stdout.splitlines()) == {'""', *filter(None, listed)}


@pytest.mark.parametrize("name", ["prompts.pth", "prompts.safetensors"])
def test_the_same_pictures_without_a_text_encoder(project: Project, name: str) -> None:
    assert project("build").returncode == 0
    with_encoder = pictures(project)
    encoded(project, name)
    use(project, name)
    done = project("build")
    assert done.returncode == 0, done.stderr
    without = pictures(project)
    assert without.keys() == with_encoder.keys()
    for run, picture in with_encoder.items():
        np.testing.assert_array_equal(without[run], picture, err_msg=run)
    assert project("build", "--cached-only").returncode == 0


def test_the_courses_file_is_read(project: Project) -> None:
    """Half precision, (1, 77, D) or (77, D); spelling as the encoder reads it; split over files."""
    held = torch.load(encoded(project), weights_only=True)
    halves = OrderedDict((name.upper(), tensor.half()) for name, tensor in held.items())
    first, second = list(halves)[:2], list(halves)[2:]
    torch.save({name: halves[name] for name in first}, project.root / "one.pt")
    save_file({name: halves[name][0] for name in second}, project.root / "two.safetensors")
    use(project, "one.pt", "two.safetensors")
    done = project("build")
    assert done.returncode == 0, done.stderr


def test_what_is_in_the_key_is_the_tensor(project: Project) -> None:
    """Not its float type, its file or the prompts beside it; another tensor is another run."""
    path = encoded(project)
    use(project, path.name)
    assert project("build").returncode == 0
    held = torch.load(path, weights_only=True)
    torch.save({name: tensor.double() for name, tensor in held.items()} | {"more": held[""]}, path)
    assert project("build", "--cached-only").returncode == 0
    held["a skull"] = held["a skull"] + 1
    torch.save(held, path)
    stale = project("plan", "--why").stdout
    assert "hybrids.skull" in stale
    assert "1 of 3 runs to run" in stale
    assert "embeddings" in stale


def test_a_prompt_that_no_file_holds_is_an_error_at_its_line(project: Project) -> None:
    """With the nearest that there are, before anything runs."""
    path = encoded(project)
    held = torch.load(path, weights_only=True)
    held["a scull"] = held.pop("a skull")
    torch.save(held, path)
    use(project, path.name)
    for command in ("build", "plan"):
        done = project(command)
        assert done.returncode == 2
        assert "experiments/hybrids.yaml:9:10" in done.stderr, done.stderr
        assert '"a skull" is a prompt that prompts.pth does not hold' in done.stderr
        assert '"a scull"' in done.stderr
    assert not project.stored()


def test_the_unconditional_prompt_must_be_there(project: Project) -> None:
    path = encoded(project)
    held = torch.load(path, weights_only=True)
    del held[""]
    torch.save(held, path)
    use(project, path.name)
    done = project("build")
    assert done.returncode == 2
    assert "the unconditional prompt, which guidance asks" in done.stderr
    report = project.root / "experiments" / "hybrids.yaml"
    report.write_text(report.read_text() + "    guidance: 1\n")
    stages = project.root / "experiments" / "stages.yaml"
    stages.write_text(stages.read_text().replace("steps", "guidance: 1\n    steps"))
    assert project("build").returncode == 0, "without guidance nothing asks it"


class Code:
    """What a pickle could run."""

    def __reduce__(self) -> Any:
        return (print, ("ran",))


def wide() -> torch.Tensor:
    return torch.zeros(1, 77, 17)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"a skull": Code()}, "it holds more than tensors"),
        ([wide()], "it holds a list and no dict"),
        ({1: wide()}, "one of its keys is no text: 1"),
        ({"a skull": "text"}, 'what it holds for "a skull" is a str and no tensor'),
        ({"a skull": wide().int()}, "is a tensor of int32"),
        ({"a skull": wide()[:, :76]}, "has the shape (1, 76, 17)"),
        ({"a skull": wide()[0, 0]}, "has the shape (17,)"),
        ({"a skull": wide() + torch.nan}, "is not finite"),
        ({"a skull": torch.empty(1, 77, 16, device="meta")}, "is no plain tensor"),
        ({}, "it holds no prompt"),
    ],
)
def test_anything_else_in_a_file_is_refused(project: Project, held: Any, said: str) -> None:
    torch.save(held, project.root / "bad.pth")
    use(project, "bad.pth")
    done = project("build")
    assert done.returncode == 2
    assert "bad.pth" in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "ran" not in done.stdout


@pytest.mark.parametrize(
    "name", ["cut.pth", "cut.safetensors", "text.pth", "missing.pth", "a.npy", "folder.pth"]
)
def test_a_file_that_cannot_be_read_is_named(project: Project, name: str) -> None:
    if name.startswith("cut"):
        path = encoded(project, name)
        path.write_bytes(path.read_bytes()[:-40])
    elif name.startswith("text"):
        (project.root / name).write_text("no tensors")
    elif name.startswith("folder"):
        (project.root / name).mkdir()
    elif name.endswith(".npy"):
        (project.root / name).write_bytes(b"")
    use(project, name)
    done = project("build")
    assert done.returncode == 2
    assert name in done.stderr
    assert "experiments/report.yaml:5:" in done.stderr, "the place that names it"
    assert "Traceback" not in done.stderr


def test_encodings_of_another_width_are_an_error(project: Project) -> None:
    path = encoded(project)
    held = {name: wide() for name in torch.load(path, weights_only=True)}
    torch.save(held, path)
    use(project, path.name)
    done = project("build")
    assert done.returncode == 2
    assert "experiments/report.yaml" in done.stderr
    assert "17 numbers a token" in done.stderr
    assert "takes 16" in done.stderr


def test_what_was_planned_is_what_is_read(project: Project) -> None:
    """A file that is another between plan and run, and the old one again: nothing wrong stays."""
    path = encoded(project)
    use(project, path.name)
    right = path.read_bytes()
    plan, store = load_plan(project.root, Options())
    running = Running(plan, store, Options())
    keys = {run.key for run in plan.runs}
    held = torch.load(path, weights_only=True)
    torch.save({name: tensor + 1 for name, tensor in held.items()}, path)
    running.run()
    assert not any(store.has(key) for key in keys), "not what the keys name"
    path.write_bytes(right)
    assert project("build").returncode == 0
    assert all(store.has(key) for key in keys)


OWN = """\
from typing import ClassVar
from fwd_report.techniques.base import Prompt, Result, Technique

class Own(Technique):
    name: ClassVar[str] = "own"
    prompt: Prompt = "a skull"

    def network_steps(self, needs):
        return 1

    def program(self, run):
        estimate = run.asked.estimate("waterfalls")
        answer = yield from estimate(run.noise.draw(run.asked.shape), 0)
        return Result(answer.value)
"""


def test_a_prompt_that_a_technique_does_not_declare_is_refused(project: Project) -> None:
    """It would be in no key."""
    path = encoded(project)
    use(project, path.name)
    (project.root / "techniques").mkdir()
    (project.root / "techniques" / "own.py").write_text(OWN)
    project.write("own", "title: O\nexperiments: [{id: one, technique: own, caption: c}]\n")
    done = project("build", "--only", "own")
    assert done.returncode == 1
    assert "'waterfalls' is asked, and the technique's `prompts` does not name it" in done.stderr


def test_what_asks_no_prompt_knows_no_text_encoder(project: Project) -> None:
    """So naming a file reruns what asks prompts, and nothing else."""
    project.write("noise", NOISE)
    before = {run["section"] + str(run["axes"]): run["key"] for run in planned(project)}
    encoded(project)
    use(project, "prompts.pth")
    after = {run["section"] + str(run["axes"]): run["key"] for run in planned(project)}
    same = {name for name, key in before.items() if after[name] == key}
    assert same == {f"noise{{'t': {t}}}" for t in (250, 500, 750)}
    assert len(before) > len(same)


def test_a_renamed_file_is_looked_into_again(project: Project) -> None:
    """Its ending says how it is read."""
    encoded(project, "prompts.safetensors").rename(project.root / "prompts.pth")
    use(project, "prompts.pth")
    assert project("plan").returncode == 2
    (project.root / "prompts.pth").rename(project.root / "prompts.safetensors")
    report = project.root / "experiments" / "report.yaml"
    report.write_text(report.read_text().replace("prompts.pth", "prompts.safetensors"))
    assert project("plan").returncode == 0


def test_a_file_that_is_there_is_not_written_over(project: Project) -> None:
    path = encoded(project)
    before = path.read_bytes()
    done = project("prompts", "--encode", path.name, "--only", "hybrids")
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert path.read_bytes() == before
    assert project("prompts", "--encode", path.name, "--force", "--only", "hybrids").returncode == 0
    assert sorted(torch.load(path, weights_only=True)) == ["", "a skull", "waterfalls"]


def test_two_files_that_disagree_are_an_error(project: Project) -> None:
    held = torch.load(encoded(project), weights_only=True)
    torch.save({"a skull": held["a skull"] + 1}, project.root / "other.pth")
    use(project, "prompts.pth", "other.pth")
    done = project("build")
    assert done.returncode == 2
    assert "hold two encodings of 'a skull'" in done.stderr
