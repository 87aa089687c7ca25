"""The front page's teaser: pictures of many techniques before many of one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.fabricate import Anagram, Fabric, Hybrid, picture

from fwd_report.site.front import EACH, _best


def test_no_technique_fills_the_teaser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for rank, technique in enumerate((Anagram, Hybrid), start=1):
        monkeypatch.setattr(technique, "front_rank", lambda rank=rank: rank)
    fabric = Fabric(tmp_path)
    techniques = [*((f"flip-{n}", Anagram) for n in range(EACH + 2)), ("skull", Hybrid)]
    experiments = [
        fabric.experiment(name, kind, [fabric.entry("a", name, kind(), picture(n, 16))])
        for n, (name, kind) in enumerate(techniques)
    ]
    report = fabric.report(fabric.section("a", "A", experiments))
    chosen = [entry.experiment for entry in _best(report)]
    first = [f"flip-{n}" for n in range(EACH)]
    assert chosen == [*first, "skull", f"flip-{EACH}", f"flip-{EACH + 1}"]
