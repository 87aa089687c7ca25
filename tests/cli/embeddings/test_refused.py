"""What is in no file of encoded prompts, or should not be: an error at its line."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

import pytest
import torch
from tests.helpers.encoded import encoded, use
from tests.helpers.project import Project

from fwd_report import UserError, open_report


def test_a_prompt_that_no_file_holds_is_an_error_at_its_line(project: Project) -> None:
    """With what it may be a slip of, before anything runs."""
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


def test_a_prompt_that_no_file_holds_stops_only_the_runs_that_ask_it(project: Project) -> None:
    """As in a notebook that runs one section: the rest of the report can be read and run."""
    path = encoded(project)
    held = torch.load(path, weights_only=True)
    del held["a skull"]
    torch.save(held, path)
    use(project, path.name)
    report = open_report(project.root)
    assert report.run("stages").ran
    assert report["stages.small"][0].status == "fresh"
    for names in ((), ("hybrids",)):
        with pytest.raises(UserError, match='"a skull" is a prompt that prompts'):
            report.run(*names)
    assert project("build", "--only", "stages").returncode == 0
    check = project("check")
    assert "does not hold" not in check.stderr
    assert "hybrids" in check.stdout, "its figures have not run"
    line = 'experiments/hybrids.yaml:9: error: "a skull" is a prompt that prompts.pth does not hold'
    assert line in check.stdout
    assert project("store", "export", "results.zip").returncode == 0


@pytest.mark.parametrize(("held", "asked"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_an_accent_is_found_however_it_is_written(project: Project, held: str, asked: str) -> None:
    """On the screen they look the same, so no message could say what is wrong."""
    path = encoded(project)
    prompts = torch.load(path, weights_only=True)
    prompts[normalize(held, "a café")] = prompts.pop("a skull")
    torch.save(prompts, path)
    use(project, path.name)
    section = project.root / "experiments" / "hybrids.yaml"
    section.write_text(section.read_text().replace("a skull", normalize(asked, "a café")))
    done = project("build", "--only", "hybrids")
    assert done.returncode == 0, done.stderr


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
        ({"a skull": wide(), " A Skull ": wide() + 1}, 'bad.pth holds two encodings of "a skull"'),
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
        (project.root / name).write_bytes(b"\0 no tensors")
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
    assert '"waterfalls" is asked, and the technique\'s `prompts` does not name it' in done.stderr


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
    assert 'hold two encodings of "a skull"' in done.stderr
