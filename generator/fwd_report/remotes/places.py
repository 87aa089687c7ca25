"""Remotes that may fail: after a failure, warn once and go on without the remote."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from fwd_report.errors import counted
from fwd_report.remotes.shelf import AbsentError, RemoteError, Shelf
from fwd_report.remotes.transfer import Moves, Show, fetch_entries, send, unseen
from fwd_report.store.addresses import Address
from fwd_report.store.key_lists import GIVEN, REFUSED, listed_keys, relist
from fwd_report.store.store import Store

NAMED = 3
"""The number of results that a warning names individually."""


@dataclass(eq=False)
class Remote:
    """A shelf and its state.

    failed: why it can no longer be used. refused: keys whose content there failed verification.
    """

    shelf: Shelf
    warn: Callable[[str], None]
    failed: str | None = None
    refused: set[str] = field(default_factory=set)
    _keys: frozenset[str] | None = None
    _newer: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return str(self.shelf)

    def keys(self) -> frozenset[str]:
        """Return the keys of its results, listed once; none if it cannot be used."""
        if self._keys is None:
            self._keys = frozenset()
            if self.failed is None:
                try:
                    self._keys = self.shelf.keys()
                except (RemoteError, AbsentError) as error:
                    self._give_up(str(error))
        return self._keys

    def require_place(self) -> bool:
        """Whether it can be listed and its folder exists; otherwise warn, once."""
        if self.failed is None and not self.keys():
            try:
                if self.failed is None and not self.shelf.exists():
                    self._give_up("there is no such folder (`fwd-report store push` creates it)")
            except (RemoteError, AbsentError) as error:
                self._give_up(str(error))
        return self.failed is None

    def fetch(self, store: Store, keys: Collection[str], show: Show = unseen) -> set[str]:
        """Download the results with these keys that it has; return the keys that arrived."""
        wanted = [key for key in keys if key in self.keys() and key not in self.refused]
        if not wanted or self.failed is not None:
            return set()
        moves = fetch_entries(self.shelf, store, wanted, show)
        self._settle(moves, "there, and not taken")
        self.refused |= moves.refused.keys()
        self._newer |= moves.newer
        relist(store, REFUSED, str(self), moves.refused.keys() - moves.newer, moves.arrived)
        relist(store, GIVEN, str(self), moves.arrived, moves.refused.keys())
        return moves.arrived

    def send(
        self,
        store: Store,
        keys: Collection[str],
        show: Show = unseen,
        anew: Collection[str] = (),
    ) -> set[str]:
        """Upload the results with these keys that it lacks, or whose content there is known to be
        damaged; return the keys that were uploaded.

        anew: keys to upload and replace in any case.
        """
        replaced = (self.refused - self._newer) | listed_keys(store, REFUSED, str(self)) | set(anew)
        there = self.keys() - replaced
        missing = [key for key in keys if key not in there]
        if self.failed is not None:
            return set()
        relist(store, GIVEN, str(self), there & set(keys), set())
        if not missing:
            return set()
        moves = send(self.shelf, store, missing, show, anew=replaced)
        self._settle(moves, "here, and not sent")
        self._keys = self.keys() | moves.arrived
        self.refused -= moves.arrived
        relist(store, REFUSED, str(self), set(), moves.arrived)
        relist(store, GIVEN, str(self), moves.arrived, set())
        return moves.arrived

    def _settle(self, moves: Moves, where: str) -> None:
        if moves.refused:
            shown = [f"{key[:12]} ({why})" for key, why in list(moves.refused.items())[:NAMED]]
            more = ", …" if len(moves.refused) > NAMED else ""
            count = counted(len(moves.refused), "result")
            are = "is" if len(moves.refused) == 1 else "are"
            self.warn(f"{self}: {count} {are} no longer whole {where}: {', '.join(shown)}{more}")
        if moves.failed is not None:
            self._give_up(moves.failed)

    def _give_up(self, why: str) -> None:
        self.failed = why
        self.warn(f"the remote {self} cannot be used: {why}; this command continues without it")


def open_remotes(addresses: Sequence[Address], warn: Callable[[str], None]) -> tuple[Remote, ...]:
    """Return the remotes at these addresses, without contacting them."""
    return tuple(Remote(shelf_at(address), warn) for address in addresses)


def shelf_at(address: Address) -> Shelf:
    """Return the shelf at an address, without connecting to it."""
    if address.url.startswith("hf://datasets/"):
        from fwd_report.remotes.hub_datasets import HubShelf

        return HubShelf(address)
    if address.scheme in ("ssh", "sftp"):
        from fwd_report.remotes.ssh import SshShelf

        return SshShelf(address)
    from fwd_report.remotes.filesystem import FileSystemShelf

    return FileSystemShelf(address)
