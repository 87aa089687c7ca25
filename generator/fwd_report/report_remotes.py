"""The remotes of a report, while a command runs: what is moved, and shown, and said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from fwd_report.errors import Problem, UserError, counted, masked, say
from fwd_report.spec.project import REPORT, Project
from fwd_report.store.addresses import VARIABLE, Address, address_of, chosen_texts
from fwd_report.store.key_lists import GIVEN, listed
from fwd_report.store.store import Store

if TYPE_CHECKING:
    from fwd_report.remotes.places import Remote

NOT_NAMED = "name one as `store:` in experiments/report.yaml, or in FWD_REPORT_STORE"
Show = Callable[[str, int, int], None]


class ReportRemotes:
    """The remotes of a report. Nothing is opened, and fsspec not imported, before one is needed.

    asked: those to use instead of the ones that the environment or report.yaml names. What a
    report.yaml that is not trusted names does not count.
    """

    def __init__(self, project: Project, asked: Sequence[str] | None = None) -> None:
        self._project = project
        self._asked = asked

    @cached_property
    def addresses(self) -> tuple[Address, ...]:
        """Where they are. Raises UserError for what is no address."""
        report = self._project.report
        written = report.store if self._project.trusted else ()
        source, texts = chosen_texts(self._asked, written)
        found = []
        for place, text in enumerate(texts):
            try:
                found.append(address_of(text, self._project.root))
            except ValueError as error:
                if source == "store":
                    problem = self._project.problem(f"{source} {error}", REPORT, "store", place)
                    raise UserError(problem) from error
                named = source if source == VARIABLE else "the remote"
                message = f"{named} '{masked(text)[:80]}' {error}"
                raise UserError(Problem(message)) from error
        return tuple(dict.fromkeys(found))

    @cached_property
    def opened(self) -> tuple[Remote, ...]:
        """Them, opened when they are asked."""
        from fwd_report.remotes.places import open_remotes

        return open_remotes(self.addresses, lambda message: say(f"warning: {message}", err=True))

    def fetch(self, store: Store, keys: Collection[str]) -> set[str]:
        """Take what they have of these into the store; the keys that arrived."""
        if not keys or not self.addresses:
            return set()
        arrived: set[str] = set()
        for remote in self.opened:
            wanted = [key for key in keys if key not in arrived]
            with shown(f"asking {remote}", len(wanted)) as show:
                taken = remote.fetch(store, wanted, show) if wanted else set()
            if taken:
                say(f"took {counted(len(taken), 'result')} from {remote}", err=True)
            arrived |= taken
        return arrived

    def send(self, store: Store, keys: Collection[str], anew: Collection[str] = ()) -> int:
        """Give each of them what it lacks of these, and those of `anew` in any case; how many were
        sent.
        """
        count = 0
        if not keys or not self.addresses:
            return count
        for remote in self.opened:
            with shown(f"asking {remote}", len(keys)) as show:
                sent = remote.send(store, keys, show, anew)
            if sent:
                count += len(sent)
                say(f"sent {counted(len(sent), 'result')} to {remote}", err=True)
        return count

    def having(self, keys: Set[str]) -> dict[str, str]:
        """Which of these they have, by the first remote that does."""
        self.require_places()
        found: dict[str, str] = {}
        for remote in self.opened:
            found |= {key: str(remote) for key in (keys & remote.keys()) - found.keys()}
        return found

    def lack(self, store: Store, keys: Set[str]) -> bool:
        """Whether one of them is not known to have all of these. None of them is asked."""
        names = map(str, self.addresses)
        return any(not keys <= listed(store, GIVEN, name) for name in names)

    def require_places(self) -> None:
        """Ask each for what it has; whether that can be told is in `failed` then."""
        for remote in self.opened:
            remote.require_place()

    @property
    def failed(self) -> bool:
        """Whether one of them could not be used, or has something else where a result belongs."""
        return any(remote.failed is not None or remote.refused for remote in self.opened)


@contextmanager
def shown(line: str, total: int) -> Iterator[Show]:
    """A bar for the block."""
    from fwd_report.engine.displays import choose_display

    display = choose_display()
    display.start(line, total)
    try:
        yield display.update
    finally:
        display.stop()
