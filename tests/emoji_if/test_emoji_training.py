"""A training resumes where it stopped, and keeps what it has learnt."""

from __future__ import annotations

import copy
import os
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from emoji_if import optimisation
from emoji_if.averages import LENGTHS, PowerAverage, exponent, post_hoc
from emoji_if.checkpoint import load, previous, save
from emoji_if.drawings import DataError
from emoji_if.gradients import Losses, WorkerError, Workers
from emoji_if.optimisation import Budget, Schedule, Settings, Training, optimise
from emoji_if.stage_one import Embeddings
from emoji_if.stage_two import enlarged

CPU = torch.device("cpu")


def test_a_gpu_has_one_worker() -> None:
    with pytest.raises(WorkerError, match=r"cuda .* --workers 1"):
        Settings(1, batch=2, workers=2, resume=False, device=torch.device("cuda"))
    assert Settings(1, batch=3, workers=2, resume=False, device=CPU).share == 2


def test_beside_a_gpu_all_processors_but_one_compose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    made = {
        kind: Settings(1, batch=1, workers=1, resume=False, device=torch.device(kind))
        for kind in ("cpu", "cuda")
    }
    assert (made["cpu"].composers, made["cuda"].composers) == (1, 15)
    assert made["cpu"].stride < made["cuda"].stride


@pytest.mark.parametrize("native", [True, False])
def test_a_gpu_compiles_and_a_cpu_that_computes_in_bfloat16(
    native: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimisation, "computes_in_bf16", lambda device: native)
    gpu = Settings(1, batch=1, workers=1, resume=False, device=torch.device("cuda"))
    assert gpu.compiles
    assert training().settings.compiles == native


def ones() -> torch.Tensor:
    return torch.ones(1, 2)


