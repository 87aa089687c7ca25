"""Whether the hub would give this machine a model: its licence, its token. No weights come."""

from __future__ import annotations

from collections.abc import Sequence

from fwd_report.models.folder_layout import files_read
from fwd_report.models.hub import PATIENCE, listing
from fwd_report.models.hub_errors import endpoint, said_plainly
from fwd_report.models.hub_files import HubFile
from fwd_report.models.names import split_hub_id

OUTSIDE_KEYS = "it only asks whether a file may be had"


def offered_files(
    hub_id: str, parts: Sequence[str], pinned: str | None = None
) -> tuple[str, list[HubFile]]:
    """The commit that a download would take, and the files of these parts there.

    pinned: as in `hub.listing`. Raises the errors of `hub.fetch` if the hub cannot be reached or
    would refuse the largest of them.
    """
    listed = listing(hub_id, pinned)
    files = [listed.files[name] for name in files_read(listed.files, parts, hub_id)]
    _require_access(hub_id, listed.commit, max(files, key=lambda file: file.size or 0))
    return listed.commit, files


def _require_access(hub_id: str, commit: str, file: HubFile) -> None:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    name, _ = split_hub_id(hub_id)
    with said_plainly(hub_id):
        url = hf_hub_url(name, file.name, revision=commit, endpoint=endpoint())
        get_hf_file_metadata(url, timeout=PATIENCE, endpoint=endpoint())


def token_says() -> str:
    """Whether this machine has a token of the hub, in words; the token is not shown."""
    from huggingface_hub import get_token

    return "logged in" if get_token() else "not logged in"
