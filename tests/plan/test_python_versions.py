"""Keys are the same under every supported Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fwd_report
from fwd_report.plan.code import COUNTED
from fwd_report.plan.syntax import read_module

FIXTURE = Path(__file__).with_name("every_syntax.txt")
"""Python that its own tools write differently from version to version; never run."""
RECORDED = {
    "top level": "8ed1cb1eb98686ca",
    "strings": "d185d4d97438fceb",
    "numbers": "5a276059a2eb1ea0",
    "control": "ba36619ea0cc7dc0",
    "decorated": "def36f4678efca4f",
    "parser": "742c7f1f1aec85dd",
}
READ = """
import json, sys
from fwd_report.plan.syntax import read_module
found = {}
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        found[path] = [
            {name: each.digest for name, each in kind.items()}
            for module in [read_module(file.read(), "package.module")]
            for kind in (module.definitions, module.imports)
        ]
print(json.dumps(found))
"""


def read(path: Path) -> list[dict[str, str]]:
    module = read_module(path.read_bytes(), "package.module")
    kinds = (module.definitions, module.imports)
    return [{name: each.digest for name, each in kind.items()} for kind in kinds]


def interpreter(version: str) -> str | None:
    """A Python of that version that starts, or None."""
    pyenv = Path.home() / ".pyenv" / "versions"
    found = [shutil.which(f"python{version}"), *pyenv.glob(f"{version}.*/bin/python")]
    for path in map(str, filter(None, found)):
        if not subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode:
            return path
    return None


def test_digests_are_those_that_were_recorded() -> None:
    definitions, imports = read(FIXTURE)
    assert definitions | imports == RECORDED


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_another_interpreter_reads_the_same(version: str) -> None:
    """Of the fixture, and of every source that counts."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip("this is that Python")
    other = interpreter(version)
    if other is None:
        pytest.skip(f"there is no python{version} on the PATH or in ~/.pyenv")
    package = Path(fwd_report.__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    paths = [FIXTURE, *(path for name in COUNTED for path in (package / name).glob("*.py"))]
    command = [other, "-c", READ, *map(str, paths)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {str(path): read(path) for path in paths}
