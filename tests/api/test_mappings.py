"""A report and its sections are mappings, as Python means the word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fwd_report import Section, open_report


def test_a_report_maps_names_to_sections_and_a_section_ids_to_experiments(ran: Path) -> None:
    report = open_report(ran)
    assert list(report) == list(report.keys()) == ["noise", "hybrids"]
    assert all(isinstance(section, Section) for section in report.values())
    for mapping in (report, *report.values()):
        assert isinstance(mapping, Mapping)
        assert all(name in mapping for name in mapping)
        assert [each.name for each in dict(mapping).values()] == [
            mapping[name].name for name in mapping
        ]
        assert len(mapping) == 2
        assert mapping.get("skul") is None
        assert 3 not in mapping
    assert "skull" in report["hybrids"]
    assert "dot" not in report["hybrids"]
    assert report == report
    assert len({report, report["noise"], report["noise"]}) == 3, "equal only to themselves"
