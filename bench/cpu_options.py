"""Which settings make the embedded model's UNet faster on this CPU: one table, one run.

Each row is timed in turn, several rounds over, and its best round counts, so that other work on
the machine disturbs all rows alike. Run: python bench/cpu_options.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from fwd_report.models import loader
from fwd_report.models.names import EMBEDDED, resolve

Forward = Callable[[Tensor, Tensor, Tensor], Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=EMBEDDED, help="as in report.yaml")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--compile", action="store_true", help="also torch.compile (slow to start)")
    options = parser.parse_args()
    folder = resolve(options.model, 1, Path.cwd())
    if not isinstance(folder, Path):
        parser.error(f"{options.model} is not a folder on this machine")

    unet = loader.load_unet(folder, "cpu", torch.float32)
    threads = torch.get_num_threads()
    rows = [(f"float32, batch {batch}", unet, batch, threads) for batch in options.batch]
    largest = max(options.batch)
    rows.append((f"float32, batch {largest}, 1 thread", unet, largest, 1))
    last = loader.load_unet(folder, "cpu", torch.float32).to(memory_format=torch.channels_last)
    rows.append((f"channels last, batch {largest}", last, largest, threads))
    rows.append((f"channels last, batch 2", last, 2, threads))
    half = loader.load_unet(folder, "cpu", torch.bfloat16)
    rows.append((f"bfloat16, batch {largest}", half, largest, threads))
    if options.compile:
        rows.append((f"compiled, batch {largest}", torch.compile(unet), largest, threads))

    best = [float("inf")] * len(rows)
    for _ in range(options.rounds):
        for number, (_, network, batch, count) in enumerate(rows):
            torch.set_num_threads(count)
            best[number] = min(best[number], seconds_an_image(network, batch))
    baseline = best[0]
    reference = answer(unet, largest)
    print(f"{'setting':28} {'ms/image':>9} {'times as fast':>14} {'largest difference':>19}")
    for (name, network, batch, _), seconds in zip(rows, best, strict=True):
        difference = (answer(network, largest) - reference).abs().max().item()
        print(f"{name:28} {1e3 * seconds:9.2f} {baseline / seconds:14.2f} {difference:19.1e}")


@torch.inference_mode()
def answer(unet: nn.Module, batch: int) -> Tensor:
    """One forward pass on fixed inputs of mixed timesteps."""
    generator = torch.Generator().manual_seed(0)
    size, width = unet.config.sample_size, unet.config.encoder_hid_dim
    dtype = next(unet.parameters()).dtype
    x = torch.randn(batch, unet.config.in_channels, size, size, generator=generator).to(dtype)
    text = torch.randn(batch, 77, width, generator=generator).to(dtype)
    t = torch.arange(batch) * 900 // batch
    return unet(x, t, text, return_dict=False)[0].float()


def seconds_an_image(unet: nn.Module, batch: int) -> float:
    answer(unet, batch)
    began = time.perf_counter()
    answer(unet, batch)
    return (time.perf_counter() - began) / batch


if __name__ == "__main__":
    main()
