"""The address at which a site will be read: from report.yaml, docs/CNAME, or the git remote."""

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
"""Hosts of repositories, and the domain under which each serves its users' pages."""
SCP_LIKE = re.compile(r"(?:[^@/\s]+@)?([\w.-]+):(?!//)(.+)")
DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


def site_address(project: Project) -> str | None:
    """The address of a project's site, ending in a slash; None if nothing tells it."""
    if project.report.site_url:
        return with_slash(project.report.site_url)
    if address := custom_domain(project.root / "docs" / "CNAME"):
        return address
    return remote_address(project.root)


def with_slash(address: str) -> str:
    """The address with a slash at its end, so that relative links continue it."""
    return address if address.endswith("/") else f"{address}/"


def custom_domain(file: Path) -> str | None:
    """The site's address under its own domain, from a CNAME file as GitHub Pages reads it."""
    try:
        return domain_address(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def domain_address(text: str) -> str | None:
    """The address of the domain in a CNAME file; None if it holds no domain."""
    domain = text.strip().lower()
    return f"https://{domain}/" if DOMAIN.fullmatch(domain) else None


def remote_address(root: Path, remote: str | None = None) -> str | None:
    """The pages address of a remote: the one named, else origin, else the only one.

    None outside a repository, without an obvious remote, or for an unknown host.
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
    """The address at which GitHub or GitLab serves the pages of a repository.

    The repository's address may be https, ssh or scp-like. `github.com/ada/writeup` is served at
    `https://ada.github.io/writeup/`; a repository named `ada.github.io` at
    `https://ada.github.io/`. None for other hosts.
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
    """A remote's https address, without a password; None if no such address is known."""
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
