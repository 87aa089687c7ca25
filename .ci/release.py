"""What a release needs to be so.

`check TAG` compares what names the version and the repository; `notes` prints what CHANGELOG.md
says of the version; `address [URL]` writes the repository's address, by default that of `origin`,
to wherever it has to stand.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
COLAB = "https://colab.research.google.com/"
LINKING = ("README.md", "docs/guide/colab.md")
"""Pages with a link that opens the notebook in Colab."""
_GITHUB = re.compile(r"(?:https://(?:[^@/]+@)?|ssh://git@|git@)github\.com[/:]([\w.-]+/[\w.-]+)/?")
_LINK = re.compile(rf"(?<=\]\(){re.escape(COLAB)}(?:github/[^)\s]*)?(?=\))")


def version() -> str:
    """The one place that says it: `fwd_report/__init__.py`."""
    text = (ROOT / "generator" / "fwd_report" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.M)
    if found is None:
        raise SystemExit("generator/fwd_report/__init__.py has no __version__")
    return found[1]


def notes(changelog: str, wanted: str) -> str:
    """The part of the changelog about that version. Raises SystemExit if there is none."""
    found = re.search(
        rf"^## \[?{re.escape(wanted)}\]? - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)",
        changelog, re.M | re.S,
    )  # fmt: skip
    if found is None:
        raise SystemExit(
            f"CHANGELOG.md has no `## [{wanted}] - YYYY-MM-DD`: rename its Unreleased part"
        )
    if not re.search(r"^### Results\n\n- .+", found[1], re.M):
        raise SystemExit(f"CHANGELOG.md does not say which results {wanted} makes run again")
    return found[1].strip() + "\n"


def repository() -> str | None:
    """The one place that says it: `[project.urls]` of pyproject.toml; None: not known yet."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: str | None = project.get("urls", {}).get("Repository")
    return found


def opens(address: str | None) -> str:
    """What opens the notebook in Colab; Colab itself, where one is uploaded, if there is none."""
    if address is None:
        return COLAB
    name = address.removeprefix("https://github.com/")
    return f"{COLAB}github/{name}/blob/main/notebooks/colab.ipynb"


def disagreeing() -> list[str]:
    """The files that name another repository than pyproject.toml, or lead elsewhere in Colab."""
    found = [
        name
        for name in LINKING
        if {*_LINK.findall((ROOT / name).read_text(encoding="utf-8"))} != {opens(repository())}
    ]
    cited = re.search(
        r"^repository-code: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M
    )
    return found + ["CITATION.cff"] * ((cited and cited[1]) != repository())


def write_address(url: str) -> None:
    """Write a repository's address to all of them. Raises SystemExit for one not on GitHub."""
    found = _GITHUB.fullmatch(url)
    if found is None:
        raise SystemExit(f"{url} is no repository on github.com, where Colab opens notebooks")
    address = f"https://github.com/{found[1].removesuffix('.git')}"
    entry = f'[project.urls]\nRepository = "{address}"\n\n'
    _write(
        "pyproject.toml",
        r"(?:\[project\.urls\]\nRepository = .*\n\n)?(?=\[project\.scripts\])",
        entry,
    )
    _write(
        "CITATION.cff", r"(?:repository-code: .*\n)?(?=license: )", f"repository-code: {address}\n"
    )
    for name in LINKING:
        _write(name, _LINK.pattern, opens(address))


def _write(name: str, pattern: str, text: str) -> None:
    path = ROOT / name
    before = path.read_text(encoding="utf-8")
    path.write_text(re.sub(pattern, lambda _: text, before, count=1), encoding="utf-8")


def origin() -> str:
    said = subprocess.run(
        [shutil.which("git") or "git", "-C", str(ROOT), "remote", "get-url", "origin"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if said.returncode:
        raise SystemExit("there is no remote `origin`: name the address")
    return said.stdout.strip()


def check(tag: str) -> None:
    """Raises SystemExit where tag, package, changelog and citation name different versions, and
    where the repository is not named, or not the same everywhere.
    """
    if repository() is None:
        raise SystemExit("pyproject.toml names no repository: python .ci/release.py address [URL]")
    if wrong := disagreeing():
        raise SystemExit(
            f"{', '.join(wrong)}: not the repository of pyproject.toml; "
            "python .ci/release.py address [URL] writes it everywhere"
        )
    if tag != f"v{version()}":
        raise SystemExit(f"the tag is {tag}, the package says {version()}")
    notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version())
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    if cited is None or cited[1] != version():
        raise SystemExit(f"CITATION.cff names another version than {version()}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        check(sys.argv[2])
    elif sys.argv[1:2] == ["address"]:
        write_address(sys.argv[2] if sys.argv[2:] else origin())
    elif sys.argv[1:] == ["notes"]:
        print(notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version()), end="")
    else:
        raise SystemExit("usage: release.py check TAG | notes | address [URL]")
