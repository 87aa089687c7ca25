"""Whole projects and the pages that come of them, compared whole.

`NAME/project/` is a writeup; `NAME/results.yaml`, where there is one, says which of its runs failed
or have not run; all others have the results of `tests/helpers/fabricated_results.py`.
`NAME/expected/` holds what the build makes of them: `report/`, the Markdown, the navigation and the
scripts, and `html/`, what is inside of `<article>` when MkDocs has built the site.
`python -m tests.golden_pages [NAME…]` writes that anew: after a change that is meant to change
pages. Then the diff is what to review.

Not compared, because they must vary, and written as a word instead: the keys of results (they hold
digests of code), the digests in names of picture files (they hold code and PNG bytes), the
embedded model's folder and the version of this package. HTML gets a line for each tag, to be read
in a diff.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from importlib.metadata import version
from pathlib import Path

import yaml
from tests.helpers.fabricated_results import store_results

from fwd_report import __version__
from fwd_report.build import Options, load_plan, report_result
from fwd_report.engine.failures import Failure
from fwd_report.models.names import EMBEDDED
from fwd_report.plan.plan import Plan
from fwd_report.site.render import render_site

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
NAMES = tuple(sorted(path.parent.name for path in FOLDER.glob("*/project")))
MODELS = ROOT / "generator" / "fwd_report" / "models" / EMBEDDED
TEXTS = ("*.md", "_nav.yml", "scripts/*.py")
RENDERERS = ("markdown", "mkdocs", "mkdocs-glightbox", "mkdocs-material", "pymdown-extensions")
MOST_LINES = 60
"""Of a difference that is shown."""


def pages_of(name: str, root: Path) -> dict[str, str]:
    """The pages of a golden project, built in the empty folder `root`, by their place there."""
    plan = _built(name, root)
    found: dict[str, str] = {}
    report = root / "docs" / "report"
    for pattern in TEXTS:
        for path in report.glob(pattern):
            found[f"report/{path.relative_to(report).as_posix()}"] = path.read_text("utf-8")
    for page in sorted((_site(root) / "report").rglob("index.html")):
        section = page.parent.name
        found[f"html/{section}.html"] = _article(page.read_text("utf-8"))
    found["html/index.html"] = _article((root / "site" / "index.html").read_text("utf-8"))
    return {place: _without_what_varies(text, plan, root) for place, text in found.items()}


def expected_of(name: str) -> dict[str, str]:
    """What is kept of the project's pages."""
    folder = FOLDER / name / "expected"
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def other_versions() -> list[str]:
    """The packages that make HTML of Markdown and are here in another version than is pinned."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = dict(line.lower().split("==") for line in lines if "==" in line)
    return [name for name in RENDERERS if version(name) != pinned[name]]


def write(name: str, root: Path) -> None:
    """Replace what is kept by the pages as they are now."""
    folder = FOLDER / name / "expected"
    pages = pages_of(name, root)
    shutil.rmtree(folder, ignore_errors=True)
    for place, text in pages.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, encoding="utf-8", newline="\n")


def difference(expected: Mapping[str, str], found: Mapping[str, str]) -> str:
    """The differing lines of all pages, those of figures tag by tag; empty where there are none."""
    lines: list[str] = []
    for place in sorted({*expected, *found}):
        before, now = (_lines(pages.get(place, "")) for pages in (expected, found))
        lines += unified_diff(before, now, f"expected {place}", f"now {place}", n=1, lineterm="")
    more = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], *([f"… and {more} more lines"] if more > 0 else [])])


def _built(name: str, root: Path) -> Plan:
    """The plan of the project, whose pages are then in `root`."""
    shutil.copytree(FOLDER / name / "project", root, dirs_exist_ok=True)
    shutil.copytree(ROOT / "site_templates", root / "site_templates")
    shutil.copy(ROOT / "mkdocs.yml", root)
    results = FOLDER / name / "results.yaml"
    said = yaml.safe_load(results.read_text("utf-8")) if results.is_file() else {}
    failed, not_run = said.get("failed", {}), said.get("not_run", [])
    plan, store = load_plan(root, Options())
    store_results(plan, store, (*failed, *not_run))
    plan, store = load_plan(root, Options())
    failures = [Failure(run, failed[run.name]) for run in plan.runs if run.name in failed]
    render_site(report_result(plan, store, failures), root)
    return plan


def _site(root: Path) -> Path:
    """The folder of the built site; MkDocs runs in this process."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    with contextlib.chdir(root):  # whose files its mkdocs.yml includes
        config = load_config(str(root / "mkdocs.yml"), site_dir=str(root / "site"), strict=True)
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
    return root / "site"


def _article(page: str) -> str:
    """What is inside of the page's <article>, a line for each tag."""
    content = page[page.index("<article") : page.index("</article>")]
    return re.sub(r">\s*<", ">\n<", content[content.index(">") + 1 :]).strip() + "\n"


def _without_what_varies(text: str, plan: Plan, root: Path) -> str:
    for run in plan.runs:
        text = text.replace(f"{run.key[:2]}/{run.key}", f"KEY of {run.name}")
        text = text.replace(run.key, f"KEY of {run.name}").replace(run.key[:12], "KEY")
    text = text.replace(str(MODELS), "EMBEDDED-MODEL").replace(str(root), "PROJECT")
    text = text.replace(f"fwd-report {__version__}", "fwd-report VERSION")
    return _pictures_by_number(text)


def _pictures_by_number(text: str) -> str:
    """Names of picture files with their number on the page in place of their digest."""
    numbers: dict[str, int] = {}

    def named(found: re.Match[str]) -> str:
        return f"-{numbers.setdefault(found[0], len(numbers) + 1)}{found[1]}"

    return re.sub(r"-[0-9a-f]{10,64}(\.(?:png|gif|svg))", named, text)


def _lines(text: str) -> list[str]:
    return list(_split(text))


def _split(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from re.sub(r"><", ">\n<", line).split("\n")
