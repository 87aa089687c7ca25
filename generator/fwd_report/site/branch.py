"""Changes to a branch of a remote by plain git objects: no checkout, no local branch, no force."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fwd_report.errors import RunError, UserError
from fwd_report.git import BY_NET, Git, GitError, without_password
from fwd_report.shell import word

PLAIN_FILE = "100644"
UNKNOWN_USER = re.compile(
    r"could not read|authentication|permission denied|host key|terminal", re.I
)
AUTHORISE = (
    "\n    git must be able to push without asking: load your key into ssh-agent, or let a "
    "credential helper remember your password"
)


@dataclass(frozen=True)
class Tip:
    """What a branch holds: its commit (None if there is no branch yet) and blobs by path."""

    commit: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)


class RemoteBranch:
    """`branch` of `remote`, seen from the repository of `root`, which may be any kind of clone.

    trusted: whether the repository's hooks run, and remotes on this machine are used.
    """

    def __init__(
        self, root: Path, remote: str | None, branch: str, scratch: Path, trusted: bool = True
    ) -> None:
        self._git = Git(root, None if trusted else BY_NET)
        self._hooks = trusted
        self._index = Git(root, {"GIT_INDEX_FILE": str(scratch / "index")})
        self.remote = self._named(root, remote)
        self.address = without_password(self._git("remote", "get-url", "--push", self.remote))
        self.branch = self._valid(branch)
        self._ref = f"refs/heads/{branch}"

    def fetch(self) -> Tip:
        """What the branch holds now. Raises RunError if the remote does not answer."""
        commit = self._now()
        if commit is None:
            return Tip()
        try:
            self._git(
                "fetch", "--quiet", "--no-tags", "--refmap=", "--no-recurse-submodules",
                self.remote, self._ref,
            )  # fmt: skip
            listed = self._git.bytes("ls-tree", "-r", "-z", "--full-tree", commit)
        except GitError as error:
            raise RunError(f"{self.branch} of {self.remote} cannot be fetched: {error}") from error
        files = {}
        for line in listed.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            about, path = line.split("\t", 1)
            files[path] = about.split()[2]
        return Tip(commit, files)

    def content(self, blob: str) -> bytes:
        """The bytes of a blob."""
        return self._git.bytes("cat-file", "blob", blob)

    def blobs(self, files: Mapping[str, Path], write: bool = True) -> dict[str, str]:
        """The blob of each file as it is, without git's filters; stored if `write`."""
        paths = "".join(f"{_quoted(path)}\n" for path in files.values())
        options = ("-w",) if write else ()
        made = self._git.bytes(
            "hash-object", *options, "--no-filters", "--stdin-paths",
            data=paths.encode("utf-8", "surrogateescape"),
        )  # fmt: skip
        return dict(zip(files, made.decode().split(), strict=True))

    def commit(
        self, tip: Tip, put: Mapping[str, str], remove: Iterable[str], message: str
    ) -> str | None:
        """A commit on top of `tip` with those blobs added and paths removed; None if nothing
        changes.

        Raises UserError if git does not know the author.
        """
        self._index("read-tree", tip.commit or "--empty")
        nothing = "0" * len(next(iter(put.values())))
        lines = [f"0 {nothing}\t{path}" for path in remove]
        lines += [f"{PLAIN_FILE} {blob}\t{path}" for path, blob in put.items()]
        data = "".join(f"{line}\0" for line in lines).encode("utf-8", "surrogateescape")
        self._index.bytes("update-index", "-z", "--index-info", data=data)
        tree = self._index("write-tree")
        if tip.commit is not None and self._git("rev-parse", f"{tip.commit}^{{tree}}") == tree:
            return None
        parent = ("-p", tip.commit) if tip.commit else ()
        try:
            return self._git("commit-tree", tree, *parent, "-F", "-", text=message)
        except GitError as error:
            raise UserError(
                f"git makes no commit: {error}",
                hint='git config user.name "Your Name", git config user.email you@example.org',
            ) from error

    def push(self, tip: Tip, commit: str) -> bool:
        """Move the branch to `commit`; False if somebody else moved it from `tip` first.

        The user's own pre-push hook runs, if hooks do. Raises RunError with git's message for other
        failures.
        """
        try:
            self._git(
                "-c", f"remote.{self.remote}.mirror=false",
                "push", "--quiet", "--no-follow-tags", "--recurse-submodules=no",
                self.remote, f"{commit}:{self._ref}", hooks=self._hooks,
            )  # fmt: skip
        except GitError as error:
            now = self._now()
            if now == commit:
                return True
            if now != tip.commit:
                return False
            raise RunError(f"the push to {self.remote} failed: {_explained(error)}") from error
        return True

    def _now(self) -> str | None:
        """The commit at the end of the remote's branch."""
        try:
            listed = self._git("ls-remote", self.remote, self._ref)
        except GitError as error:
            raise RunError(
                f"{self.remote} ({self.address}) does not answer: {_explained(error)}"
            ) from error
        return listed.split()[0] if listed else None

    def _named(self, root: Path, remote: str | None) -> str:
        try:
            remotes = self._git("remote").splitlines()
        except GitError as error:
            raise UserError(
                f"{root} is in no git repository that git will use: {error}",
                hint="git init, commit, and git remote add origin <address>; then publish again",
            ) from error
        if remote is None:
            remote = remotes[0] if len(remotes) == 1 else "origin"
        if remote.startswith("-"):
            raise UserError(
                f"git would take the remote {remote!r} for an option",
                hint="name one that does not begin with '-': --remote NAME",
            )
        if remote in remotes:
            return remote
        if not remotes:
            raise UserError(
                f"the repository of {root} has no remote",
                hint=f"git remote add {word(remote)} <address>, then publish again",
            )
        raise UserError(
            f"the repository of {root} has no git remote named {remote!r}",
            hint=f"it has: {', '.join(remotes)}; name one: --remote {word(remotes[0])}",
        )

    def _valid(self, branch: str) -> str:
        try:
            self._git("check-ref-format", f"refs/heads/{branch}")
        except GitError:
            raise UserError(f"{branch!r} cannot be the name of a branch") from None
        return branch


def _explained(error: GitError) -> str:
    """Git's message, and a way out if it needed an answer or an identity."""
    return f"{error}{AUTHORISE if UNKNOWN_USER.search(str(error)) else ''}"


def _quoted(path: Path) -> str:
    """A path as git reads it from a line; a path with a newline is quoted as in C."""
    text = str(path)
    if "\n" not in text and not text.startswith('"'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
