"""A report whose prompts come encoded, in a file, where no text encoder can be loaded."""

from __future__ import annotations

import json
from collections import OrderedDict

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.helpers.encoded import encoded, planned, use
from tests.helpers.project import NOISE, Project

from fwd_report.build import load_plan
from fwd_report.running import Options, Running


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
