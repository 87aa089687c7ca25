"""Whether the hub would give this machine a file: its licence, its token. No file is fetched."""

from __future__ import annotations

from fwd_report.models.hub import PATIENCE
from fwd_report.models.hub_errors import endpoint, said_plainly
from fwd_report.models.names import split_hub_id

OUTSIDE_KEYS = "it only asks whether a file may be had"


def require_access(hub_id: str, file: str) -> None:
    """Raise UserError, with the way out, if the hub would refuse that file of the model."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    name, revision = split_hub_id(hub_id)
    with said_plainly(hub_id):
        url = hf_hub_url(name, file, revision=revision, endpoint=endpoint())
        get_hf_file_metadata(url, timeout=PATIENCE, endpoint=endpoint())


def token_says() -> str:
    """Whether this machine has a token of the hub, in words; the token is not shown."""
    from huggingface_hub import get_token

    return "logged in" if get_token() else "not logged in"
