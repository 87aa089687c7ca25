"""A cascade to ask, its plain twin, and the noise contract's context."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from tests.helpers.driver import cascade_of
from tests.helpers.plain import Plain

from fwd_report.diffusion.noise import Noise
from fwd_report.errors import UserError
from fwd_report.models import weights
from fwd_report.models.cascade import Cascade
from fwd_report.models.digest import model_digest
from fwd_report.models.folder_layout import STAGE_PARTS
from fwd_report.models.handle import Evaluator
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.names import EMBEDDED, model_place
from fwd_report.store.store import Store
from fwd_report.techniques.context import RunContext


@dataclass(frozen=True)
class World:
    """One model, as the techniques see it and as plain diffusers does."""

    folders: dict[int, Path]
    cascade: Cascade
    plain: Plain

    def context(self, seed: int, stage: int = 1) -> RunContext:
        return RunContext(seed, Noise(seed), self.cascade.model(stage))

    @property
    def evaluators(self) -> dict[str, Evaluator]:
        return {self.cascade.model(s).name: self.cascade.evaluator(s) for s in self.folders}

    def picture(self, seed: int) -> torch.Tensor:
        """A smooth picture in [-1, 1] of the model's size."""
        shape = self.cascade.model(1).shape
        coarse = torch.randn(1, 3, 4, 4, generator=torch.Generator().manual_seed(seed))
        return torch.nn.functional.interpolate(coarse, shape[1:], mode="bicubic")[0].clamp(-1, 1)


def make_world(folders: dict[int, Path], cache: Path) -> World:
    cascade = cascade_of(folders, cache)
    return World(
        folders,
        cascade,
        Plain(folders[1], weights.load_unet(ModelFolder(folders[1]), "cpu", torch.float32)),
    )


@pytest.fixture(scope="session")
def tiny(tiny_if: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    folders = {1: tiny_if / "stage_1", 2: tiny_if / "stage_2"}
    return make_world(folders, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session", params=["tiny", pytest.param("emoji-if", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The random cascade; slow: the embedded one, where its weights are in the package.

    What breaks a technique breaks it with the random cascade too. That the embedded one is read
    and asked as diffusers does, test_equals_pipelines shows in the quick suite.
    """
    if request.param == "tiny":
        tiny: World = request.getfixturevalue("tiny")
        return tiny
    cache = tmp_path_factory.mktemp("cache")
    folders: dict[int, Path] = {}
    for stage in (1, 2):
        with suppress(UserError):
            folders[stage] = Path(model_place(EMBEDDED, stage, Path()))
            model_digest(folders[stage], Store(cache), STAGE_PARTS[stage])
    if 1 not in folders:
        pytest.skip("the package has no weights of the embedded model")
    return make_world(folders, cache)


Close = Callable[[torch.Tensor, torch.Tensor], None]


@pytest.fixture(scope="session")
def assert_equal_pictures() -> Close:
    """Equal to 1e-4 of the range of the expected picture."""

    def compare(actual: torch.Tensor, expected: torch.Tensor) -> None:
        span = max(2.0, (expected.max() - expected.min()).item())
        assert (actual - expected).abs().max().item() <= 1e-4 * span

    return compare
