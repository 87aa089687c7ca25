"""What somebody writes where a remote belongs: read, refused with a way out, never shown whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.command import command
from tests.helpers.project import Project

from fwd_report.errors import inert, masked
from fwd_report.spec.load import load_project
from fwd_report.store.addresses import address_of, chosen_texts, objection

ROOT = Path(__file__).parents[2]
SECRETS = ("s3://ada:sesame@bucket/report", "ssh://ada:ses/ame@host/x", "x://a:s@e:same@h/ y")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "experiments").mkdir()
    project = Project(tmp_path)
    project.write("report", "title: A\n")
    project.write("a", "title: A\n")
    return project


def test_folders_are_of_the_project_and_urls_as_written(tmp_path: Path) -> None:
    home = Path("~").expanduser()
    found = {text: address_of(text, tmp_path / "writeup") for text in (
        "../shared", "/mnt/drive", "~/results", "file:///mnt/drive", "s3://bucket/report/",
        "hf://datasets/ada/results", "GS://bucket",
    )}  # fmt: skip
    assert [(each.scheme, each.url) for each in found.values()] == [
        ("file", str(tmp_path / "shared")), ("file", "/mnt/drive"), ("file", str(home / "results")),
        ("file", "/mnt/drive"), ("s3", "s3://bucket/report"), ("hf", "hf://datasets/ada/results"),
        ("gs", "GS://bucket"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "should be a folder or a URL"),
        (" s3://a", "should be a folder or a URL"),
        ("s3://", "names no place"),
        ("memory://x", "lasts only as long as one command (memory://); name a folder"),
        ("Memory://x", "lasts only as long as one command"),
        ("s4://bucket", "unknown scheme, 's4://'; there are a folder, file://"),
        ("zip://x::s3://bucket", "no '::'"),
        ("zip://x.zip", "is an archive; `fwd-report store import FILE`"),
        ("jupyter://x", "can be no remote: jupyter:// alone"),
        ("SimpleCache://x", "can be no remote: simplecache:// alone"),
        ("http:/x/y", "should be a URL with '://'"),
        ("s3:/bucket/report", "should be a URL with '://'"),
        ("ada@host:/results", "ssh://USER@HOST/FOLDER"),
        ("s3://bucket/a?token=1", "no '::', '?' or '#'"),
        ("simplecache::s3://bucket", "single URL"),
        ("a\nb", "should be a folder or a URL"),
        ("x" * 3_000, "too long"),
    ],
)
def test_what_is_no_address(text: str, why: str) -> None:
    assert why in str(objection(text))


def test_an_error_in_report_yaml_has_its_line(project: Project) -> None:
    project.write("report", "title: A\nstore:\n  - shared\n  - s4://bucket/report\n")
    answer = project("plan")
    assert answer.returncode == 2
    assert "experiments/report.yaml:4:5: store[1] has an unknown scheme, 's4://'" in answer.stderr
    project.write("report", "title: A\nstore: .fwd-report/store\n")
    answer = project("store", "status")
    assert answer.returncode == 2
    assert "experiments/report.yaml:2:8: store lies in .fwd-report/" in answer.stderr


def test_no_documented_scheme_needs_fsspec_for_a_plan(project: Project) -> None:
    """Which takes a quarter of a second to import."""
    rows = (ROOT / "docs/guide/remotes.md").read_text().partition("| `store:` |")[2]
    schemes = sorted(set(re.findall(r"^\| `([a-z0-9]+)://", rows, re.MULTILINE)))
    assert {"hf", "s3", "gs", "ssh", "https"} <= set(schemes)
    places = {"hf": "hf://datasets/ada/results"}
    named = [places.get(scheme, f"{scheme}://ada/results") for scheme in (*schemes, "http", "sftp")]
    project.write("report", f"title: A\nstore: {json.dumps([*named, '../shared'])}\n")
    code = (
        "import sys; sys.argv = ['fwd-report', 'plan']\n"
        "from fwd_report.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'fsspec', 's3fs', 'aiohttp', 'paramiko', 'huggingface_hub'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=project.root, env=project.environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.stdout.splitlines()[-1:] == ["[]"], answer


def test_a_backend_that_is_not_installed_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("report", "title: A\nstore: gs://bucket/report\n")
    monkeypatch.setitem(sys.modules, "gcsfs", None)  # as if it were not there
    answer = command("store", "status", cwd=project.root)
    assert answer.returncode == 1
    assert 'pip install "fwd-report[gcs]"' in answer.stderr


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert chosen_texts(None, ["a"]) == ("store", ["a"])
    monkeypatch.setenv("FWD_REPORT_STORE", "")
    assert chosen_texts(None, ["a"]) == ("store", ["a"]), (
        "a variable of CI that is not set is empty"
    )
    monkeypatch.setenv("FWD_REPORT_STORE", "b, c")
    assert chosen_texts(None, ["a"]) == ("FWD_REPORT_STORE", ["b", "c"])
    assert chosen_texts(["d"], ["a"]) == ("--store", ["d"])
    assert chosen_texts(["none"], ["a"]) == ("--store", [])


@pytest.mark.parametrize("text", SECRETS)
def test_passwords_are_masked_wherever_something_is_said(text: str) -> None:
    for said in (masked(text), inert(f"see {text}, please"), str(address_of_any(text))):
        assert "***@" in said
        assert "s@e" not in said
        assert "ame" not in said


def address_of_any(text: str) -> object:
    from fwd_report.store.addresses import Address

    return Address(text, text.partition(":")[0])


def test_a_password_in_the_file_is_refused_and_not_repeated(project: Project) -> None:
    project.write("report", "title: A\nstore: s3://ada:sesame@bucket/report\n")
    for words in (("plan",), ("store", "status"), ("build",)):
        answer = project(*words)
        assert answer.returncode == 2
        assert "experiments/report.yaml:2:8: store holds a password" in answer.stderr
        assert "sesame" not in answer.stdout + answer.stderr
    project.write("report", "title: A\n")
    answer = project("plan", "--set", "store=s3://ada:sesame@bucket/report")
    assert (answer.returncode, "sesame" in answer.stderr) == (2, False)


def test_a_folder_that_is_not_trusted_names_no_remote(project: Project) -> None:
    from fwd_report.report_remotes import ReportRemotes

    project.write("report", "title: A\nstore: shared\n")
    trusted, untrusted = (load_project(project.root, trusted=trust) for trust in (True, False))
    assert len(ReportRemotes(trusted).addresses) == 1
    assert ReportRemotes(untrusted).addresses == ()
    assert len(ReportRemotes(untrusted, ["shared"]).addresses) == 1
