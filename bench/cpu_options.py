"""Which settings make the embedded model's UNet faster on this CPU: one table from one run.

Rows take turns, several rounds over, and each row's best round counts. The ratios are of processor
time, which says the same on a busy machine. Run: python bench/cpu_options.py
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, cast

from fwd_report.models.model_folder import ModelFolder
from fwd_report.threads import spin_briefly

spin_briefly()

import torch
from torch import Tensor, nn

from fwd_report.models import weights
from fwd_report.models.names import EMBEDDED, model_place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=EMBEDDED, help="as in report.yaml")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compile", action="store_true", help="also torch.compile, slow to start")
    options = parser.parse_args()
    folder = model_place(options.model, 1, Path.cwd())
    if not isinstance(folder, Path):
        parser.error(f"{options.model} is not a folder on this machine")

    plain = weights.load_unet(ModelFolder(folder), "cpu", torch.float32)
    last = channels_last(ModelFolder(folder), torch.float32)
    half = channels_last(ModelFolder(folder), torch.bfloat16)
    threads, usual = torch.get_num_threads(), 16
    rows = [(f"float32, batch {batch}", plain, batch, threads) for batch in options.batch]
    rows += [(f"channels last, batch {batch}", last, batch, threads) for batch in options.batch]
    rows.append((f"channels last, batch {usual}, 1 thread", last, usual, 1))
    rows.append((f"channels last, bfloat16, batch {usual}", half, usual, threads))
    if options.compile:
        compiled = cast("nn.Module", torch.compile(last))
        rows.append((f"channels last, compiled, batch {usual}", compiled, usual, threads))

    best = [(float("inf"), float("inf"))] * len(rows)
    for _ in range(options.rounds):
        for number, (_, network, batch, count) in enumerate(rows):
            torch.set_num_threads(count)
            wall, processor = cost_of_an_image(network, batch)
            best[number] = min(best[number][0], wall), min(best[number][1], processor)
    print(f"{'setting':38} {'ms':>8} {'processor ms':>13} {'times as good':>14} {'difference':>11}")
    for (name, network, batch, _), (wall, processor) in zip(rows, best, strict=True):
        difference = (answer(network, batch) - answer(plain, batch)).abs().max().item()
        print(
            f"{name:38} {1e3 * wall:8.2f} {1e3 * processor:13.2f}"
            f" {best[0][1] / processor:14.2f} {difference:11.1e}"
        )


def channels_last(folder: ModelFolder, dtype: torch.dtype) -> nn.Module:
    """Stage I's UNet, its weights in the memory layout that convolutions like."""
    unet = weights.load_unet(folder, "cpu", dtype)
    unet.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return unet


@torch.inference_mode()
def answer(unet: nn.Module, batch: int) -> Tensor:
    """One forward pass on fixed inputs of mixed timesteps."""
    generator = torch.Generator().manual_seed(0)
    config: Any = unet.config
    size, width = config.sample_size, config.encoder_hid_dim
    dtype = next(unet.parameters()).dtype
    x = torch.randn(batch, config.in_channels, size, size, generator=generator).to(dtype)
    text = torch.randn(batch, 77, width, generator=generator).to(dtype)
    t = torch.arange(batch) * 900 // batch
    noise: Tensor = unet(x, t, text, return_dict=False)[0]
    return noise.float()


def cost_of_an_image(unet: nn.Module, batch: int) -> tuple[float, float]:
    """(seconds, processor seconds) an image of one warm forward pass."""
    answer(unet, batch)
    wall, processor = time.perf_counter(), time.process_time()
    answer(unet, batch)
    return (time.perf_counter() - wall) / batch, (time.process_time() - processor) / batch


if __name__ == "__main__":
    main()
