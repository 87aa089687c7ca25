"""`fwd-report download`: weights and data, for machines that have a GPU and no network."""

from __future__ import annotations

from pathlib import Path

from fwd_report.cli.options import Only, Overrides, Profile, Root, Untrusted, options_of
from fwd_report.errors import say


def download(
    only: Only = None,
    profile: Profile = None,
    overrides: Overrides = None,
    untrusted: Untrusted = False,
    root: Root = Path(),
) -> None:
    """Download the models and datasets that the report needs, and run nothing."""
    from fwd_report.downloading import download_needed

    options = options_of(only, profile, overrides, untrusted, root)
    fetched, datasets = download_needed(root.resolve(), options)
    say("downloaded" if fetched else "all models are on this machine")
    if datasets:
        say(f"datasets on this machine: {', '.join(datasets)}")
