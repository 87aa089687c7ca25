"""A damaged or missing file of a model ends in an error that names it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from fwd_report.errors import UserError
from fwd_report.models import hub, names, schedules, weights
from fwd_report.models.cascade import Cascade
from fwd_report.models.digest import model_digest
from fwd_report.models.vocabulary import unknown_words

WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture
def folder(tiny_if: Path, tmp_path: Path) -> Path:
    """A copy of stage I to damage."""
    return Path(shutil.copytree(tiny_if / "stage_1", tmp_path / "model"))


def load(folder: Path) -> torch.nn.Module:
    return weights.load_unet(folder, "cpu", torch.float32)


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
        schedules.load_process(folder, thresholds=False)


def test_damaged_tokenizer(folder: Path) -> None:
    (folder / "tokenizer" / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match=r"tokenizer in .* is damaged"):
        weights.load_tokenizer(folder)


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
    assert weights.load_tokenizer(tmp_path)(prompt).input_ids == [*pieces.encode(prompt), 1]


def test_a_hub_id_that_is_not_given_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError

    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))

    def refuse(self: HfApi, repository: str) -> list[str]:
        raise GatedRepoError.__new__(GatedRepoError)

    monkeypatch.setattr(HfApi, "list_repo_files", refuse)
    with pytest.raises(UserError, match=r"accept its licence at .*DeepFloyd/IF-I-XL-v1\.0.*login"):
        hub.fetch("DeepFloyd/IF-I-XL-v1.0", ("unet",))


def test_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import HfApi

    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))

    def unreachable(self: HfApi, repository: str) -> list[str]:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(HfApi, "list_repo_files", unreachable)
    with pytest.raises(UserError, match="no route to host"):
        hub.fetch("someone/model", ("unet",))


def test_a_downloaded_hub_model_needs_no_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_if: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--someone--model"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc123")
    shutil.copytree(tiny_if / "stage_1", repository / "snapshots" / "abc123")
    assert names.resolve("someone/model", 1, tmp_path) == "someone/model"
    assert model_digest("someone/model", tmp_path / "digests.json") == "someone/model@abc123"
    assert model_digest("someone/other", tmp_path / "digests.json") == "someone/other@main"
    fetched = hub.fetch("someone/model", ("unet", "text_encoder"))
    assert fetched == repository / "snapshots" / "abc123"


def test_names(tiny_if: Path) -> None:
    assert names.resolve(str(tiny_if), 2, Path("/nowhere")) == tiny_if / "stage_2"
    assert names.resolve(tiny_if.name, 1, tiny_if.parent) == tiny_if / "stage_1"
    assert names.resolve(str(tiny_if / "stage_1"), 1, Path()) == tiny_if / "stage_1"
    with pytest.raises(UserError, match="no model folder 'emojy-if'"):
        names.resolve("emojy-if", 1, tiny_if)
    for name in ("~nosuchuser/x/y", "x" * 300, "a\0b"):
        with pytest.raises(UserError, match="no model folder"):
            names.resolve(name, 1, tiny_if)
    with pytest.raises(UserError, match="no model in diffusers' IF layout"):
        names.resolve(str(tiny_if / "stage_1" / "unet"), 1, tiny_if)


def test_digest_is_of_contents_and_is_cached(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "digests.json"
    first = model_digest(folder, cache)
    copied = Path(shutil.copytree(folder, tmp_path / "elsewhere"))
    assert model_digest(copied, cache) == first
    known = json.loads(cache.read_text())
    path = folder / "unet" / WEIGHTS
    known[str(path)]["sha256"] = "remembered"
    cache.write_text(json.dumps(known))
    assert model_digest(folder, cache) != first
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    assert model_digest(folder, cache) not in (first, model_digest(copied, cache))
    (folder / "README.md").write_text("not part of what the model predicts")
    (copied / "README.md").write_text("something else")
    assert model_digest(copied, cache) == first


def test_unknown_words(folder: Path) -> None:
    assert unknown_words(folder, "a photo of a quokka") == []
    (folder / "other").mkdir()
    (folder / "other" / "vocabulary.json").write_text('{"words": ["a", "photo", "of"]}')
    words = unknown_words(folder / "other", "A photo of a Quokka, of a quokka's 2 gnus")
    assert words == ["quokka", "s", "gnus"]


def test_prompts_are_encoded_once_and_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = []
    load_encoder = weights.load_text_encoder
    monkeypatch.setattr(
        weights, "load_text_encoder", lambda *given: loads.append(given) or load_encoder(*given)
    )

    def cascade() -> Cascade:
        return Cascade({1: folder}, tmp_path / "cache", "cpu", torch.float32)

    first = cascade()
    first.prepare(["a dog", "a skull", "a dog", ""])
    first.prepare(["a skull"])
    assert len(loads) == 1
    cascade().prepare(["a skull"])
    assert len(loads) == 1
    for path in (tmp_path / "cache" / "prompts").iterdir():
        path.write_bytes(b"damaged")
    cascade().prepare(["a skull"])
    assert len(loads) == 2


def test_stage_two_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no stage II"):
        Cascade({1: folder}, tmp_path, "cpu", torch.float32).model(2)


def test_the_embedded_model_names_no_class_of_one_transformers_alone() -> None:
    """Transformers 5 calls its fast tokenizers by a name that 4 does not know."""
    shipped = Path(names.__file__).parent / names.EMBEDDED
    files = sorted(shipped.rglob("*.json"))
    assert {"stage_1", "stage_2", "scorer"} <= {
        path.relative_to(shipped).parts[0] for path in files
    }
    assert [path for path in files if "TokenizersBackend" in path.read_text("utf-8")] == []
