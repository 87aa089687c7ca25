"""A training that is killed, at whatever moment, ends as one that was left in peace."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import time
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.helpers import training_worker as worker
from tests.helpers.forked import fork, said
from tests.helpers.short_training import run, short

from fwd_report.training import loop
from fwd_report.training.datasets import load_dataset
from fwd_report.training.loop import Schedule, Task, train
from fwd_report.training.objectives import Denoiser
from fwd_report.training.state import load_state, save_weights, weights_file
from fwd_report.training.unet import UNet

EPOCHS = 3
LONGEST = 8
"""Steps after which a process that is to be killed waits for it: it never comes too late."""


def start(folder: Path, steps: int | None = None) -> BaseProcess:
    folder.mkdir(exist_ok=True)
    return fork(folder, worker.main, folder, steps)


def steps_told(folder: Path, process: BaseProcess) -> list[int]:
    """The numbers of the steps that the worker has told of, in whole lines."""
    return [int(line) for line in said(folder, process).split("\n")[:-1]]


def weights(folder: Path) -> list[dict[str, torch.Tensor]]:
    return [load_file(folder / weights_file(epoch)) for epoch in range(1, EPOCHS + 1)]


def test_killed_at_random_moments_the_weights_are_bit_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None
) -> None:
    for name in ("SAVE_EVERY", "NEWS_EVERY"):  # the worker changes them, here in this process
        monkeypatch.setattr(loop, name, getattr(loop, name))
    (tmp_path / "whole").mkdir()
    worker.main(tmp_path / "whole")
    moments = random.Random(4)
    steps_done = 0
    for _ in range(3):
        process = start(tmp_path / "killed", LONGEST)
        told, wanted = [], moments.randint(3, LONGEST - 1)
        while len(told) < wanted:  # as many steps, and some of the next
            assert process.is_alive(), said(tmp_path / "killed", process)
            time.sleep(0.005)
            told = steps_told(tmp_path / "killed", process)
        steps_done = told[wanted - 1]
        time.sleep(moments.uniform(0, 0.02))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert 9 <= steps_done < 30  # it went on where it was killed, and was not finished
    last = start(tmp_path / "killed")
    last.join()
    assert last.exitcode == 0, said(tmp_path / "killed", last)
    whole, killed = weights(tmp_path / "whole"), weights(tmp_path / "killed")
    for expected, found in zip(whole, killed, strict=True):
        assert expected.keys() == found.keys()
        for name, tensor in expected.items():
            assert torch.equal(tensor, found[name]), name


def test_a_finished_training_runs_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, losses = run(tmp_path, short())
    monkeypatch.setattr(Denoiser, "draw", None)
    again, same = run(tmp_path, short())
    assert same == losses
    assert torch.equal(network.out[1].weight, again.out[1].weight)


def states(folder: Path) -> list[Path]:
    return sorted(folder.glob(".state-*"))


def flip(path: Path, at: float) -> None:
    """Flip a bit at that part of the file: near the end it is in a tensor, and stays readable."""
    data = bytearray(path.read_bytes())
    data[int(at * (len(data) - 1))] ^= 1
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


DAMAGES = {
    "emptied": empty,
    "truncated": truncate,
    "gone": Path.unlink,
    "a flipped bit": partial(flip, at=0.9),
    "a flipped bit in the header": partial(flip, at=0.001),
}


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[float]]:
    """The folders of a whole training and of one interrupted after two of three epochs."""
    folder = tmp_path_factory.mktemp("trainings")
    _, losses = run(folder / "whole", short(epochs=3))
    ended = []

    def stopping(path: Path, network: torch.nn.Module) -> str:
        if len(ended) == 2:
            raise KeyboardInterrupt
        ended.append(path)
        return save_weights(path, network)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "save_weights", stopping)
        with pytest.raises(KeyboardInterrupt):
            run(folder / "interrupted", short(epochs=3))
    return folder / "whole", folder / "interrupted", losses


@pytest.mark.parametrize(
    ("victim", "damage"),
    [
        *(("last state", damage) for damage in DAMAGES),
        *(("epoch 1", damage) for damage in ("emptied", "truncated", "gone")),
        ("all states", "a flipped bit"),
        ("epoch 2", "a flipped bit"),
    ],
)
def test_what_is_not_whole_is_dropped_and_the_end_is_the_same(
    tmp_path: Path, interrupted: tuple[Path, Path, list[float]], damage: str, victim: str
) -> None:
    whole, before, losses = interrupted
    folder = tmp_path / "hurt"
    shutil.copytree(before, folder)
    victims = {
        "last state": states(folder)[-1:],
        "all states": states(folder),
        "epoch 1": [folder / weights_file(1)],
        "epoch 2": [folder / weights_file(2)],
    }
    for path in victims[victim]:
        DAMAGES[damage](path)
    network, again = run(folder, short(epochs=3))
    assert again == losses
    for epoch in (1, 2, 3):
        name = weights_file(epoch)
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    last = load_file(whole / weights_file(3))
    assert all(torch.equal(value, last[name]) for name, value in network.state_dict().items())


def test_a_damaged_last_state_costs_the_steps_since_the_one_before(tmp_path: Path) -> None:
    run(tmp_path, short(epochs=3))
    before, last = states(tmp_path)
    flip(last, 0.9)
    done = load_state(tmp_path, network := UNet(4), torch.optim.Adam(network.parameters()))
    assert done is not None
    assert done.step == int(before.name.split("-")[1]) == 8
    assert not last.exists()


def test_a_state_that_cannot_be_read_now_is_not_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, short())
    kept = states(tmp_path)

    def failing(path: Path) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files", str(path))

    monkeypatch.setattr(Path, "read_bytes", failing)
    with pytest.raises(OSError, match="Too many open files"):
        run(tmp_path, short())
    assert states(tmp_path) == kept


def test_the_order_depends_on_the_seed_and_the_epoch_alone() -> None:
    schedule = short()
    first, second = (loop._order(100, schedule, epoch) for epoch in (0, 1))
    assert sorted(loop._order(100, Schedule(1, 1, 1, 1, seed=1), 0).tolist()) == list(range(100))
    assert len(first) == 16
    assert torch.equal(first, loop._order(100, schedule, 0))
    assert not torch.equal(first, second)


def test_the_learning_rate_is_exponential_lrs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = short(epochs=3)
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([parameter], schedule.lr)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, schedule.decay)
    expected = []
    for _ in range(schedule.epochs):
        expected += [scheduler.get_last_lr()[0]] * 4
        optimizer.step()
        scheduler.step()

    rates: list[float] = []
    step = torch.optim.Adam.step

    def spying(self: torch.optim.Adam, closure: None = None) -> object:
        rates.append(self.param_groups[0]["lr"])
        return step(self, closure)

    monkeypatch.setattr(torch.optim.Adam, "step", spying)
    run(tmp_path, schedule)
    assert rates == pytest.approx(expected)


def test_progress_counts_steps_and_tells_loss_and_rate(tmp_path: Path) -> None:
    heard: list[tuple[int, int, str]] = []
    images = load_dataset("digits").train_images
    task = Task(UNet(4), Denoiser(0.5), images, None, short(), tmp_path)
    train(task, lambda *news: heard.append(news))
    assert heard[-1][:2] == (8, 8)
    assert "loss 0." in heard[-1][2]
    assert "images/s" in heard[-1][2]


def test_bf16_learns_as_fp32_does(tmp_path: Path) -> None:
    losses = {
        precision: run(tmp_path / precision, short(batch=16, precision=precision))[1]
        for precision in ("fp32", "bf16")
    }
    assert losses["fp32"][-1] < losses["fp32"][0]
    assert losses["bf16"] != losses["fp32"]
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.1)
