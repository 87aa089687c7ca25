"""The road of who has DeepFloyd IF: from the hub, and where no machine holds its text encoder.

The hub is one on loopback with the true names and configurations; the weights are tiny and random.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.helpers import deepfloyd
from tests.helpers.deepfloyd import CLIP, II, UNREAD, UNREAD_OF_CLIP, XL, M
from tests.helpers.hub_files import Files
from tests.helpers.hub_server import Hub, Repository
from tests.helpers.project import Project
from tests.helpers.starter_of_gpu import sections, small, words

from fwd_report.starter import copy_starter

GPU = ("--profile", "gpu")
DIGITS = ("--set", "dataset=digits")
"""In place of MNIST, which is somewhere else on the network."""
READ_1 = {
    "scheduler/scheduler_config.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.fp16.safetensors",
}
READ_2 = READ_1 | {"image_noising_scheduler/scheduler_config.json"}
ENCODER = {
    "text_encoder/config.json",
    "text_encoder/model.fp16-00001-of-00002.safetensors",
    "text_encoder/model.fp16-00002-of-00002.safetensors",
    "tokenizer/special_tokens_map.json",
    "tokenizer/spiece.model",
    "tokenizer/tokenizer_config.json",
}


@pytest.fixture(scope="module")
def miniatures() -> dict[str, Files]:
    torch.set_num_threads(1)
    return {
        **{name: deepfloyd.miniature(name, words()) for name in (XL, II)},
        CLIP: deepfloyd.miniature_clip(),
    }


@pytest.fixture
def served(model_hub: Hub, miniatures: dict[str, Files], monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub with the models of the starter's `gpu` profile, and who is logged in there."""
    for name, files in miniatures.items():
        repository = Repository(licensed=name != CLIP, accepted={"hf_student"}, xet=True)
        repository.commit(files)
        model_hub.repositories[name] = repository
    monkeypatch.setenv("HF_TOKEN", "hf_student")
    return model_hub


@pytest.mark.parametrize(("name", "count"), [(M, 371_605_830), (XL, 4_304_695_110)])
def test_the_configurations_are_of_the_published_sizes(name: str, count: int) -> None:
    """0.4 and 4.3 billion; the file of M's half precision has 743 MB."""
    from accelerate import init_empty_weights
    from diffusers import UNet2DConditionModel

    with init_empty_weights():
        unet = UNet2DConditionModel.from_config(deepfloyd.unet_config(name, scaled=False))
    assert sum(tensor.numel() for tensor in unet.parameters()) == count


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_profile_builds_from_the_hub(served: Hub, tmp_path: Path, whole: bool) -> None:
    """Only what is read is downloaded; the second time, nothing.

    By default a section that samples and enlarges; the whole has the trainings, too.
    """
    built = sections() if whole else ["setup"]
    copy_starter(tmp_path / "mine", built)
    project = Project(tmp_path / "mine")
    options = (*GPU, *DIGITS, *small(built))
    done = project("build", *options)
    assert done.returncode == 0, done.stderr[-3000:]
    assert served.downloads_of(XL) == READ_1 | ENCODER
    assert served.downloads_of(II) == READ_2, "it has a text encoder of its own, which is the same"
    assert not served.downloads_of(CLIP) & {*UNREAD, *UNREAD_OF_CLIP}
    assert not [path for path in served.asked if "xet" in path]
    for section in built:
        assert (project.root / "docs" / "report" / f"{section}.md").is_file(), section
    served.asked.clear()
    again = project("build", *options)
    assert "nothing to run" in again.stdout, again.stderr
    assert not served.asked


