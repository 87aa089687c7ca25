"""Stage II remembers its inputs from step to step, and no answer depends on what it remembers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from fwd_report.diffusion.program import Query
from fwd_report.models.cascade import BATCHES_REMEMBERED, StageTwo
from fwd_report.models.handle import Upscaling

SHAPE = (3, 4, 4)


class Sum(nn.Module):
    """Answers with the sum of an image and what it enlarges, times the noise level."""

    def forward(self, x: Tensor, t: Tensor, text: Tensor, class_labels: Tensor, **_: Any) -> Any:
        image, low = x.split(3, 1)
        return ((image + low) * class_labels.view(-1, 1, 1, 1),)


class NoPrompts:
    def prepare(self, prompts: Any) -> None:
        pass

    def embeddings(self, prompts: Any) -> Tensor:
        return torch.zeros(len(list(prompts)), 77, 8)


def test_every_batch_is_answered_for_its_own_images() -> None:
    stage = StageTwo(lambda: Sum(), NoPrompts(), "cpu", torch.float32)
    conditions = [
        [Upscaling("", torch.full(SHAPE, 10.0 * batch + row), level) for row in range(3)]
        for batch, level in enumerate(range(1, BATCHES_REMEMBERED + 3))
    ]
    for step in range(3):
        for asked in conditions + conditions[::-1]:
            queries = [
                Query("stage_2", torch.full(SHAPE, float(step + row)), 5, condition)
                for row, condition in enumerate(asked)
            ]
            answers = stage.evaluate(queries)
            for query, answer in zip(queries, answers, strict=True):
                expected = (query.x + query.condition.low) * query.condition.noise_level
                assert torch.equal(answer.value, expected)
