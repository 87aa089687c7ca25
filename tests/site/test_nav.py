"""The navigation: what comes first, and titles that are no markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from fwd_report.site.nav import hand_written, inert_title


def test_pages_stand_in_the_order_in_which_their_index_links_to_them(tmp_path: Path) -> None:
    guide = tmp_path / "user_guide"
    guide.mkdir()
    for name in ("aardvark", "bear", "zebra"):
        (guide / f"{name}.md").write_text(f"# {name}\n")
    (guide / "index.md").write_text(
        "[z](zebra.md), [gone](gone.md), [a](aardvark.md#x), [z](zebra.md)"
    )
    (tmp_path / "about.md").write_text("# About\n")
    for name in ("index", "report/a", ".hidden/a"):
        path = tmp_path / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text("# Not listed\n")
    ordered = ("index", "zebra", "aardvark", "bear")
    assert hand_written(tmp_path) == [
        "about.md",
        {"User guide": [f"user_guide/{name}.md" for name in ordered]},
    ]


@pytest.mark.parametrize(
    ("title", "inert"),
    [
        ('Tom & "Ada"', "Tom &amp; &quot;Ada&quot;"),
        ("</title><script>", "&lt;\u2060/title>&lt;script>"),
    ],
)
def test_a_title_ends_no_element(title: str, inert: str) -> None:
    assert inert_title(title).replace("&gt;", ">") == inert
