"""A damaged or missing file of a model ends in an error that names it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from tests.helpers.driver import cascade_of
from transformers import T5EncoderModel

from fwd_report.errors import OutdatedError, UserError
from fwd_report.models import names, schedules, weights
from fwd_report.models.digest import model_digest
from fwd_report.models.folder_layout import STAGE_PARTS
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.opening import open_model
from fwd_report.models.vocabulary import unknown_words
from fwd_report.store.memory import Memory
from fwd_report.store.store import Store

WEIGHTS = "diffusion_pytorch_model.safetensors"


def load(folder: Path) -> torch.nn.Module:
    return weights.load_unet(ModelFolder(folder), "cpu", torch.float32)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_networks_are_those_the_libraries_load_themselves(folder: Path, dtype: torch.dtype) -> None:
    """Shards too; and T5's `wo` stays in float32, as transformers has it."""
    load(folder).save_pretrained(folder / "unet", max_shard_size="10KB")
    opened = ModelFolder(folder)
    pairs = [
        (
            weights.load_unet(opened, "cpu", dtype),
            UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=dtype),
        ),
        (
            weights.load_text_encoder(opened, "cpu", dtype),
            T5EncoderModel.from_pretrained(folder / "text_encoder", dtype=dtype),
        ),
    ]
    for ours, theirs in pairs:
        wanted = theirs.state_dict()
        assert ours.state_dict().keys() == wanted.keys()
        for name, value in ours.state_dict().items():
            assert value.dtype == wanted[name].dtype
            assert torch.equal(value, wanted[name]), name
        assert not ours.training


def test_weights_edited_after_they_were_hashed_are_not_loaded(folder: Path) -> None:
    """With the size and the time of the file that was hashed: only reading it tells."""
    opened = open_model(folder, Memory(folder.parent / "own" / "memory"), STAGE_PARTS[1])
    path = folder / "unet" / WEIGHTS
    stat = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(OutdatedError, match=f"unet/{WEIGHTS} was edited"):
        weights.load_unet(opened, "cpu", torch.float32)


def test_truncated_weights(folder: Path) -> None:
    path = folder / "unet" / WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=f"unet/{WEIGHTS} is damaged"):
        load(folder)


def test_missing_weights(folder: Path) -> None:
    (folder / "unet" / WEIGHTS).unlink()
    with pytest.raises(UserError, match="unet has no weights"):
        load(folder)


def test_pickled_weights_are_not_read(folder: Path) -> None:
    tensors = load_file(folder / "unet" / WEIGHTS)
    (folder / "unet" / WEIGHTS).unlink()
    torch.save(tensors, folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(UserError, match="unet has no weights"):
        load(folder)


def test_single_precision_of_half_precision_shards_beside_the_whole_ones_index(
    folder: Path,
) -> None:
    """What a download of DeepFloyd's text encoder leaves: half shards, and both indexes."""
    whole = load(folder)
    (folder / "unet" / WEIGHTS).unlink()
    whole.save_pretrained(folder / "unet", max_shard_size="10KB")
    whole.half().save_pretrained(folder / "unet", max_shard_size="10KB", variant="fp16")
    for shard in (folder / "unet").glob("*-of-*.safetensors"):
        if "fp16" not in shard.name:
            shard.unlink()
    assert len(list((folder / "unet").glob("*.index*.json"))) == 2
    assert next(load(folder).parameters()).dtype == torch.float32


def test_missing_shard(folder: Path) -> None:
    load(folder).save_pretrained(folder / "unet", max_shard_size="10KB")
    shards = sorted((folder / "unet").glob("*-of-*.safetensors"))
    assert len(shards) > 1
    assert load(folder).config.sample_size == 16
    shards[1].unlink()
    with pytest.raises(UserError, match=f"unet/{shards[1].name} is missing"):
        load(folder)


def test_weights_of_another_network(folder: Path) -> None:
    path = folder / "unet" / WEIGHTS
    tensors = load_file(path)
    del tensors["conv_in.bias"]
    save_file(tensors, path)
    with pytest.raises(UserError, match=r"do not fit its config\.json: conv_in\.bias"):
        load(folder)


@pytest.mark.parametrize(
    ("content", "says"), [(None, "is missing"), ("{", "is damaged"), ("[]", "not a JSON object")]
)
def test_configuration(folder: Path, content: str | None, says: str) -> None:
    path = folder / "unet" / "config.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=rf"unet/config\.json {says}|config\.json.*{says}"):
        load(folder)


def test_unknown_network_class(folder: Path) -> None:
    path = folder / "unet" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "_class_name": "Evil"}))
    with pytest.raises(UserError, match="no known UNet class: 'Evil'"):
        load(folder)


