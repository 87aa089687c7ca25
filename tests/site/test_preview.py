"""What a server shows while builds end: every page is of one moment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.helpers.serving import fetch

from fwd_report.site import preview as preview_module
from fwd_report.site.preview import Moment, Preview, State


def site(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "index.html").write_text(f"<html><body>{text}</body></html>")
    return folder


def version_in(page: str) -> str:
    (version,) = re.findall('data-version="(.*?)"', page)
    return str(version)


def test_a_page_that_is_replaced_while_it_is_read_does_not_pass_for_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that has it is to see that its version is not the one of now, and load again."""
    state = State()
    state.finish(site(tmp_path / "1", "old"), "")
    news = preview_module._with_news

    def late(page: bytes, shown: Moment) -> bytes:
        if state.site == tmp_path / "1":
            state.finish(site(tmp_path / "2", "new"), "")
        return news(page, shown)

    monkeypatch.setattr(preview_module, "_with_news", late)
    preview = Preview(state, 0)
    try:
        port = int(preview.address.rpartition(":")[2].strip("/"))
        old, new = fetch(port, "")[1], fetch(port, "")[1]
    finally:
        preview.close()
    assert ("old" in old, "new" in new) == (True, True)
    assert version_in(old) != version_in(new) == state.now().version


def test_what_goes_on_is_told_of_from_the_moment_that_pages_of_before_are_shown(
    tmp_path: Path,
) -> None:
    state = State()
    state.begin("building")
    state.hear("1/9 network steps")
    assert state.finish(site(tmp_path / "1", "old"), "", "building; more is to come") is None
    assert state.now().site == tmp_path / "1"
    assert state.now().doing == "building; more is to come"
    state.hear("2/9 network steps")
    assert state.now().doing == "building; more is to come\n2/9 network steps"
    assert state.finish(None, "wrong") is None
    assert (state.now().doing, state.now().problem) == ("", "wrong")
