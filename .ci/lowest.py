"""Prints the lowest versions that pyproject.toml claims, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

CLAIM = re.compile(r"([A-Za-z0-9_.-]+)>=([0-9][0-9.]*)(?:,.*)?")


def lowest(pyproject: str) -> dict[str, str]:
    """{distribution: version} of every requirement with a lower bound; types-* have none."""
    project = tomllib.loads(pyproject)["project"]
    claims = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        claims += extra
    return {found[1]: found[2] for claim in claims if (found := CLAIM.fullmatch(claim))}


def excepted(claims: dict[str, str], names: Iterable[str], constraints: str) -> dict[str, str]:
    """The claims, with the versions of constraints.txt for these distributions.

    Raises SystemExit for one that has no lowest version, or is not pinned there.
    """
    pinned = dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)$", constraints, re.M))
    for name in names:
        if name not in claims or name not in pinned:
            raise SystemExit(f"{name} has no lowest version in pyproject.toml, or no pinned one")
        print(f"not the lowest {name}, {claims[name]}, but that of constraints.txt, {pinned[name]}")
    return claims | {name: pinned[name] for name in names}


if __name__ == "__main__":
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    for name, version in lowest(text).items():
        print(f"{name}=={version}")
