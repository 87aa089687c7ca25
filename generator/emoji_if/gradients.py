"""Gradients of one step, computed in parallel by processes that share the weights."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Generic, NoReturn, TypeVar

import torch
from torch import Tensor, multiprocessing, nn

Module = TypeVar("Module", bound=nn.Module)
Drawn = TypeVar("Drawn")
Losses = dict[str, Tensor]
Loss = Callable[[Module, Drawn], tuple[Tensor, Losses]]
"""The module's loss on what was drawn for one worker, and what to report: scalars, detached.

They are tensors, for to read a number off a GPU is to wait for it.
"""


class WorkerError(Exception):
    """A worker's process cannot be, or ended before its work."""


class Workers(Generic[Module, Drawn]):
    """The training's own process and `workers - 1` helpers, each with a share of every batch.

    On a CPU several single-threaded workers beat one worker with as many threads: none waits
    inside an operation for a core that another program holds. They are processes, for threads wait
    for one another wherever Python or compiled code holds the interpreter's lock. Run Python with
    OMP_NUM_THREADS=1 then.
    """

    def __init__(
        self,
        module: Module,
        draw: Callable[[], Drawn],
        loss_of: Loss[Module, Drawn],
        workers: int,
        prepare: Callable[[Module], None] | None = None,
    ) -> None:
        """The module's weights move to shared memory if there are helpers.

        draw: draws a worker's share; always called in this process. prepare: called once with the
        module in every process, to compile what is to be compiled.
        """
        self.module, self.draw, self.loss_of = module, draw, loss_of
        self.workers, self.prepare = workers, prepare
        self.parameters = [p for p in module.parameters() if p.requires_grad]
        self.helpers: list[_Helper[Module, Drawn]] = []
        if workers > 1:
            module.share_memory()
        for number in range(1, workers):
            self.helpers.append(_Helper(self, number))
        if prepare is not None:
            prepare(module)

    def close(self) -> None:
        """End the helpers, once they have done what they were asked."""
        for helper in self.helpers:
            helper.close()

    def gradients(self) -> Losses:
        """Leave the mean gradient of every worker's share in the module; return mean losses.

        Raises WorkerError if a helper has ended.
        """
        for helper in self.helpers:
            helper.ask(self.draw())
        losses = [self.work(self.draw())]
        for helper in self.helpers:
            losses.append(helper.answer())
            for own, other in zip(self.parameters, helper.gradients, strict=True):
                own.grad = other.clone() if own.grad is None else own.grad.add_(other)
        return {name: torch.stack([part[name] for part in losses]).mean() for name in losses[0]}

    def work(self, drawn: Drawn) -> Losses:
        """Add a worker's part of the gradient to the module's; return its losses."""
        loss, parts = self.loss_of(self.module, drawn)
        (loss / self.workers).backward()
        return parts

    def leave(self, gradients: list[Tensor]) -> None:
        """Move the module's gradients into the tensors given."""
        for parameter, place in zip(self.parameters, gradients, strict=True):
            if parameter.grad is None:
                place.zero_()
            else:
                place.copy_(parameter.grad)
                parameter.grad = None


class _Helper(Generic[Module, Drawn]):
    """A process of its own that computes gradients into shared memory."""

    def __init__(self, team: Workers[Module, Drawn], number: int) -> None:
        self.gradients = [torch.zeros_like(each).share_memory_() for each in team.parameters]
        context = multiprocessing.get_context("fork")
        self._here, there = context.Pipe()
        self._process = context.Process(target=self._run, args=(team, there, number), daemon=True)
        self._process.start()
        there.close()

    def ask(self, drawn: Drawn) -> None:
        try:
            self._here.send_bytes(pickle.dumps(drawn))  # torch would pass on a file a tensor
        except OSError:
            self._ended()

    def answer(self) -> Losses:
        try:
            losses: dict[str, float] = self._here.recv()
        except (EOFError, OSError):
            self._ended()
        return {name: torch.tensor(value) for name, value in losses.items()}

    def close(self) -> None:
        self._here.close()
        self._process.join()

    def _ended(self) -> NoReturn:
        self._process.join()
        raise WorkerError(
            f"a worker has ended (status {self._process.exitcode}): what was trained since "
            "the last checkpoint is lost; run the command again with --resume"
        )

    def _run(self, team: Workers[Module, Drawn], there: Connection, number: int) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the training's own process ends this one
        self._here.close()
        for helper in team.helpers:
            helper._here.close()
        torch.set_num_threads(1)
        torch.manual_seed(torch.initial_seed() + number)
        if team.prepare is not None:
            team.prepare(team.module)
        with suppress(EOFError, ConnectionError):  # the training has ended
            while True:
                drawn: Drawn = pickle.loads(there.recv_bytes())
                losses = team.work(drawn)
                team.leave(self.gradients)
                there.send({name: value.item() for name, value in losses.items()})
