"""A writeup's own techniques, from Python: run, shown, and run again when they are edited."""

from __future__ import annotations

from pathlib import Path

from tests.plugins.test_example import copied

from fwd_report import open_report


def test_an_edit_of_a_technique_counts_in_the_same_process(tmp_path: Path, tiny_if: Path) -> None:
    report = open_report(copied(tmp_path / "writeup", tiny_if))
    assert report.run("own.triple").ran == ("own.triple[0]",)
    shown = report["own.triple"]._repr_html_()
    assert "Three prompts, at three distances." in shown
    (code,) = report.root.glob("techniques/triple_hybrid.py")
    text = code.read_text(encoding="utf-8")
    assert text.count("return Result(") == 1
    code.write_text(text.replace("return Result(", "edited = True\n        return Result("))
    run = report["own.triple"][0]
    assert run.status == "stale"
    assert "TripleHybrid.program changed" in " ".join(run.why)
    assert report.run("own.triple").ran == ("own.triple[0]",)
    assert run.status == "fresh"
