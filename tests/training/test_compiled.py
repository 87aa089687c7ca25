"""A training under torch.compile is a training, and leaves a network as any other does."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.helpers.short_training import run, short

from fwd_report.training.state import weights_file


class Compiled(torch.nn.Module):
    """As torch.compile wraps a network: its parameters have other names there."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self._orig_mod = network
        self.asked = 0

    def forward(self, *question: torch.Tensor) -> torch.Tensor:
        self.asked += 1
        answer: torch.Tensor = self._orig_mod(*question)
        return answer


def test_a_compiled_training_ends_with_the_plain_networks_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Compiled] = []

    def compiled(network: torch.nn.Module) -> Compiled:
        made.append(Compiled(network))
        return made[-1]

    monkeypatch.setattr(torch, "compile", compiled)
    network, losses = run(tmp_path / "compiled", short(compile=True))
    plain, expected = run(tmp_path / "plain", short())
    assert losses == expected
    assert [each.asked for each in made] == [len(losses)]
    saved = [load_file(tmp_path / name / weights_file(2)) for name in ("compiled", "plain")]
    assert saved[0].keys() == saved[1].keys() == plain.state_dict().keys()
    x = torch.rand(2, 1, 28, 28)
    assert torch.equal(network(x), plain(x))


@pytest.mark.slow
def test_a_traced_training_in_bf16_answers_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dynamo's tracing without its C++ compilation, which takes minutes."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    network, losses = run(tmp_path, short(1, precision="bf16", compile=True))
    plain, expected = run(tmp_path / "plain", short(1, precision="bf16"))
    assert losses == pytest.approx(expected, rel=1e-2)
    x = torch.rand(2, 1, 28, 28)
    torch.testing.assert_close(network(x), plain(x), rtol=0.1, atol=0.05)


@pytest.mark.slow
def test_compiled_training_learns_as_the_plain_one_does(tmp_path: Path) -> None:
    """Needs a C++ compiler, and a minute or two of its time."""
    losses = {
        compiled: run(tmp_path / str(compiled), short(precision="fp32", compile=compiled))[1]
        for compiled in (False, True)
    }
    assert losses[True] == pytest.approx(losses[False], rel=1e-3)
