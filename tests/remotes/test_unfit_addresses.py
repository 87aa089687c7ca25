"""What looks like an address and is none, and what of an address other libraries repeat."""

from __future__ import annotations

from pathlib import Path

import pytest
from fsspec import available_protocols
from fsspec.registry import known_implementations

from fwd_report.store.addresses import ARCHIVES, FLEETING, UNFIT, Address, address_of, objection

FIT = {
    "arrow_hdfs", "dbfs", "file", "ftp", "git", "github", "hdfs", "http", "https", "local", "sftp",
    "smb", "ssh", "webhdfs",
}  # fmt: skip
"""The schemes of fsspec itself that may be remotes; those of other packages are services."""


def test_every_scheme_of_fsspec_itself_is_known_to_fit_or_not() -> None:
    own = {
        scheme
        for scheme in available_protocols()
        if known_implementations.get(scheme, {}).get("class", "").startswith("fsspec.")
    }
    assert own <= FIT | {*ARCHIVES, *UNFIT, *FLEETING}
    assert not FIT & {*ARCHIVES, *UNFIT, *FLEETING}
    for scheme in (*ARCHIVES, *UNFIT):
        assert objection(f"{scheme}://place/folder")


@pytest.mark.parametrize(
    "text",
    [".", "experiments", "experiments/images/../x", "docs", "site_templates/a", "techniques",
     ".fwd-report", "{root}", "file://{root}", "link"],
)  # fmt: skip
def test_the_projects_own_folders_are_no_remotes(tmp_path: Path, text: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="the project's own"):
        address_of(text.format(root=tmp_path), tmp_path)


@pytest.mark.parametrize("text", ["shared", "..", "./http:/x", "experiments-of-mine", "C:/results"])
def test_other_folders_are(tmp_path: Path, text: str) -> None:
    assert address_of(text, tmp_path).scheme == "file"


def test_a_short_password_leaves_the_words_of_a_message_readable() -> None:
    address = Address("github://a:b@c/d", "github")
    said = "404 not found: https://api.github.com/repos/a/b"
    assert address.censored(said) == said


@pytest.mark.parametrize("secret", ["b", "sesame", "open-sesame-1"])
@pytest.mark.parametrize(
    "said",
    ["cannot open ftp://ada:{}@host/x", "refused: ada:{}@host", "Authorization: Basic {}",
     "{{'authorization': 'Bearer {}'}}", "GET https://host/x?a=1&X-Amz-Signature={}&b=2"],
)  # fmt: skip
def test_a_password_is_masked_in_urls_and_headers(said: str, secret: str) -> None:
    censored = Address(f"ftp://ada:{secret}@host/x", "ftp").censored(said.format(secret))
    assert "***" in censored
    assert len(secret) == 1 or secret not in censored


def test_a_long_password_is_masked_as_a_word_wherever_it_stands() -> None:
    address = Address("ftp://ada:open%20sesame@host/x", "ftp")
    said = "530 login of ada with open sesame, or open%20sesame, failed; open sesames did not"
    assert address.censored(said) == (
        "530 login of ada with ***, or ***, failed; open sesames did not"
    )
