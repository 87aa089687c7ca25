"""A report and its sections are mappings, as Python means the word."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.api.conftest import write

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


def test_an_attribute_of_a_run_is_named_where_it_is(project: Path) -> None:
    report = open_report(project)
    with pytest.raises(AttributeError, match=r"each run has one: write `\[0\].image`"):
        str(report["noise.dot"].image)
    with pytest.raises(AttributeError, match=r'each run has one: write `\["dot"\]\[0\].image`'):
        str(report["noise"].image)
    with pytest.raises(AttributeError, match=r'experiment has one: write `\["dot"\].axes`'):
        str(report["noise"].axes)
    write(project, "prose", "title: Prose\norder: 30\nintro: No experiment.\n")
    for each in (report["prose"], report["noise"], report["noise.dot"]):
        with pytest.raises(AttributeError, match=r"no attribute 'imag'$"):
            str(each.imag)
        assert not hasattr(copy.copy(each), "_nothing")
