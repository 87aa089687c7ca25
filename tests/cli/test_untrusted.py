"""`--untrusted`: what a folder has of code is not run, and what was ignored is said."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from tests.helpers.project import HYBRIDS, REPORT, Project

from fwd_report.errors import RunError, UserError
from fwd_report.git import Git
from fwd_report.site.branch import RemoteBranch

ROOT = Path(__file__).parents[2]
IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org")
SPEC = (
    HYBRIDS[: HYBRIDS.index("intro:")]
    + """\
intro: Noise.
experiments:
  - id: dot
    technique: forward
    image: experiments/images/dot.png
    caption: Noise.
    discussion: One sees noise.
"""
)
WRITE = "open({!r}, 'w').close()"
TECHNIQUE = """\
from fwd_report.techniques.base import Technique


class Own(Technique):
    name = "own"

    def program(self, run):
        yield from ()
"""


@pytest.fixture
def hostile(project: Project) -> Project:
    """A project all of whose code writes a file ran-WHAT."""
    root = project.root
    (root / "experiments" / "noise.yaml").unlink()
    project.write("hybrids", SPEC)
    project.write("report", REPORT + "author: Ada\n")

    def write(what: str) -> str:
        return WRITE.format(str(root / f"ran-{what}"))

    shutil.copytree(ROOT / "site_templates", root / "site_templates")
    section = root / "site_templates" / "section.md"
    python = "{{ lipsum.__globals__['__builtins__']['open']('%s', 'w') }}\n"
    section.write_text(python % (root / "ran-template") + section.read_text())
    theme = root / "site_templates" / "theme" / "main.html"
    base = '{% extends "base.html" %}\n'
    theme.write_text(
        base + "{% block content %}" + python % (root / "ran-theme") + "{% endblock %}"
    )
    (root / "techniques").mkdir()
    (root / "techniques" / "own.py").write_text(f"{TECHNIQUE}\n{write('technique')}\n")
    (root / "hooks.py").write_text(write("hook"))
    plain = (ROOT / "mkdocs.yml").read_text()
    (root / "mkdocs.yml").write_text(plain + "\nhooks: [hooks.py]\n")
    return project


def ran(project: Project) -> list[str]:
    return sorted(path.name for path in project.root.glob("ran-*"))


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *IDENTITY, *arguments], check=True)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ssh of the user's own, which finds every host's repositories on this machine."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nfor command; do :; done\nexec sh -c "$command"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH", str(ssh))
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    return ssh


def test_nothing_of_an_untrusted_folder_runs(
    hostile: Project, host: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    remote = tmp_path_factory.mktemp("remote")
    git(remote, "init", "--quiet", "--bare")
    git(hostile.root, "init", "--quiet", "--initial-branch=main")
    git(hostile.root, "remote", "add", "origin", f"ssh://example.org{remote}")
    git(hostile.root, "config", "user.name", "A")
    git(hostile.root, "config", "user.email", "a@example.org")
    hook = hostile.root / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{hostile.root}/ran-push'\n")
    hook.chmod(0o755)

    commands = (
        ("plan",), ("build",), ("check",), ("publish", "--site-url", "https://a.b/"), ("schema",),
        ("script", "hybrids.dot[0]"), ("store", "path", "hybrids.dot[0]"),
        ("store", "gc", "--dry-run"),
    )  # fmt: skip
    for number, command in enumerate(commands):
        done = hostile(*command, ("--untrusted", "--no-project-code")[number % 2])
        if command[0] == "script":
            assert "its technique is forward" in done.stderr
            continue
        assert done.returncode == 0, done.stdout + done.stderr
        said = [line for line in done.stderr.splitlines() if "--untrusted" in line]
        assert said == [
            "--untrusted: ignored techniques, site_templates and mkdocs.yml; the package's own are "
            "used"
        ]
        assert ran(hostile) == []
    published = subprocess.run(
        ["git", "-C", str(remote), "show", "gh-pages:report/hybrids/index.html"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "Noise." in published
    assert "https://a.b/report/hybrids/" in published

    git(hostile.root, "config", "core.sshCommand", f"touch '{hostile.root}/ran-ssh'")
    refused = hostile("publish", "--untrusted")
    assert refused.returncode == 2
    assert "configuration says: core.sshcommand" in refused.stderr
    assert ran(hostile) == []

    git(hostile.root, "config", "--unset", "core.sshCommand")
    near = hostile.root / "near.git"
    git(hostile.root, "clone", "--quiet", "--bare", str(remote), str(near))
    receive = near / "hooks" / "pre-receive"
    receive.parent.mkdir(exist_ok=True)
    receive.write_text(f"#!/bin/sh\ntouch '{hostile.root}/ran-receive'\n")
    receive.chmod(0o755)
    git(hostile.root, "remote", "set-url", "origin", "near.git")
    refused = hostile("publish", "--untrusted")
    assert refused.returncode == 2
    assert "hooks of a remote on this machine: remote.origin.url = near.git" in refused.stderr
    assert ran(hostile) == []

    # The same folder, trusted: its pages are made again, with its own templates.
    again = hostile("build", "--cached-only")
    assert "wrote" in again.stdout, again.stderr
    assert ran(hostile) == ["ran-technique", "ran-template"]


@pytest.mark.slow
def test_serve_runs_nothing_of_an_untrusted_folder(hostile: Project) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = hostile.start("serve", "--untrusted", "--port", str(port))
    try:
        page = ""
        end = time.monotonic() + 120
        while "Noise." not in page and time.monotonic() < end:
            time.sleep(0.2)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/report/hybrids/") as answer:
                    page = answer.read().decode()
            except OSError:
                continue
        assert "Noise." in page
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert ran(hostile) == []


def test_navigation_that_no_build_wrote_brings_no_code(tmp_path: Path) -> None:
    import yaml

    from fwd_report.site.config import mkdocs_config

    nav = tmp_path / "docs" / "report" / "_nav.yml"
    nav.parent.mkdir(parents=True)
    nav.write_text("site_name: 😀 A\nhooks: [evil.py]\ntheme: {custom_dir: evil}\nnav: [a.md]\n")
    settings = yaml.safe_load(mkdocs_config(tmp_path, trusted=False))
    assert settings["site_name"] == "😀 A"
    assert settings["nav"] == ["a.md"]
    assert "hooks" not in settings
    assert "INHERIT" not in settings
    assert "evil" not in settings["theme"]["custom_dir"]


@pytest.mark.parametrize(
    "setting", ["filter.x.clean", "credential.helper", "include.path", "core.fsmonitor"]
)
def test_a_repository_that_names_commands_is_refused(tmp_path: Path, setting: str) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "remote", "add", "origin", "git@github.com:ada/writeup.git")
    Git(tmp_path).require_plain()
    git(tmp_path, "config", setting, "touch ran")
    with pytest.raises(UserError, match=setting):
        Git(tmp_path).require_plain()


@pytest.mark.parametrize(
    "address",
    [
        "near.git", "../near.git", "/near.git", "./a:b", "file:///near.git", "ext::touch ran",
        "git://example.org/a", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["url", "pushurl"])
def test_a_remote_on_this_machine_is_refused(tmp_path: Path, address: str, kind: str) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "remote.origin.url", "https://example.org/ada/writeup.git")
    git(tmp_path, "config", f"remote.origin.{kind}", address)
    with pytest.raises(UserError, match=rf"remote\.origin\.{kind} = "):
        Git(tmp_path).require_plain()


@pytest.mark.parametrize(
    "address",
    ["https://a.org/b", "http://a.org/b", "ssh://git@a.org/b", "git@a.org:b", "a.org:/srv/b.git"],
)
def test_a_remote_on_another_machine_is_not(tmp_path: Path, address: str) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "remote", "add", "origin", address)
    Git(tmp_path).require_plain()


def test_no_file_of_the_repository_leads_to_a_remote_on_this_machine(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "init", "--quiet", "--bare", "near.git")
    git(tmp_path, "config", "remote.near.git.fetch", "+refs/heads/*:refs/remotes/near/*")
    Git(tmp_path).require_plain()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert RemoteBranch(tmp_path, None, "gh-pages", scratch).fetch().commit is None
    with pytest.raises(RunError, match="not allowed"):
        RemoteBranch(tmp_path, None, "gh-pages", scratch, trusted=False).fetch()
