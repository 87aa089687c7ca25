"""Addresses of remotes as people write them: folders and URLs. Nothing is opened here."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fwd_report.errors import masked, printable
from fwd_report.project_folder import PARTS

VARIABLE = "FWD_REPORT_STORE"
"""The environment variable that names remotes, separated by commas, and overrides report.yaml."""
NO_REMOTE = "none"
"""Stands for no remote at all, if the variable or --store overrides report.yaml."""
EXTRAS = {
    "file": ("", ""),
    "local": ("", ""),
    "hf": ("huggingface_hub", ""),
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"),
    "gcs": ("gcsfs", "gcs"),
    "ssh": ("paramiko", "ssh"),
    "sftp": ("paramiko", "ssh"),
    "http": ("aiohttp", ""),
    "https": ("aiohttp", ""),
}
"""For each scheme, the module that its backend needs and the extra of ours that installs it."""
FOLDERS = ("file", "local")
FLEETING = ("memory",)
"""What fsspec opens for a process alone: gone when the command ends."""
ARCHIVES = ("libarchive", "tar", "zip")
UNFIT = (
    "async_wrapper", "asynclocal", "asyncwrapper", "blockcache", "cached", "dask", "data", "dir",
    "filecache", "generic", "gist", "jlab", "jupyter", "pyscript", "reference", "simplecache",
)  # fmt: skip
"""What fsspec opens only around another place, or by more than a URL, or keeps no folders in."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_ALMOST = re.compile(r"(?:[\w.+-]+@)?[\w.+-]{2,}:/")
"""A URL with a slash too few, or what scp takes; not a drive of Windows."""
LONG = 8
"""Characters from which a password is masked wherever it stands as a word of its own."""
_SENT = re.compile(
    r"((?:authorization|x-amz-security-token)\W+(?:(?:basic|bearer|token)\s+)?"
    r"|[?&](?:[\w-]*(?:token|signature|credential|password|secret|key)|sig)=)[^\s'\"&,]+",
    re.IGNORECASE,
)
"""A secret in a header of a request, or in the query of its URL."""


@dataclass(frozen=True)
class Address:
    """Where a remote is. url: what fsspec opens; it may contain a password and is never shown."""

    url: str
    scheme: str

    def __str__(self) -> str:
        """The address as messages show it."""
        return masked(self.url)

    def __repr__(self) -> str:
        return f"Address({masked(self.url)!r})"

    @property
    def lacks(self) -> str | None:
        """What has to be installed before it can be opened; None: nothing."""
        module, extra = EXTRAS.get(self.scheme, ("", ""))
        if not module or find_spec(module) is not None:
            return None
        return f'pip install "fwd-report[{extra}]"' if extra else f"pip install {module}"

    def censored(self, text: str) -> str:
        """The text of another library's message, without any secret of this address.

        A short password is masked only where a URL or a header has it: elsewhere, the letters that
        are missing from words would tell it.
        """
        for secret in _secrets(self.url):
            text = text.replace(f":{secret}@", ":***@")
            if len(secret) >= LONG:
                text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
        return masked(_SENT.sub(r"\1***", text))


def address_of(text: str, root: Path) -> Address:
    """The address that somebody wrote; a relative folder starts at the project, `~` at the user's
    home.

    Raises ValueError if it is none, with a message that continues after the text's name.
    """
    if (wrong := objection(text)) is not None:
        raise ValueError(wrong)
    found = _SCHEME.match(text)
    scheme = found[1].lower() if found else "file"
    if scheme not in FOLDERS:
        return Address(text.rstrip("/"), scheme)
    named = text[found.end() :] if found else os.path.expanduser(text)
    folder = Path(os.path.abspath(root / named))
    place = folder.resolve()
    if place == root.resolve():
        raise ValueError("is the project's own folder; name one beside it, or a new one in it")
    for part in PARTS:
        if (root / part).resolve() in (place, *place.parents):
            raise ValueError(f"lies in {part}/, which is the project's own")
    return Address(str(folder), "file")


def objection(text: str) -> str | None:
    """Why a text is no address of a remote, as a message that follows its name; None: it is one."""
    if not text.strip() or text != text.strip() or not text.isprintable():
        return "should be a folder or a URL such as s3://bucket/report"
    if len(text) > 2_000:
        return "is too long for an address"
    found = _SCHEME.match(text)
    if found is None:
        if "://" in text or "::" in text:
            return f"should be a folder or a single URL, not '{masked(text)[:80]}'"
        if _ALMOST.match(text):
            return (
                "should be a URL with '://', such as https://HOST/FOLDER or "
                "ssh://USER@HOST/FOLDER, or a folder; ./ goes before a folder of such a name"
            )
        return None
    if "::" in text or any(mark in text for mark in "?#"):
        return "should be a plain URL: no '::', '?' or '#'"
    scheme = found[1].lower()
    if scheme in FLEETING:
        return f"lasts only as long as one command ({scheme}://); name a folder, or a bucket"
    if scheme in ARCHIVES:
        return "is an archive; `fwd-report store import FILE` takes what `store export` wrote"
    if scheme in UNFIT:
        return f"can be no remote: {scheme}:// alone names no place with folders"
    if scheme not in EXTRAS and not _known_to_fsspec(scheme):
        there = "://, ".join(name for name in EXTRAS if name not in ("local", "s3a", "gcs"))
        return f"has an unknown scheme, '{printable(scheme)}://'; there are a folder, {there}://"
    if scheme not in FOLDERS and not text[found.end() :].strip("/"):
        return f"names no place: {scheme}:// and nothing after it"
    return None


def public_objection(text: str) -> str | None:
    """As `objection`, for an address in a file that others read."""
    if masked(text) != text:
        return (
            "holds a password, and this file is no place for one: give the URL without it and let "
            f"the backend find it, or set {VARIABLE}"
        )
    return objection(text)


def chosen_texts(asked: Sequence[str] | None, written: Sequence[str]) -> tuple[str, list[str]]:
    """The source that decides on the remotes, and the addresses it names.

    The source is --store if it is given (asked), else the variable if it is set and not empty, else
    the field `store` of report.yaml (written).
    """
    source, texts = "store", list(written)
    if asked is not None:
        source, texts = "--store", list(asked)
    elif variable := os.environ.get(VARIABLE, "").strip():
        source, texts = VARIABLE, [text.strip() for text in variable.split(",")]
    if source != "store":
        texts = [text for text in texts if text not in ("", NO_REMOTE)]
    return source, texts


def _known_to_fsspec(scheme: str) -> bool:
    """Whether fsspec, or a package that extends it, knows a scheme that is not among the usual
    ones.
    """
    from fsspec import available_protocols

    return scheme in available_protocols()


def _secrets(url: str) -> list[str]:
    """The password of a URL, as written and decoded."""
    from urllib.parse import unquote

    after = url.partition("://")[2]
    person, at, _ = after.rpartition("@")
    _, colon, password = person.partition(":")
    if not (at and colon and password):
        return []
    return sorted({password, unquote(password)}, key=len, reverse=True)
