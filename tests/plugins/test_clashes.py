"""A name that two packages offer, or a package and the project, stops only who uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugins.conftest import Site
from tests.plugins.test_broken import OWN, project_of
from tests.plugins.test_packages import ANAGRAM, ENTRIES, FILES, VIEW, runs_of

from fwd_report.errors import UserError
from fwd_report.plugins.offers import read_plugins

OTHER = {"broken.py": OWN, "broken_views.py": VIEW}
CLASHING = (
    "[fwd_report.techniques]\nown = broken:Own\n[fwd_report.views]\nupside = broken_views:upside\n"
)


@pytest.mark.parametrize(("kind", "name"), [("techniques", "own"), ("views", "upside")])
def test_a_name_of_two_packages_is_an_error_that_says_which_to_uninstall(
    site: Site, tmp_path: Path, kind: str, name: str
) -> None:
    """Where it is used."""
    site.install("cool", "1.2", FILES, ENTRIES)
    site.install("other", "3", OTHER, CLASHING)
    used = {} if kind == "techniques" else {"own.py": OWN.replace('"own"', '"mine"')}
    root = project_of(tmp_path / "p", used)
    section = root / "experiments" / "a.yaml"
    if used:
        section.write_text(section.read_text().replace("technique: own", "technique: mine"))
        assert runs_of(root)["x"].plugged == ("techniques/own.py:6",), "neither is used"
        (root / "experiments" / "b.yaml").write_text(ANAGRAM)
    with pytest.raises(UserError, match=f"two {kind} are called '{name}'") as caught:
        runs_of(root)
    assert "cool 1.2 (" in str(caught.value)
    assert "other 3 (" in str(caught.value)
    assert caught.value.problems[0].hint == "uninstall other, or uninstall cool"


def test_a_view_of_the_project_and_of_a_package_is_renamed_or_uninstalled(
    site: Site, tmp_path: Path
) -> None:
    site.install("cool", "1.2", FILES, ENTRIES)
    plugins = read_plugins(project_of(tmp_path / "p", {"views/upside.py": VIEW}))
    with pytest.raises(UserError, match="two views are called 'upside'") as caught:
        plugins.load("views", "upside")
    assert caught.value.problems[0].hint == (
        "uninstall cool, or give the view of techniques/views/upside.py another name"
    )


def test_a_package_may_offer_a_view_that_the_package_itself_has(site: Site, tmp_path: Path) -> None:
    site.install("cool", "1.2", FILES, ENTRIES + "flip = cool.views:upside\n")
    root = project_of(tmp_path / "p", {})
    (root / "experiments" / "b.yaml").write_text(ANAGRAM)
    assert {*runs_of(root)} == {"x", "y"}
    assert read_plugins(root).offer("views", "flip") is None


def test_a_technique_of_the_project_and_of_a_package_stops_only_who_uses_it(
    site: Site, tmp_path: Path
) -> None:
    site.install("cool", "1.2", FILES, ENTRIES)
    root = project_of(tmp_path / "p", {"own.py": OWN})
    with pytest.raises(UserError, match="two techniques are called 'own'"):
        runs_of(root)
    section = root / "experiments" / "a.yaml"
    section.write_text(
        section.read_text().replace("technique: own", "technique: sample, prompt: a")
    )
    assert {*runs_of(root)} == {"x"}
