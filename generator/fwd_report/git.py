"""Git as this tool calls it: never interactive, and running no command that a repository names."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from fwd_report.errors import RunError, UserError

HARMLESS = (
    "-c", "core.fsmonitor=false",
    "-c", "core.untrackedCache=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "core.quotePath=false",
)  # fmt: skip
NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")
ELSEWHERE = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_PREFIX", "GIT_NAMESPACE",
    "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE",
)  # fmt: skip
"""Variables with which another repository's hook would direct git to that repository."""
PLAIN = re.compile(
    r"core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode"
    r"|symlinks)|extensions\.objectformat|user\.(name|email)"
    r"|remote\..*\.(url|pushurl|fetch)|branch\..*\.(remote|merge)",
    re.I | re.S,
)
"""Settings in a clone's own configuration that make git run no command."""
ADDRESS = re.compile(r"remote\..*\.(url|pushurl)", re.I | re.S)
REMOTE_ADDRESS = re.compile(r"(?:https?|ssh)://.+|(?:[^@/:\s]+@)?[\w.][\w.-]*:(?!:|//).+", re.I)
"""Addresses on another machine. A repository on this machine has hooks of its own, which would
run."""
BY_NET = {"GIT_ALLOW_PROTOCOL": "https:http:ssh"}
"""The environment in which git reaches no repository on this machine, whatever the address."""
SECRET = re.compile(r"(?<=://)[^/@\s]+@")


class GitError(RunError):
    """A git command failed; str() is its output, without passwords."""


class Git:
    """The repository that a folder lies in.

    Raises GitError if a command fails. patience: seconds that a command may take; None: unlimited.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        patience: float | None = None,
    ) -> None:
        self._folder = folder
        self._environment = _environment() | dict(environment or {})
        self._patience = patience

    def __call__(self, *arguments: str, text: str | None = None, hooks: bool = False) -> str:
        """The output of `git ARGUMENTS` without the trailing newline; `text` is its input."""
        return (
            self.bytes(*arguments, data=(text or "").encode(), hooks=hooks)
            .decode("utf-8", "surrogateescape")
            .rstrip("\n")
        )

    def bytes(self, *arguments: str, data: bytes = b"", hooks: bool = False) -> bytes:
        """The same in bytes. hooks: whether the hooks of the user's repository run, as for their
        own git.
        """
        command = ["git", *HARMLESS, *(() if hooks else NO_HOOKS), "-C", str(self._folder)]
        try:
            answer = subprocess.run(
                [*command, *arguments],
                input=data,
                env=self._environment,
                capture_output=True,
                start_new_session=True,  # without a terminal, ssh fails where it would ask
                timeout=self._patience,
            )
        except subprocess.TimeoutExpired as error:
            raise GitError(f"git does not answer within {self._patience} s") from error
        except OSError as error:
            raise GitError(f"git cannot be run: {error.strerror}") from error
        if answer.returncode:
            said = answer.stderr.decode("utf-8", "replace").strip()
            raise GitError(without_password(said or f"git ended with {answer.returncode}"))
        return answer.stdout

    def require_plain(self) -> None:
        """Raise UserError if the repository's own configuration holds anything but plain settings.

        Filters, ssh commands, credential helpers and the like are commands that git would run; so
        are the hooks of a remote that is a folder on this machine.
        """
        listed = self("config", "--list", "--show-scope", "--includes", "-z").split("\0")
        pairs = zip(listed[::2], listed[1::2], strict=False)
        own = [said.partition("\n") for scope, said in pairs if scope in ("local", "worktree")]
        odd = sorted({name for name, _, _ in own if not PLAIN.fullmatch(name)})
        if odd:
            raise UserError(
                f"--untrusted: git may run what this repository's configuration says: "
                f"{', '.join(odd)}",
                hint="take it out (git config --unset), or publish from a clone of your own",
            )
        near = [
            f"{name} = {without_password(value)}"
            for name, _, value in own
            if ADDRESS.fullmatch(name) and not REMOTE_ADDRESS.fullmatch(value)
        ]
        if near:
            raise UserError(
                "--untrusted: git may run the hooks of a remote on this machine: "
                f"{', '.join(near)}",
                hint="only https://, http://, ssh:// and git@host:path are pushed to",
            )


def without_password(text: str) -> str:
    """The text without user names and passwords in its addresses."""
    return SECRET.sub("", text)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
