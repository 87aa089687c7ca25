"""The configuration that MkDocs builds with: the project's, or the package's if it is not
trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from fwd_report.packaged import starter_folder
from fwd_report.site.nav import NAV
from fwd_report.site.page_folders import OWNED

CONFIGS = ("mkdocs.yml", "mkdocs.yaml")
SNIPPETS = "pymdownx.snippets"
CONTAINED = "fwd_report.site.contained_snippets"
INHERITED = ("site_name", "site_url", "site_author", "nav")
"""What a build writes for MkDocs to inherit; a file with anything else was not written by a
build."""


def own_config(root: Path) -> Path | None:
    """The project's mkdocs.yml, if it has one."""
    return next((root / name for name in CONFIGS if (root / name).is_file()), None)


def mkdocs_config(root: Path, trusted: bool, site_url: str | None = None) -> str:
    """A configuration for `mkdocs --config-file -`, run in `root`; site_url replaces its own.

    trusted: whether it inherits the project's mkdocs.yml, whose hooks, plugins and templates are
    code. Otherwise it is the package's, with the navigation that a build wrote.
    """
    if trusted:
        settings: dict[str, Any] = {"INHERIT": (own_config(root) or root / CONFIGS[0]).name}
    else:
        settings = _packaged(root)
    if site_url is not None:
        settings["site_url"] = site_url
    return yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)


def read_config(file: Path) -> dict[str, Any]:
    """A mkdocs.yml as MkDocs reads it, without what it inherits."""
    from mkdocs.utils.yaml import get_yaml_loader

    with file.open(encoding="utf-8") as stream:
        return yaml.load(stream, get_yaml_loader()) or {}


def contained(extensions: Sequence[Any]) -> list[Any]:
    """Markdown extensions that include no file from outside the folder."""
    return [
        {CONTAINED if name == SNIPPETS else name: options for name, options in entry.items()}
        if isinstance(entry, dict)
        else CONTAINED
        if entry == SNIPPETS
        else entry
        for entry in extensions
    ]


def _packaged(root: Path) -> dict[str, Any]:
    starter = starter_folder()
    settings = read_config(starter / CONFIGS[0])
    del settings["INHERIT"]
    settings["theme"]["custom_dir"] = str(starter / settings["theme"]["custom_dir"])
    settings["markdown_extensions"] = contained(settings["markdown_extensions"])
    try:
        written = yaml.safe_load((root / "docs" / OWNED / NAV).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        written = None
    said = written if isinstance(written, dict) else {}
    return settings | {name: said[name] for name in INHERITED if name in said}