def test_what_is_needed_is_downloaded_beforehand(
    served: Hub, miniatures: dict[str, Files], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a stage I with half precision in one part alone; nobody asks the hub afterwards."""
    smaller = dict(miniatures[XL])
    half = smaller.pop("unet/diffusion_pytorch_model.fp16.safetensors")
    smaller["unet/diffusion_pytorch_model.safetensors"] = half
    repository = Repository(licensed=True, accepted={"hf_student"})
    repository.commit(smaller)
    served.repositories[M] = repository
    copy_starter(tmp_path / "mine", ["setup"])
    project = Project(tmp_path / "mine")
    options = (*GPU, "--set", f"model={M}", *small(["setup"]))
    done = project("download", *options)
    assert done.returncode == 0, done.stderr
    assert f"downloading {M}: " in done.stderr
    full = "unet/diffusion_pytorch_model.safetensors"
    assert served.downloads_of(M) == {full, *(ENCODER | READ_1)} - {
        "unet/diffusion_pytorch_model.fp16.safetensors"
    }
    assert served.downloads_of(II) == READ_2
    assert served.downloads_of(XL) == served.downloads_of(CLIP) == set(), "nothing asks them"
    assert not project.stored()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "all models are on this machine" in project("download", *options).stdout
    assert project("build", *options).returncode == 0


@pytest.fixture
def student(
    miniatures: dict[str, Files], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A writeup's folder on a machine without a text encoder, a hub and a network."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no-cache"))
    for name, files in miniatures.items():
        for file, content in files.items():
            if content != b"never read":
                path = tmp_path / "models" / name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    return Project(tmp_path / "mine")


def local(tmp_path: Path) -> tuple[str, ...]:
    """Options that name the models' folders."""
    folders = {"model": XL, "upscaler": II, "scorer": CLIP}
    places = {field: tmp_path / "models" / name for field, name in folders.items()}
    return tuple(word for field, place in places.items() for word in ("--set", f"{field}={place}"))


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_road_a_student_takes(student: Project, tmp_path: Path, whole: bool) -> None:
    """The course's file in place of the T5; a prompt that it lacks is named.

    All of Part A takes a minute; by default, a section that samples and scores.
    """
    built_ones = sections("Part A") if whole else ["anagrams"]
    copy_starter(student.root, built_ones)
    options = (*GPU, *local(tmp_path), *small(built_ones))
    prompts = student.root / "prompt_embeds_dict.pth"
    done = student("prompts", "--encode", prompts.name, *options)  # where the encoder is
    assert done.returncode == 0, done.stderr
    for name in (XL, II):
        for part in ("text_encoder", "tokenizer"):
            shutil.rmtree(tmp_path / "models" / name / part)
    held: dict[str, Any] = torch.load(prompts, weights_only=True)
    listed = json.loads(student("prompts", "--json", *options).stdout)
    assert set(held) == set(listed)
    assert "" in held

    report = student.root / "experiments" / "report.yaml"
    report.write_text(report.read_text() + "embeddings@gpu: prompt_embeds_dict.pth\n")
    lacking = {name: tensor for name, tensor in held.items() if name != "a lithograph of a skull"}
    torch.save(lacking, prompts)
    refused = student("build", *options)
    assert refused.returncode == 2
    where = next(
        f"experiments/anagrams.yaml:{number}:"
        for number, line in enumerate(
            (student.root / "experiments" / "anagrams.yaml").read_text().splitlines(), 1
        )
        if "a lithograph of a skull" in line
    )
    assert where in refused.stderr, refused.stderr
    assert '"a lithograph of a skull" is a prompt that' in refused.stderr
    assert refused.stderr.count("fwd-report prompts --in prompt_embeds_dict.pth") == 1
    assert "Traceback" not in refused.stderr
    assert not student.stored(), "nothing ran"

    torch.save({name: tensor.half() for name, tensor in held.items()}, prompts)  # as the course's
    built = student("build", *options)
    assert built.returncode == 0, built.stderr[-3000:]
    for section in built_ones:
        assert (student.root / "docs" / "report" / f"{section}.md").is_file(), section
    assert student("build", "--cached-only", *options).returncode == 0


def test_embeddings_spare_the_download_of_the_text_encoder(
    served: Hub, miniatures: dict[str, Files], tmp_path: Path
) -> None:
    copy_starter(tmp_path / "mine", ["guidance"])  # and sampling, which it refers to
    project = Project(tmp_path / "mine")
    report = project.root / "experiments" / "report.yaml"
    options = (*GPU, *small(["guidance", "sampling"]))
    prompts = json.loads(project("prompts", "--json", *options).stdout)
    served.asked.clear()
    width = deepfloyd.SCALED["encoder_hid_dim"]
    torch.save({name: torch.randn(1, 77, width).half() for name in prompts}, project.root / "p.pth")
    report.write_text(report.read_text() + "embeddings@gpu: p.pth\n")
    done = project("build", *options)
    assert done.returncode == 0, done.stderr[-3000:]
    assert served.downloads_of(XL) == READ_1
    assert served.downloads_of(II) == set(), "nothing is enlarged here"
