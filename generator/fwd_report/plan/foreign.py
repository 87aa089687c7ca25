"""The third-party packages that plug-ins import, with their versions, which are part of keys.

Versions of this package's own dependencies are not: they differ between machines, and are recorded
with each result.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from functools import cache

from fwd_report.plugins.packages import digest_of_sources

OWN_NAMES = {
    "accelerate": "accelerate",
    "diffusers": "diffusers",
    "filelock": "filelock",
    "fsspec": "fsspec",
    "google": "protobuf",
    "huggingface_hub": "huggingface-hub",
    "jinja2": "Jinja2",
    "markdown": "markdown",
    "markupsafe": "MarkupSafe",
    "material": "mkdocs-material",
    "mkdocs": "mkdocs",
    "mkdocs_glightbox": "mkdocs-glightbox",
    "numpy": "numpy",
    "PIL": "pillow",
    "pooch": "pooch",
    "pydantic": "pydantic",
    "pygments": "pygments",
    "pymdownx": "pymdown-extensions",
    "psutil": "psutil",
    "py_mini_racer": "mini-racer",
    "requests": "requests",
    "rich": "rich",
    "safetensors": "safetensors",
    "sentencepiece": "sentencepiece",
    "sklearn": "scikit-learn",
    "torch": "torch",
    "torchmetrics": "torchmetrics",
    "transformers": "transformers",
    "typer": "typer",
    "yaml": "PyYAML",
}
"""This package's dependencies, by the name under which they are imported; a test compares them with
pyproject.toml."""
PASSED_OVER = OWN_NAMES.keys() | {"fwd_report", "pydantic_core"} | sys.stdlib_module_names
ABSENT = "not installed"


def versions_of(names: Iterable[str]) -> dict[str, str]:
    """The versions of these packages by name, except for this package's own dependencies.

    names: top-level names of imports. Modules without a distribution have a digest of their
    sources.
    """
    found: dict[str, str] = {}
    for name in names:
        if name not in PASSED_OVER:
            found |= _versions(name)
    return found


@cache
def _versions(name: str) -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, packages_distributions, version

    try:
        return {name: version(name)}  # most distributions are called what they are imported as
    except PackageNotFoundError:
        pass
    if named := packages_distributions().get(name):
        return {each: version(each) for each in sorted(set(named))}
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    return {name: digest_of_sources(name) if spec is not None else ABSENT}