def test_schedule_that_is_not_known(folder: Path) -> None:
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "prediction_type": "sample"}))
    with pytest.raises(UserError, match="prediction_type is 'sample'"):
        schedules.load_process(ModelFolder(folder), thresholds=False)


def test_damaged_tokenizer(folder: Path) -> None:
    (folder / "tokenizer" / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match=r"tokenizer in .* is damaged"):
        weights.load_tokenizer(ModelFolder(folder))


def test_a_tokenizer_as_deepfloyd_ships_it(tmp_path: Path) -> None:
    import sentencepiece

    folder = tmp_path / "tokenizer"
    folder.mkdir()
    prompt = "a photo of a dog"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([prompt, "a lithograph of waterfalls"] * 9),
        model_prefix=str(folder / "spiece"), vocab_size=20, minloglevel=2,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
    )  # fmt: skip
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer"}')
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))
    assert weights.load_tokenizer(ModelFolder(tmp_path))(prompt).input_ids == [
        *pieces.encode(prompt),
        1,
    ]


def test_names(tiny_if: Path) -> None:
    assert names.model_place(str(tiny_if), 2, Path("/nowhere")) == tiny_if / "stage_2"
    assert names.model_place(tiny_if.name, 1, tiny_if.parent) == tiny_if / "stage_1"
    assert names.model_place(str(tiny_if / "stage_1"), 1, Path()) == tiny_if / "stage_1"
    with pytest.raises(UserError, match="no model folder 'emojy-if'"):
        names.model_place("emojy-if", 1, tiny_if)
    for name in ("~nosuchuser/x/y", "x" * 300, "a\0b"):
        with pytest.raises(UserError, match="no model folder"):
            names.model_place(name, 1, tiny_if)
    with pytest.raises(UserError, match="no model in diffusers' IF layout"):
        names.model_place(str(tiny_if / "stage_1" / "unet"), 1, tiny_if)


def test_digest_is_of_contents(folder: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "own")
    first = model_digest(folder, store, STAGE_PARTS[1])
    copied = Path(shutil.copytree(folder, tmp_path / "elsewhere"))
    assert model_digest(copied, store, STAGE_PARTS[1]) == first
    path = folder / "unet" / WEIGHTS
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    assert model_digest(folder, store, STAGE_PARTS[1]) != first
    (copied / "README.md").write_text("not part of what the model predicts")
    assert model_digest(copied, store, STAGE_PARTS[1]) == first


def test_unknown_words(folder: Path) -> None:
    assert unknown_words(folder, "a photo of a quokka") == []
    (folder / "other").mkdir()
    (folder / "other" / "vocabulary.json").write_text('{"words": ["a", "photo", "of"]}')
    words = unknown_words(folder / "other", "A photo of a Quokka, of a quokka's 2 gnus")
    assert words == ["quokka", "s", "gnus"]


def test_stage_two_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no stage II"):
        cascade_of({1: folder}, tmp_path).model(2)


def test_the_embedded_model_names_no_class_of_one_transformers_alone() -> None:
    """Transformers 5 calls its fast tokenizers by a name that 4 does not know."""
    shipped = Path(names.__file__).parent / names.EMBEDDED
    files = sorted(shipped.rglob("*.json"))
    assert {"stage_1", "stage_2", "scorer"} <= {
        path.relative_to(shipped).parts[0] for path in files
    }
    assert [path for path in files if "TokenizersBackend" in path.read_text("utf-8")] == []


@pytest.mark.parametrize(
    ("file", "name", "value"),
    [
        ("scheduler/scheduler_config.json", "num_train_timesteps", 10**12),
        ("scheduler/scheduler_config.json", "num_train_timesteps", 10**30),
        ("scheduler/scheduler_config.json", "num_train_timesteps", 0),
        ("scheduler/scheduler_config.json", "num_train_timesteps", "many"),
        ("scheduler/scheduler_config.json", "num_train_timesteps", 1e12),
        ("unet/config.json", "layers_per_block", 10**6),
        ("unet/config.json", "block_out_channels", [10**9]),
        ("unet/config.json", "down_block_types", ["DownBlock2D"] * 5_000),
        ("text_encoder/config.json", "num_layers", 10**6),
        ("text_encoder/config.json", "vocab_size", 10**12),
    ],
)
def test_a_size_that_no_model_has_is_wrong_at_its_line(
    folder: Path, file: str, name: str, value: object
) -> None:
    path = folder / file
    path.write_text(json.dumps({"a": 1, **json.loads(path.read_text()), name: value}, indent=1))
    lines = path.read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if f'"{name}"' in text)
    with pytest.raises(UserError, match=rf"{file}:{line}: the model's {name} is"):
        ModelFolder(folder).config(*file.split("/"))
