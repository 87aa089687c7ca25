"""The remotes of a report during a command: transfers, with progress and messages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from fwd_report.errors import Problem, UserError, counted, masked, say
from fwd_report.spec.project import REPORT, Project
from fwd_report.store.addresses import VARIABLE, Address, address_of, chosen_texts
from fwd_report.store.key_lists import GIVEN, listed_keys
from fwd_report.store.store import Store

if TYPE_CHECKING:
    from fwd_report.remotes.places import Remote

NOT_NAMED = "name one as `store:` in experiments/report.yaml, or in FWD_REPORT_STORE"
Show = Callable[[str, int, int], None]


class ReportRemotes:
    """The remotes of a report, opened on first use; fsspec is imported only then.

    asked: remotes to use instead of those in the environment or report.yaml. Those in an untrusted
    report.yaml are ignored.
    """

    def __init__(self, project: Project, asked: Sequence[str] | None = None) -> None:
        self._project = project
        self._asked = asked

    @cached_property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses of the remotes. Raises UserError for an invalid address."""
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
        """The remotes, each connected on its first use."""
        from fwd_report.remotes.places import open_remotes

        return open_remotes(self.addresses, lambda message: say(f"warning: {message}", err=True))

    def fetch(self, store: Store, keys: Collection[str]) -> set[str]:
        """Download the results that the remotes have; return the keys that arrived."""
        if not keys or not self.addresses:
            return set()
        arrived: set[str] = set()
        for remote in self.opened:
            wanted = [key for key in keys if key not in arrived]
            with progress_shown(f"asking {remote}", len(wanted)) as show:
                taken = remote.fetch(store, wanted, show) if wanted else set()
            if taken:
                say(f"took {counted(len(taken), 'result')} from {remote}", err=True)
            arrived |= taken
        return arrived

    def send(self, store: Store, keys: Collection[str], anew: Collection[str] = ()) -> int:
        """Upload to each remote the results that it lacks, and those in `anew` in any case; return
        how many were uploaded.
        """
        count = 0
        if not keys or not self.addresses:
            return count
        for remote in self.opened:
            with progress_shown(f"asking {remote}", len(keys)) as show:
                sent = remote.send(store, keys, show, anew)
            if sent:
                count += len(sent)
                say(f"sent {counted(len(sent), 'result')} to {remote}", err=True)
        return count

    def having(self, keys: Set[str]) -> dict[str, str]:
        """Return, for each of these keys found in a remote, the first remote that has it."""
        self.require_places()
        found: dict[str, str] = {}
        for remote in self.opened:
            found |= {key: str(remote) for key in (keys & remote.keys()) - found.keys()}
        return found

    def lack(self, store: Store, keys: Set[str]) -> bool:
        """Whether any remote is not known to have all of these. Contacts no remote."""
        names = map(str, self.addresses)
        return any(not keys <= listed_keys(store, GIVEN, name) for name in names)

    def require_places(self) -> None:
        """List each remote; `failed` then tells whether all could be listed."""
        for remote in self.opened:
            remote.require_place()

    @property
    def failed(self) -> bool:
        """Whether a remote could not be used, or had a result that failed verification."""
        return any(remote.failed is not None or remote.refused for remote in self.opened)


@contextmanager
def progress_shown(line: str, total: int) -> Iterator[Show]:
    """Show a progress bar during the block."""
    from fwd_report.engine.displays import choose_display

    display = choose_display()
    display.start(line, total)
    try:
        yield display.update
    finally:
        display.stop()
