"""What a release needs to be so: `check TAG` and `notes`, from the version and CHANGELOG.md."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


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


def check(tag: str) -> None:
    """Raises SystemExit where tag, package, changelog and citation name different versions."""
    if tag != f"v{version()}":
        raise SystemExit(f"the tag is {tag}, the package says {version()}")
    notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version())
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    if cited is None or cited[1] != version():
        raise SystemExit(f"CITATION.cff names another version than {version()}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        check(sys.argv[2])
    elif sys.argv[1:] == ["notes"]:
        print(notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version()), end="")
    else:
        raise SystemExit("usage: release.py check TAG | notes")
