"""Where a site will be read: said in report.yaml, by docs/CNAME, or by what the git remote is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from fwd_report.git import Git, GitError, without_password

if TYPE_CHECKING:
    from fwd_report.spec.project import Project

HOSTS = {"github.com": "github.io", "ssh.github.com": "github.io", "gitlab.com": "gitlab.io",
         "altssh.gitlab.com": "gitlab.io"}  # fmt: skip
"""Hosts of repositories, and where each shows the pages of its users."""
SCP_LIKE = re.compile(r"(?:[^@/\s]+@)?([\w.-]+):(?!//)(.+)")
DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


def site_address(project: Project) -> str | None:
    """The address of a project's site, ending in a slash; None where nothing says it."""
    if project.report.site_url:
        return with_slash(project.report.site_url)
    if address := custom_domain(project.root / "docs" / "CNAME"):
        return address
    return remote_address(project.root)


def with_slash(address: str) -> str:
    """An address that relative links lead on from."""
    return address if address.endswith("/") else f"{address}/"


def custom_domain(file: Path) -> str | None:
    """What a CNAME file, by which GitHub Pages knows a site's own domain, makes of its address."""
    try:
        return domain_address(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def domain_address(text: str) -> str | None:
    """The address of the domain that a CNAME file holds; None if that is no domain."""
    domain = text.strip().lower()
    return f"https://{domain}/" if DOMAIN.fullmatch(domain) else None


def remote_address(root: Path, remote: str | None = None) -> str | None:
    """Where the pages of a remote are shown: of the one named, of origin, or of the only one.

    None outside of a repository, where no remote is the obvious one, or its host is unknown.
    """
    git = Git(root)
    try:
        if remote is None:
            remotes = git("remote").splitlines()
            remote = "origin" if "origin" in remotes or len(remotes) != 1 else remotes[0]
        if address := pages_address(git("remote", "get-url", "--push", remote)):
            return address
        # What is rewritten for pushing, to an alias of ssh say, may be known as it was written.
        return pages_address(git("config", "--get", f"remote.{remote}.url"))
    except GitError:
        return None


def pages_address(remote: str) -> str | None:
    """Where GitHub or GitLab shows the pages of a repository: by https, ssh or scp-like address.

    `github.com/ada/writeup` is read at `https://ada.github.io/writeup/`; a repository named
    `ada.github.io` at `https://ada.github.io/`. None for other hosts.
    """
    host, path = _host_and_path(remote)
    parts = [part for part in path.removesuffix("/").removesuffix(".git").split("/") if part]
    pages = HOSTS.get(host)
    if pages is None or len(parts) < 2 or (pages == "github.io" and len(parts) != 2):
        return None
    owner, *names = parts
    if not re.fullmatch(r"[\w-]+(?:\.[\w-]+)*", owner):
        return None
    home = f"{owner.lower()}.{pages}"
    if len(names) == 1 and names[0].lower() == home:
        return f"https://{home}/"
    return f"https://{home}/{quote('/'.join(names))}/"


def web_address(remote: str) -> str | None:
    """A remote's address by https, without a password; None where it has none that is known."""
    if remote.startswith(("https://", "http://")):
        return without_password(remote)
    host, path = _host_and_path(remote)
    host = host.removeprefix("ssh.").removeprefix("altssh.")
    return f"https://{host}/{path.lstrip('/')}" if host in HOSTS else None


def _host_and_path(remote: str) -> tuple[str, str]:
    if "://" in remote:
        try:
            parts = urlsplit(remote)
            return (parts.hostname or "").lower().removeprefix("www."), parts.path
        except ValueError:
            return "", ""
    match = SCP_LIKE.fullmatch(remote)
    return (match[1].lower(), match[2]) if match else ("", "")
