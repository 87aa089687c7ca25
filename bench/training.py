"""Images a second: the training loop against the course's, same network, same machine, one run.

The course's loop is the one the assignment's notebooks have: a DataLoader in one process over PIL
images, fp32, no compilation. Both train the class-conditioned UNet as a DDPM, in turns, so that
what else the machine does falls on both; the ratio is the median of the rounds' ratios. Ours
writes its checkpoints within the time. On a CPU that others use too, go by processor time. Without
--hidden and --batch: the starter's class-conditioned network, of the embedded profile on a CPU, of
the gpu profile on a GPU.

    python bench/training.py --compile
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fwd_report.threads import spin_briefly

spin_briefly()

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from fwd_report.training.datasets import Dataset, load_dataset
from fwd_report.training.loop import Schedule, Task, computed_in, train
from fwd_report.training.objectives import ClassDropped, DDPMNoise
from fwd_report.training.unet import NO_CLASS, UNet

T = 300
CPU = (16, 32)
"""D and batch of the starter's class-conditioned UNet under the embedded profile."""
GPU = (64, 128)
"""The same under the gpu profile."""


class PILImages(TorchDataset[tuple[torch.Tensor, int]]):
    """Images as torchvision's datasets hold them: PIL images, made tensors one by one."""

    def __init__(self, dataset: Dataset, count: int) -> None:
        chosen = torch.arange(count) % len(dataset.train_images)
        bytes_ = (dataset.train_images[chosen, 0] * 255).byte().numpy()
        self._images = [Image.fromarray(image) for image in bytes_]
        self._labels = dataset.train_labels[chosen].tolist()

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image = torch.from_numpy(np.array(self._images[index])).unsqueeze(0)
        return image.to(torch.float32).div(255), self._labels[index]


def course_loop(hidden: int, images: PILImages, batch: int, device: str) -> None:
    """One epoch, as the assignment's Algorithm 3 is usually written."""
    abar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, T), 0).to(device)
    network = UNet(hidden, "class").to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    losses = []
    for x0, label in DataLoader(images, batch_size=batch, shuffle=True):
        x0, label = x0.to(device), label.to(device)
        label = torch.where(torch.rand(len(x0), device=device) < 0.1, NO_CLASS, label)
        t = torch.randint(1, T + 1, (len(x0),), device=device)
        eps = torch.randn_like(x0)
        a = abar[t - 1].view(-1, 1, 1, 1)
        loss = mse_loss(network(a.sqrt() * x0 + (1 - a).sqrt() * eps, t / T, label), eps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())


def our_loop(hidden: int, dataset: Dataset, schedule: Schedule, device: str) -> None:
    """The same number of steps by this package, with its checkpoints."""
    with tempfile.TemporaryDirectory() as folder:
        task = Task(
            UNet(hidden, "class"),
            ClassDropped(DDPMNoise(T), 0.1),
            dataset.train_images,
            dataset.train_labels,
            schedule,
            Path(folder),
            device,
        )
        train(task)


def main() -> None:
    """Print both rates of every round, and the median of the rounds' ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hidden", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--precision", default="auto", choices=["auto", "fp32", "bf16"])
    parser.add_argument("--compile", action="store_true", help="ours with torch.compile")
    options = parser.parse_args()
    hidden, batch = GPU if options.device.startswith("cuda") else CPU
    hidden, batch = options.hidden or hidden, options.batch or batch

    dataset = load_dataset(options.dataset)
    count = options.steps * batch
    repeats = -(-count // len(dataset.train_images))
    dataset = replace(
        dataset,
        train_images=dataset.train_images.repeat(repeats, 1, 1, 1),
        train_labels=dataset.train_labels.repeat(repeats),
    )
    images = PILImages(dataset, count)
    schedule = Schedule(
        epochs=1,
        batch=batch,
        lr=1e-3,
        decay=1,
        seed=0,
        examples=count,
        precision=options.precision,
        compile=options.compile,
    )
    warm_up = replace(schedule, examples=2 * batch)
    course_loop(hidden, PILImages(dataset, 2 * batch), batch, options.device)
    our_loop(hidden, dataset, warm_up, options.device)

    rates: dict[str, list[tuple[float, float]]] = {"course": [], "fwd-report": []}
    for _ in range(options.rounds):
        with timed(rates["course"], count):
            course_loop(hidden, images, batch, options.device)
        with timed(rates["fwd-report"], count):
            our_loop(hidden, dataset, schedule, options.device)
    precision = computed_in(options.device, options.precision)
    print(
        f"D = {hidden}, batch {batch}, {options.device}, "
        f"{torch.get_num_threads()} threads, ours in {precision}"
    )
    for index, unit in enumerate(("images a second", "images a second of processor time")):
        for name, values in rates.items():
            print(f"{name:>11}: {', '.join(f'{value[index]:.0f}' for value in values)} {unit}")
        ratios = [ours[index] / theirs[index] for theirs, ours in zip(*rates.values(), strict=True)]
        print(f"      ratio: {statistics.median(ratios):.2f}")


@contextmanager
def timed(rates: list[tuple[float, float]], count: int) -> Iterator[None]:
    """Add how many of `count` images were done a second, by the clock and by the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    yield
    rates.append((count / (time.perf_counter() - clock), count / (time.process_time() - processor)))


if __name__ == "__main__":
    main()
