"""Plug-ins of installed packages: found by their entry points, keyed by their code and version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.helpers.project import Project
from tests.plugins.conftest import Site
from tests.plugins.test_broken import OWN, project_of

from fwd_report.errors import UserError
from fwd_report.plan import foreign
from fwd_report.plan.plan import make_plan
from fwd_report.plan.plugged import digest_of_plugins
from fwd_report.plan.run import Run
from fwd_report.plugins import packages
from fwd_report.plugins.offers import read_plugins
from fwd_report.spec.load import load_project
from fwd_report.spec.schema import schema_texts, section_schema
from fwd_report.store.store import Store
from fwd_report.techniques.registry import find_techniques

VIEW = """\
import torch


def upside(size, seed):
    return helper(size).flip(0).flatten()


def helper(size):
    return torch.arange(size * size).reshape(size, size)


def unused():
    return 1
"""
ANAGRAM = """\
title: B
experiments:
  - {id: y, technique: anagram, prompt: a, flipped: b, view: upside, caption: c}
"""


FILES = {"cool/__init__.py": "", "cool/own.py": OWN, "cool/views.py": VIEW}
ENTRIES = (
    "[fwd_report.techniques]\nown = cool.own:Own\n[fwd_report.views]\nupside = cool.views:upside\n"
)


def runs_of(root: Path) -> dict[str, Run]:
    return {run.experiment: run for run in make_plan(load_project(root), Store(root)).runs}


def test_their_techniques_and_views_are_planned_and_completed(site: Site, tmp_path: Path) -> None:
    root = project_of(tmp_path / "p", {})
    (root / "experiments" / "b.yaml").write_text(ANAGRAM)
    site.install("cool", "1.2", FILES, ENTRIES)
    runs = runs_of(root)
    assert runs["x"].parts["packages"] == {"cool": "1.2"} == runs["y"].parts["packages"]
    assert runs["x"].parts["code"]["cool: cool/own.py"].keys() >= {"Own", "Own.program"}
    assert runs["y"].parts["code"]["cool: cool/views.py"].keys() == {"imports", "upside", "helper"}
    plugins = read_plugins(root)
    techniques = find_techniques(plugins)
    with plugins.used():
        schema = section_schema(techniques)
    assert "own" in schema["$defs"]["experiment"]["properties"]["technique"]["enum"]
    assert "upside" in schema["$defs"]["field-anagram.view"]["enum"]


def test_each_report_of_a_process_completes_its_own_names(tmp_path: Path) -> None:
    for name in ("upside", "inside"):
        view = VIEW.replace("upside", name)
        root = project_of(tmp_path / name, {"own.py": OWN, f"views/{name}.py": view})
        schema = json.loads(schema_texts(read_plugins(root))["section"])
        views = schema["$defs"]["field-anagram.view"]["enum"]
        assert [each for each in views if each in ("upside", "inside")] == [name]


@pytest.mark.parametrize(
    ("method", "command"),
    [
        ("describe(self)", "plan"),
        ("network_steps(self, needs)", "plan"),
        ("model_post_init(self, context)", "plan"),
        ("program(self, run)", "build"),
    ],
)
def test_what_fails_in_them_is_an_error_at_their_line(
    site: Site, tmp_path: Path, tiny_if: Path, method: str, command: str
) -> None:
    own = f"{OWN}    def {method}:\n        return 1 / 0\n"
    site.install("cool", "1.2", {**FILES, "cool/own.py": own}, ENTRIES)
    root = project_of(tmp_path / "p", {})
    (root / "experiments" / "report.yaml").write_text(f"title: T\nmodel: {tiny_if}/stage_1\n")
    done = Project(root)(command)
    assert done.returncode == (1 if command == "build" else 2)
    assert f"{site.folder}/cool/own.py:18" in done.stderr
    assert "Traceback" not in done.stderr


def test_their_code_and_version_are_in_the_key_and_other_code_is_not(
    site: Site, tmp_path: Path
) -> None:
    root = project_of(tmp_path / "p", {})
    (root / "experiments" / "b.yaml").write_text(ANAGRAM)
    site.install("cool", "1.2", FILES, ENTRIES)
    first = {name: run.key for name, run in runs_of(root).items()}

    (site.folder / "cool" / "views.py").write_text(VIEW.replace("return 1", "return 2"))
    assert {name: run.key for name, run in runs_of(root).items()} == first
    (site.folder / "cool" / "views.py").write_text(VIEW.replace("flip(0)", "flip(1)"))
    edited = {name: run.key for name, run in runs_of(root).items()}
    assert edited["x"] == first["x"]
    assert edited["y"] != first["y"]
    site.install("cool", "1.3", FILES, ENTRIES)
    newer = {name: run.key for name, run in runs_of(root).items()}
    assert newer.keys() == first.keys()
    assert not set(newer.values()) & set(first.values())


def test_what_a_technique_derives_from_counts_whatever_else_is_named(
    site: Site, tmp_path: Path
) -> None:
    derived = "from cool.own import Own\nclass Mine(Own):\n    name = 'mine'\n"
    root = project_of(tmp_path / "p", {"mine.py": derived})
    section = root / "experiments" / "a.yaml"
    alone = section.read_text().replace("technique: own", "technique: mine")
    section.write_text(alone)
    site.install("cool", "1.2", FILES, ENTRIES)
    first = runs_of(root)["x"]
    assert first.parts["packages"] == {"cool": "1.2"}
    assert "Own.program" in first.parts["code"]["cool: cool/own.py"]

    section.write_text(f"{alone}  - {{id: y, technique: own, caption: c}}\n")
    (root / "experiments" / "b.yaml").write_text(ANAGRAM)
    assert runs_of(root)["x"].key == first.key
    (site.folder / "cool" / "own.py").write_text(OWN.replace("asked.shape), 0", "asked.shape), 1"))
    assert runs_of(root)["x"].key != first.key


def test_a_package_counts_for_the_runs_alone_that_it_makes(site: Site, tmp_path: Path) -> None:
    helped = "from cool.views import helper\n" + OWN.replace('"own"', '"mine"').replace(
        "estimate = run", "helper(2)\n        estimate = run"
    )
    root = project_of(tmp_path / "p", {"mine.py": helped})
    section = root / "experiments" / "a.yaml"
    section.write_text(section.read_text().replace("technique: own", "technique: mine"))
    site.install("cool", "1.2", FILES, ENTRIES)
    first = runs_of(root)["x"].key
    (root / "experiments" / "b.yaml").write_text(ANAGRAM)
    assert runs_of(root)["x"].key == first


def test_what_pages_are_made_with_is_the_same_whatever_was_imported_already(
    site: Site, tmp_path: Path
) -> None:
    root = project_of(tmp_path / "p", {})
    (root / "experiments" / "b.yaml").write_text(ANAGRAM)
    site.install("cool", "1.2", FILES, ENTRIES)
    project = load_project(root)
    before = digest_of_plugins(project)
    project.plugins.load("views", "upside")
    find_techniques(project.plugins)
    assert digest_of_plugins(project) == before == digest_of_plugins(load_project(root))
    (site.folder / "cool" / "views.py").write_text(VIEW.replace("return 1", "return 2"))
    assert digest_of_plugins(load_project(root)) != before


def test_nobody_looks_for_packages_where_specs_name_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project_of(tmp_path, {})
    section = root / "experiments" / "a.yaml"
    section.write_text(
        section.read_text().replace("technique: own", "technique: sample, prompt: a")
    )

    def looked(root: Path) -> tuple[packages.EntryPoint, ...]:
        raise AssertionError("packages were looked for")

    monkeypatch.setattr("fwd_report.plugins.offers.entry_points", looked)
    make_plan(load_project(root), Store(root))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            "[fwd_report.techniques]\nown = cool.nothing:Own\n",
            "cool 1.2 (cool.nothing:Own) cannot be",
        ),
        ("[fwd_report.techniques]\nown = cool.own:Nix\n", "Nix is not a class derived from"),
        ("[fwd_report.techniques]\nown = cool.own:Result\n", "Result is not a class derived from"),
    ],
)
def test_what_is_wrong_names_the_package(
    site: Site, tmp_path: Path, entries: str, message: str
) -> None:
    site.install("cool", "1.2", FILES, entries)
    with pytest.raises(UserError) as caught:
        load_project(project_of(tmp_path / "p", {}))
    assert message in str(caught.value)
    assert "cool 1.2" in str(caught.value)


def test_a_name_that_the_project_and_a_package_have_is_an_error(site: Site, tmp_path: Path) -> None:
    site.install("cool", "1.2", FILES, ENTRIES)
    with pytest.raises(UserError, match=r"techniques/own\.py:6") as caught:
        load_project(project_of(tmp_path / "p", {"own.py": OWN}))
    assert "cool 1.2 (cool.own:Own)" in str(caught.value)


def test_a_broken_package_that_nobody_names_stops_nothing(site: Site, tmp_path: Path) -> None:
    site.install("broken", "1", {"broken.py": "1 / 0\n"}, "[fwd_report.views]\nb = broken:b\n")
    root = project_of(tmp_path / "p", {"own.py": OWN})
    assert runs_of(root)["x"].plugged == ("techniques/own.py:6",)


def test_what_lies_in_the_project_is_no_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project_of(tmp_path, {})
    Site(root).install("cool", "1.2", FILES, ENTRIES)
    monkeypatch.syspath_prepend(str(root))
    with pytest.raises(UserError, match="there is no technique 'own'"):
        load_project(root, trusted=False)


def test_the_version_of_a_package_that_a_plug_in_imports_is_in_its_key(
    site: Site, tmp_path: Path
) -> None:
    def packages_of(text: str, name: str) -> tuple[str, object]:
        foreign._versions.cache_clear()
        root = project_of(tmp_path / name, {"own.py": text})
        (run,) = runs_of(root).values()
        return run.key, run.parts.get("packages")

    helped = OWN.replace("        answer =", "        import numpy, json, cool\n        answer =")
    site.install("cool", "1.2", {"cool/__init__.py": ""}, "")
    first = packages_of(helped, "a")
    assert first[1] == {"cool": "1.2"}
    assert packages_of(OWN, "b")[1] is None
    shown = OWN + "\n    @classmethod\n    def figure(cls, entries):\n        import cool\n"
    assert packages_of(shown, "c")[1] is None
    site.install("cool", "1.3", {"cool/__init__.py": ""}, "")
    newer = packages_of(helped, "d")
    assert newer[1] == {"cool": "1.3"}
    assert newer[0] != first[0]

    loose = helped.replace("json, cool", "loose")
    assert packages_of(loose, "e")[1] == {"loose": "not installed"}
    (site.folder / "loose.py").write_text("x = 1\n")
    before = packages_of(loose, "f")
    (site.folder / "loose.py").write_text("x = 2\n")
    assert packages_of(loose, "g") != before