def quadratic(model: nn.Module, drawn: torch.Tensor) -> tuple[torch.Tensor, Losses]:
    loss = (model(drawn) - 3).square().mean()
    return loss, {"loss": loss.detach()}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes with each look at it, five milliseconds: as many steps on any machine."""
    looks = count()
    ticking = SimpleNamespace(monotonic=lambda: 0.005 * next(looks))
    monkeypatch.setattr(optimisation, "time", ticking)


def training(minutes: float = 0.01, mirror: Path | None = None) -> Training:
    settings = Settings(minutes, batch=1, workers=1, resume=True, device=CPU, mirror=mirror)
    torch.manual_seed(0)
    return Training(nn.Linear(2, 1), settings, peak=0.01, muon_peak=0.01)


@pytest.mark.usefixtures("clock")
def test_training_resumes_where_it_stopped(tmp_path: Path) -> None:
    checkpoint = tmp_path / "made" / "model.pt"
    first = training()
    optimise(first, ones, quadratic, checkpoint, describe="test")
    again = training(minutes=0.02)
    assert again.resume(checkpoint)
    assert again.step == first.step
    assert again.pictures == first.step
    assert again.budget.spent >= 0.6
    assert torch.equal(again.module.weight, first.module.weight)
    assert again.pair[0].state_dict()["state"].keys() == first.pair[0].state_dict()["state"].keys()
    optimise(again, ones, quadratic, checkpoint, describe="test")
    assert again.step > first.step


def test_a_gradient_that_is_not_finite_changes_nothing() -> None:
    made = training()
    before = made.module.weight.clone()

    def broken(model: nn.Module, drawn: torch.Tensor) -> tuple[torch.Tensor, Losses]:
        return model(torch.inf * drawn).sum(), {"loss": torch.zeros(())}

    made.advance(Workers(made.module, ones, broken, 1))
    assert torch.equal(made.module.weight, before)
    made.advance(Workers(made.module, ones, quadratic, 1))
    assert not torch.equal(made.module.weight, before)


def test_a_torn_checkpoint_falls_back_to_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    assert load(path) is None
    save({"step": 1}, path)
    save({"step": 2}, path)
    assert load(path) == {"step": 2}
    path.write_bytes(path.read_bytes()[:40])
    assert load(path) == {"step": 1}
    previous(path).write_bytes(b"torn")
    with pytest.raises(DataError, match="delete to start anew"):
        load(path)


def test_an_interrupted_write_leaves_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.pt"
    save({"step": 1}, path)

    def torn(state: object, file: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", torn)
    with pytest.raises(OSError, match="disk full"):
        save({"step": 2}, path)
    assert load(path) == {"step": 1}


@pytest.mark.usefixtures("clock")
def test_a_lost_machines_training_goes_on_from_the_mirror(tmp_path: Path) -> None:
    checkpoint, mirror = tmp_path / "here" / "model.pt", tmp_path / "there"
    first = training(mirror=mirror)
    optimise(first, ones, quadratic, checkpoint, describe="test")
    for path in checkpoint.parent.iterdir():
        path.unlink()
    again = training(mirror=mirror)
    assert again.resume(checkpoint)
    assert again.step == first.step
    torch.testing.assert_close(again.module.weight, first.average.weight, rtol=1e-3, atol=1e-3)
    assert again.since == 0, "optimisers that start anew warm up again"
    assert not training().resume(tmp_path / "elsewhere.pt")


@pytest.mark.usefixtures("clock")
def test_averages_are_kept_and_shown_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    made = training()
    optimise(
        made,
        ones,
        quadratic,
        tmp_path / "model.pt",
        describe="test",
        measure=lambda average: "measured",
        show=lambda average, name: shown.append(name),
    )
    (kept,) = (tmp_path / "model-snapshots").glob("*.pt")
    state = load(kept)
    assert state is not None
    assert state["step"] == made.step
    assert len(state["averages"]) == len(LENGTHS)
    assert shown == [f"{made.pictures:08d}"]
    assert "step" in capsys.readouterr().out


@pytest.mark.usefixtures("clock")
def test_sheets_come_by_pictures_not_by_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "stride", 10)
    shown: list[str] = []
    optimise(
        training(),
        ones,
        quadratic,
        tmp_path / "model.pt",
        describe="test",
        show=lambda average, name: shown.append(name),
    )
    assert shown[:2] == ["00000010", "00000020"]


@pytest.mark.usefixtures("clock")
def test_a_short_training_is_kept_five_times_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[float] = []
    made = training()
    monkeypatch.setattr(made, "save", lambda checkpoint: kept.append(made.budget.fraction))
    optimise(made, ones, quadratic, tmp_path / "model.pt", describe="test")
    assert 4 <= len(kept) <= 5
    assert kept[0] == pytest.approx(0.2, abs=0.1)
    assert kept[-1] >= 1


@pytest.mark.parametrize(
    ("schedule", "halfway", "end"),
    [(Schedule.cosine, 0.505, 0.01), (Schedule.constant, 1, 1), (Schedule.cooldown, 0.5, 0)],
)
def test_the_rate_warms_up_then_follows_its_schedule(
    schedule: Schedule, halfway: float, end: float
) -> None:
    assert schedule.rate(0, 0.0) < 0.05
    assert schedule.rate(1000, 0.5) == pytest.approx(halfway)
    assert schedule.rate(1000, 1.2) == pytest.approx(end)


def test_an_average_has_the_length_it_is_asked_for() -> None:
    """Its profile t^gamma on [0, 1] has that standard deviation."""
    for length in (0.03, 0.1, 0.2):
        gamma = exponent(length)
        t = torch.linspace(0, 1, 200_001, dtype=torch.float64)
        profile = t**gamma / (t**gamma).sum()
        mean = (profile * t).sum()
        assert ((profile * (t - mean) ** 2).sum()).sqrt().item() == pytest.approx(length, rel=1e-3)


def test_averages_of_any_length_come_from_two() -> None:
    torch.manual_seed(0)
    module = nn.Linear(1, 1, bias=False)
    lengths = (*LENGTHS, 0.07)
    averages = [PowerAverage(module, length) for length in lengths]
    kept = []
    for step in range(1, 401):
        nn.init.constant_(module.weight, step / 400 + 0.3 * torch.randn(()).item())
        for average in averages:
            average.update(module, step)
        if step % 50 == 0:
            kept += [
                (step, length, {"weight": average.module.weight.clone()})
                for length, average in zip(LENGTHS, averages, strict=False)
            ]
    wanted = averages[-1].module.weight.item()
    assert post_hoc(kept, 0.07)["weight"].item() == pytest.approx(wanted, abs=0.02)
    assert abs(averages[0].module.weight.item() - wanted) > 0.02


def test_an_average_leaves_alone_what_is_not_trained() -> None:
    module = nn.Linear(1, 1)
    module.bias.requires_grad_(False)
    average = PowerAverage(module)
    nn.init.constant_(module.weight, 5.0)
    average.update(module, 1)
    assert average.module.weight.item() == 5
    assert torch.equal(average.module.bias, module.bias)


def test_a_budget_counts_what_was_spent_before() -> None:
    assert Budget(1, spent=30).fraction == pytest.approx(0.5, abs=0.01)


def test_stage_two_sees_what_the_pipeline_shows() -> None:
    flat = torch.full((1, 3, 8, 8), 0.3)
    torch.testing.assert_close(enlarged(flat, 32), torch.full((1, 3, 32, 32), 0.3))
    small = torch.randn(1, 3, 8, 8)
    large = enlarged(small, 32)
    torch.testing.assert_close(large[..., 0, 0], small[..., 0, 0])
    torch.testing.assert_close(large[..., -1, -1], small[..., -1, -1])


def test_a_caption_is_read_once_and_forgotten_when_many_others_follow() -> None:
    asked: list[list[str]] = []

    def encode(captions: list[str]) -> torch.Tensor:
        asked.append(captions)
        return torch.tensor([[float(len(text))] for text in captions])

    kept = Embeddings(most=3)
    shared = copy.deepcopy(kept)
    assert kept.of(["a", "bb", "a"], encode).tolist() == [[1], [2], [1]]
    assert shared.of(["bb", "ccc"], encode).tolist() == [[2], [3]]
    assert kept.of(["dddd", "bb"], encode).tolist() == [[4], [2]]
    assert kept.of(["a"], encode).tolist() == [[1]]
    assert asked == [["a", "bb"], ["ccc"], ["dddd"], ["a"]]


def test_captions_are_read_within_a_computation_in_bfloat16() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        said = Embeddings().of(["a", "bb"], lambda captions: torch.ones(len(captions), 1))
    assert said.dtype == torch.float32
    assert said.tolist() == [[1], [1]]
